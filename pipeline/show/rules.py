"""The pages of the rules of `taosha check`: what `taosha rule` prints, and what docs/rules/ holds."""

from __future__ import annotations

from pipeline.check.rules import FAMILIES, RULES, Rule

__all__ = ["list_rules", "make_page", "make_pages"]


def list_rules() -> str:
    """Every rule on a line, by family."""
    lines: list[str] = []
    for digit, (family, question) in FAMILIES.items():
        lines.append(f"{family}: {question}")
        lines += [
            f"  {rule.code}  {rule.level:<5}  {rule.name}: {rule.says}" + ("" if rule.on else " (only if selected)")
            for rule in RULES if rule.code[2] == digit
        ]
    return "\n".join(lines)


def make_page(rule: Rule) -> str:
    """The page of one rule, in Markdown."""
    state = "" if rule.on else " Off unless it is selected."
    silence = "" if rule.code == "TS105" else f"""To silence it for one file, with a reason, in a `.taosha-ignore` beside it:

    {{name of the file}} {rule.code} # {{why this may be}}

and for all: """
    return f"""# {rule.code} {rule.name}

{rule.level.capitalize()}, family {rule.family}: {rule.says}.{state}

## Why
{rule.why}

## What to do
{rule.mend}

{silence or "To silence it: "}`--ignore {rule.code}`, or in `taosha.toml`:

    [check]
    ignore = ["{rule.code}"]"""


def make_pages() -> dict[str, str]:
    """The files of docs/rules/: one a rule, and one that lists them."""
    return {"README.md": _make_index() + "\n", **{f"{rule.code}.md": make_page(rule) + "\n" for rule in RULES}}


def _make_index() -> str:
    lines = ["# Rules of `taosha check`", "", "Made by `tools/make_rules.py` from `pipeline/check/rules.py`, as the pages are.", ""]
    for digit, (family, question) in FAMILIES.items():
        lines += [f"## {family.capitalize()}: {question}", "", "| code | name | level | fires where |", "|---|---|---|---|"]
        for rule in (one for one in RULES if one.code[2] == digit):
            level = rule.level if rule.on else f"{rule.level}, only if selected"
            lines.append(f"| [{rule.code}]({rule.code}.md) | {rule.name} | {level} | {rule.says} |")
        lines.append("")
    return "\n".join(lines).rstrip("\n")
