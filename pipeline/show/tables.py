"""Counts of a run as a table for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rich.table import Table

from pipeline.options import Options
from pipeline.show.visible import one_line
from pipeline.signals.verdicts import ASIDE
from pipeline.stages import STAGES

__all__ = ["extra_line", "fate_line", "left_line", "shown_stages", "stage_table"]


def shown_stages(counts: Mapping[str, int]) -> tuple[str, ...]:
    """The names of the stages that a table has: one that rests by default only where it did something."""
    return tuple(s.name for s in STAGES if f"docs/{s.name}" in counts or not s.rests(getattr(Options(), s.name)))


def stage_table(counts: Mapping[str, int]) -> Table:
    """Per stage: documents touched, characters taken out and put in, and the commonest reasons."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name, justify in (("stage", "left"), ("documents", "right"), ("characters out", "right"), ("in", "right")):
        table.add_column(name, justify=justify, no_wrap=True)   # type: ignore[arg-type]
    table.add_column("why (edits)", overflow="fold")
    for name in shown_stages(counts):
        taken, put = (_sum(counts, f"{kind}/{name}/") for kind in ("taken", "put"))
        table.add_row(name, f"{counts.get(f'docs/{name}', 0):,}", f"{taken:,}", f"{put:,}", _reasons(counts, name))
    fates = {k.removeprefix("fate/"): n for k, n in counts.items() if k.startswith("fate/")}
    dropped = {k: n for k, n in fates.items() if k not in ("kept", *ASIDE)}
    why = ", ".join(f"{k} {n:,}" for k, n in sorted(dropped.items()))
    table.add_row("near-duplicates", f"{sum(dropped.values()):,}", "", "", why or "–")
    return table


def _sum(counts: Mapping[str, int], prefix: str) -> int:
    return sum(n for key, n in counts.items() if key.startswith(prefix))


def _reasons(counts: Mapping[str, int], stage: str, most: int = 6) -> str:
    prefix = f"edits/{stage}/"
    reasons = Counter({k.removeprefix(prefix): n for k, n in counts.items() if k.startswith(prefix)})
    ranked = sorted(reasons.items(), key=lambda kv: (-kv[1], kv[0]))
    more = f", … {len(ranked) - most} more" if len(ranked) > most else ""
    return ", ".join(f"{reason} {n:,}" for reason, n in ranked[:most]) + more if ranked else "–"


def extra_line(counts: Mapping[str, int], most: int = 8) -> str:
    """Fields of the input that mean nothing here and ride along, with how many documents have each; empty where there are none."""
    fields = Counter({k.removeprefix("extra/"): n for k, n in counts.items() if k.startswith("extra/")})
    shown = [f"{one_line(name)} {n:,}" for name, n in fields.most_common(most)]
    more = [f"{len(fields) - most} more"] if len(fields) > most else []
    return f"other fields, kept under `extra`: {', '.join(shown + more)}" if shown else ""


def left_line(counts: Mapping[str, int], most: int = 8) -> str:
    """What stood inside inputs and is no document (pictures in a crawl, redirects), by kind; empty where there is none."""
    kinds = Counter({k.removeprefix("left/"): n for k, n in counts.items() if k.startswith("left/")})
    shown = [f"{one_line(kind)} {n:,}" for kind, n in sorted(kinds.items(), key=lambda kv: (-kv[1], kv[0]))[:most]]
    more = [f"{len(kinds) - most} more kinds"] if len(kinds) > most else []
    return f"no documents: {kinds.total():,} ({', '.join(shown + more)})" if kinds else ""


def fate_line(counts: Mapping[str, int]) -> str:
    """What became of the documents, in one line."""
    read, kept, empty = counts.get("documents", 0), counts.get("fate/kept", 0), counts.get("fate/empty", 0)
    aside = {name: n for name in ASIDE if (n := counts.get(f"fate/{name}", 0))}
    dropped = sum(n for k, n in counts.items() if k.startswith("fate/")) - kept - sum(aside.values())
    parts = [f"{read:,} document{'s' * (read != 1)} read", f"{kept:,} kept"]
    parts += [f"{dropped:,} duplicate{'s' * (dropped != 1)} dropped", f"{empty:,} empty"]
    parts += [f"{n:,} {name}" for name, n in aside.items() if name != "empty"]
    if "seen" in counts:
        parts.append(f"{counts['seen']:,} in the index")
    if "note/shared-id" in counts:
        parts.append(f"{counts['note/shared-id']:,} renamed, as other records have their ids")
    return ", ".join([*parts, f"{counts.get('quarantined', 0):,} quarantined"])
