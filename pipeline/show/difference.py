"""`taosha diff`: two runs beside each other, as a report for people or as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.text import Text

from pipeline.corpus.restored import audit_of
from pipeline.difference import Change, Difference, compare_runs, compare_settings
from pipeline.show.terminal import Terminal, print_json
from pipeline.show.visible import one_line, write_out

__all__ = ["print_difference"]

#: Lines shown of one document, and characters of a line.
LINES, WIDTH = 6, 100
_SAYS = {
    "added": "only in the second run", "gone": "only in the first run", "fate": "another fate", "original": "another original",
    "text": "another text", "metadata": "other metadata", "kept-for": "dropped for another document",
}


def print_difference(before: Path, after: Path, most: int, *, as_json: bool) -> bool:
    """Print what changed, `most` documents of each kind; as JSON, all of them. Gives whether anything did.

    Raises as `compare_runs`.
    """
    counted = Difference()
    for folder in (before, after):      # said before anything is printed
        audit_of(folder)
    settings = compare_settings(before, after)
    changes = compare_runs(before, after, counted)
    if as_json:
        rows = [_row(change) for change in changes]
        print_json(_summary(counted) | {"settings": [s._asdict() for s in settings], "changes": rows}, indent=True)
        return bool(rows)
    terminal = Terminal()
    for name, old, new in settings:
        terminal.print(Text.assemble((f"{one_line(name)}: ", "dim"), f"{one_line(old) or '–'} → {one_line(new) or '–'}"))
    shown: Counter[str] = Counter()
    for change in changes:
        new_kinds = [kind for kind in change.kinds if shown[kind] < most]
        if new_kinds:
            shown.update(change.kinds)
            terminal.print(_tell(change))
    terminal.print(_sum_up(counted))
    return bool(counted.kinds)


def _row(change: Change) -> dict[str, Any]:
    return {
        "source": change.source, "id": change.id, "kinds": list(change.kinds), "before": change.fates[0] or None,
        "after": change.fates[1] or None, "removed": list(change.removed), "added": list(change.added),
        "metadata": {name: {"before": old, "after": new} for name, old, new in change.metadata},
        "kept_for": {"before": change.kept_for[0], "after": change.kept_for[1]} if any(change.kept_for) else None,
    }


def _summary(counted: Difference) -> dict[str, Any]:
    return {
        "documents": {"before": counted.documents[0], "after": counted.documents[1]}, "same": counted.same,
        "originals_not_compared": counted.sealed,
        "kinds": dict(sorted(counted.kinds.items())), "characters": dict(sorted(counted.characters.items())),
        "fates": [{"before": a, "after": b, "documents": n} for (a, b), n in sorted(counted.fates.items())],
    }


def _tell(change: Change) -> Text:
    text = Text(f"{one_line(change.source)} {one_line(change.id)}", "bold")
    before, after = change.fates
    told = [f"{before} → {after}" if kind == "fate" else _SAYS[kind] for kind in change.kinds]
    text.append(f"  {', '.join(told)}", "cyan")
    for name, old, new in change.metadata:
        text.append(f"\n  {name}: {_cut(old) or '–'} → {_cut(new) or '–'}", "yellow")
    if "kept-for" in change.kinds:
        text.append(f"\n  dropped for {one_line(change.kept_for[0])} → {one_line(change.kept_for[1])}", "yellow")
    for sign, lines, style in (("−", change.removed, "red"), ("+", change.added, "green")):
        for line in lines[:LINES]:
            text.append(f"\n  {sign} {_cut(line)}", style)
        if len(lines) > LINES:
            text.append(f"\n  {sign} … {len(lines) - LINES:,} more lines", style)
    return text


def _cut(line: str) -> str:
    return write_out(line if len(line) <= WIDTH else f"{line[:WIDTH]}…").replace("\n", " ")


def _sum_up(counted: Difference) -> str:
    return "\n".join(_sums(counted))


def _sums(counted: Difference) -> Iterator[str]:
    before, after = counted.documents
    yield f"{before:,} and {after:,} documents, {counted.same:,} the same"
    for kind, n in sorted(counted.kinds.items()):
        yield f"{n:>9,}  {_SAYS[kind]}"
    if counted.sealed:
        yield f"{counted.sealed:>9,}  whose originals are not compared: a sealed run keeps no digest of them"
    for (old, new), n in sorted(counted.fates.items(), key=lambda item: -item[1]):
        yield f"{n:>9,}  {old} → {new}"
    if counted.characters:
        out, more = counted.characters["removed"], counted.characters["added"]
        yield f"of documents kept both times, lines of {out:,} characters went and of {more:,} came"
