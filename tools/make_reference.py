"""Write the pages that are made: docs/reference/commands.md and options.md from the commands and options themselves, the list of
decisions, and docs/package.md, which is README.md for an index of packages.

    python -m tools.make_reference          (in the root of the checkout)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import typer.main

ROOT = Path(__file__).resolve().parents[1]

COMMANDS = """# Commands

Made by `tools/make_reference.py` from the commands themselves, as `taosha COMMAND -h` shows them.

"""
OPTIONS = """# Options

Made by `tools/make_reference.py` from [`taosha.example.toml`](../../taosha.example.toml). Options stand in `taosha.toml` in the
folder where you run, or in the file that `--config` names; a run writes all of them into its manifest. What the command line says
goes before the file. From Python they are the classes of `pipeline.options`, one a section. A wrong name or value is an error.
"""
DECISIONS = """# Decisions

Made by `tools/make_reference.py`. Half a page each, for every choice that someone will want to undo: why it is so, what was tried
instead, and what that measured.

"""
# A section; a setting with its default and what it is. Each part excludes what ends it, or is the rest of the line: linear.
_SECTION = re.compile(r"\[(\w+)\](?: *# (.*))?")
# A picture, or a link that leads into the repository, which a package has not beside it; the class excludes what ends it: linear.
_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)\n*")
_LINK = re.compile(r"\[([^\]]*)\]\((?!\w+://)[^)]*\)")
_SETTING = re.compile(r"(\w+) = ((?:\"[^\"]*\"|[^#\"])*?) *(?:# (.*))?")


def make_pages() -> dict[str, str]:
    """Each page by its path below docs/."""
    return {
        "reference/commands.md": COMMANDS + "\n".join(_make_commands()),
        "reference/options.md": OPTIONS + "\n".join(_make_options()),
        "package.md": _LINK.sub(r"\1", _PICTURE.sub("", (ROOT / "README.md").read_text("utf-8"))),
        "decisions/README.md": DECISIONS + "\n".join(_make_decisions()) + "\n",
    }


def _make_commands() -> Iterator[str]:
    from pipeline.cli import app

    group: Any = typer.main.get_command(app)
    yield _paragraph(str(group.epilog))
    yield _usage("taosha", group)
    yield _table("taosha", group)
    for name, command in group.commands.items():
        yield f"## taosha {name}\n"
        yield _paragraph(command.help)
        yield _usage(f"taosha {name}", command)
        yield _table(name, command)


def _context(name: str, command: Any) -> Any:
    return command.make_context(name, [], resilient_parsing=True)


def _usage(name: str, command: Any) -> str:
    return f"```text\n{' '.join([name, *command.collect_usage_pieces(_context(name, command))])}\n```\n"


def _table(name: str, command: Any) -> str:
    context = _context(name, command)
    records = [p.get_help_record(context) for p in command.params if "--help" not in p.opts]
    rows = [f"| {_code(' '.join(names.split()))} | {_cell(says)} |" for names, says in filter(None, records)]
    return "\n".join(["| takes | what it does |", "| --- | --- |", *rows]) + "\n"


def _make_options() -> Iterator[str]:
    rows = False
    for line in (ROOT / "taosha.example.toml").read_text("utf-8").splitlines():
        if section := _SECTION.fullmatch(line):
            yield f"\n## {section[1]}\n"
            if section[2]:
                yield f"{_sentence(section[2])}\n"
            yield "| option | default | allowed | what it does |\n| --- | --- | --- | --- |"
            name, rows = section[1], True
        elif (setting := _SETTING.fullmatch(line)) and rows:
            yield f"| `{setting[1]}` | {_code(setting[2])} | {_allowed(name, setting[1])} | {_cell(setting[3] or '')} |"
    yield ""


def _allowed(section: str, name: str) -> str:
    """What a value may be, from the class that checks it."""
    from pipeline.options import CheckOptions, Options

    made: Any = CheckOptions() if section == "check" else getattr(Options(), section)
    about = type(made).__pydantic_fields__[name]
    low, high = (next((getattr(m, bound) for m in about.metadata if hasattr(m, bound)), None) for bound in ("ge", "le"))
    if low is not None:
        return f"{low:,} to {high:,}"
    if named := [json.dumps(value) for value in get_args(about.annotation) if isinstance(value, str)]:
        return ", ".join(map(_code, named))
    return {bool: "`true`, `false`", str: "a string"}.get(about.annotation, "a list of strings")


def _make_decisions() -> Iterator[str]:
    for path in sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md")):
        number, _, title = path.read_text("utf-8").partition("\n")[0].removeprefix("# ").partition(" ")
        yield f"- [{number}]({path.name}) {title}"


def _paragraph(text: str) -> str:
    return " ".join(text.split()) + "\n"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|") if text else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def main(docs: Path = ROOT / "docs") -> None:
    for name, page in make_pages().items():
        (docs / name).parent.mkdir(exist_ok=True)
        (docs / name).write_text(page, "utf-8")


if __name__ == "__main__":
    main()
