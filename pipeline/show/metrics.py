"""The figures of a run as OpenMetrics text, for a collector that reads files: `--metrics FILE`.

Everything but the seconds and the hour comes from the manifest, under names that say what is counted; kinds and reasons
are labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["describe_metrics"]

#: Counts with labels, by the first part of their name in the manifest: the name here, its labels, what it says.
_FAMILIES = {
    "docs": ("documents_changed", ("stage",), "Documents that a stage changed."),
    "edits": ("edits", ("stage", "reason"), "Edits that were made."),
    "taken": ("characters_taken", ("stage", "reason"), "Characters that edits took out."),
    "put": ("characters_put", ("stage", "reason"), "Characters that edits put in."),
    "note": ("documents_noted", ("kind",), "Documents with a note of this kind."),
    "left": ("left", ("kind",), "What is inside inputs and is no document."),
    "fault": ("quarantined", ("reason",), "Lines of the quarantine."),
}


def describe_metrics(manifest: Mapping[str, Any], *, seconds: float, ended: float, unchanged: bool) -> str:
    """The text, with its end mark. `ended` is in seconds since 1970."""
    counts: Mapping[str, int] = manifest["counts"]
    lines = [
        *_family("run", "info", "What ran.", [({"corpus": manifest["corpus"], "code": manifest["code"],
                                                "version": manifest["versions"]["taosha"]}, 1)]),
        *_family("run_seconds", "gauge", "How long the run took.", [({}, round(seconds, 3))]),
        *_family("run_ended_timestamp_seconds", "gauge", "When it ended.", [({}, round(ended, 3))]),
        *_family("run_unchanged", "gauge", "1 where a run of the same inputs stood there already.", [({}, int(unchanged))]),
        *_family("input_bytes", "gauge", "Bytes of the inputs as they lie.", [({}, sum(i["bytes"] for i in manifest["inputs"]))]),
        *_family("lines", "gauge", "Lines or rows of each file that was written.",
                 [({"file": name}, said["lines"]) for name, said in manifest["files"].items() if "lines" in said]),
    ]
    lines += _family("left_out", "gauge", "Files without a reader that were met in folders.",
                     [({"suffix": suffix}, n) for suffix, n in manifest["left_out"].items()])
    for first, (name, labels, what) in _FAMILIES.items():
        own = [(dict(zip(labels, key.split("/", len(labels))[1:], strict=True)), n) for key, n in counts.items()
               if key.startswith(f"{first}/") and key.count("/") >= len(labels)]
        lines += _family(name, "gauge", what, own)
    rest = [({"name": key}, n) for key, n in counts.items() if key.partition("/")[0] not in _FAMILIES]
    lines += _family("count", "gauge", "The other counts of the manifest, by name.", rest)
    return "\n".join([*lines, "# EOF", ""])


def _family(name: str, kind: str, what: str, values: Sequence[tuple[Mapping[str, Any], float]]) -> Iterator[str]:
    if values:
        yield f"# TYPE taosha_{name} {kind}"
        yield f"# HELP taosha_{name} {what}"
    for labels, value in values:
        said = ",".join(f'{key}="{_escape(str(text))}"' for key, text in labels.items())
        yield f"taosha_{name}{'_info' if kind == 'info' else ''}{{{said}}} {value}" if said else f"taosha_{name} {value}"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
