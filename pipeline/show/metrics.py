"""The figures of a run as OpenMetrics text, for a collector that reads files: `--metrics FILE`.

The rule of this file: `taosha_attempt_…` is about the last call, however it ended; everything else is about the last one that
ended well, whose corpus stands, and a call that fails lets it stand as it was written. Everything but the seconds and the hour
comes from the manifest, under names that say what is counted; kinds and reasons are labels, and each sample says its output:
a machine has more than one corpus, and the same sample twice makes a collector refuse both. All are gauges: the collector of the
node exporter knows no type `info`, and drops the whole file for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Ending", "describe_attempt", "describe_metrics", "find_kept"]

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
#: The first line about the last call that ended well, and the last line.
_RUN, _END = "# TYPE taosha_run_info gauge\n", "# EOF\n"

Samples = Sequence[tuple[Mapping[str, Any], float]]
Family = tuple[str, str, Samples]


@dataclass(frozen=True)
class Ending:
    """How a call ended, and when, in seconds since 1970. It failed where it has the kind of an error."""

    output: str
    ended: float
    seconds: float
    exit_code: int = 0
    error: str = ""
    run: str = ""


def describe_metrics(ending: Ending, manifest: Mapping[str, Any], *, seconds: float, unchanged: bool) -> str:
    """The text after a call that ended well, with its end mark."""
    families = _run_families(manifest, ending.ended, seconds, unchanged)
    return describe_attempt(ending, "".join([*_render(ending.output, families), _END]))


def describe_attempt(ending: Ending, kept: str = _END) -> str:
    """What is said of a call, before what is kept of the last one that ended well."""
    families: list[Family] = [
        ("attempt_failed", "1 where the last call failed, or was ended from outside.", [({}, int(bool(ending.error)))]),
        ("attempt_exit_code", "Its exit code, with the kind of the error.",
         [({"error": ending.error} if ending.error else {}, ending.exit_code)]),
        ("attempt_ended_timestamp_seconds", "When the last call ended, however it did.", [({}, round(ending.ended, 3))]),
        ("attempt_seconds", "How long the last call took, with all that it read first.", [({}, round(ending.seconds, 3))]),
    ]
    if ending.run:
        families.append(("attempt_info", "What the last call is named in the log.", [({"run": ending.run}, 1)]))
    return "".join([*_render(ending.output, families), kept])


def find_kept(text: str) -> str:
    """What a text of ours says of the last call that ended well; the end mark alone where it says nothing, or is cut."""
    at = text.find(f"\n{_RUN}") + 1
    return text[at:] if at and text.endswith(f"\n{_END}") else _END


def _run_families(manifest: Mapping[str, Any], ended: float, seconds: float, unchanged: bool) -> Iterator[Family]:
    counts: Mapping[str, int] = manifest["counts"]
    about = {"corpus": manifest["corpus"], "code": manifest["code"], "version": manifest["versions"]["taosha"]}
    yield "run_info", "What ran.", [(about, 1)]
    yield "run_seconds", "How long the last call that ended well took.", [({}, round(seconds, 3))]
    yield "run_ended_timestamp_seconds", "When the last call ended that ended well.", [({}, round(ended, 3))]
    yield "run_unchanged", "1 where a run of the same inputs stood there already.", [({}, int(unchanged))]
    yield "input_bytes", "Bytes of the inputs as they lie.", [({}, sum(i["bytes"] for i in manifest["inputs"]))]
    yield "lines", "Lines or rows of each file that was written.", [
        ({"file": name}, said["lines"]) for name, said in manifest["files"].items() if "lines" in said
    ]
    yield "left_out", "Files without a reader that were met in folders.", [
        ({"suffix": suffix}, n) for suffix, n in manifest["left_out"].items()
    ]
    for first, (name, labels, what) in _FAMILIES.items():
        yield name, what, [
            (dict(zip(labels, key.split("/", len(labels))[1:], strict=True)), n) for key, n in counts.items()
            if key.startswith(f"{first}/") and key.count("/") >= len(labels)
        ]
    yield "count", "The other counts of the manifest, by name.", [
        ({"name": key}, n) for key, n in counts.items() if key.partition("/")[0] not in _FAMILIES
    ]


def _render(output: str, families: Iterable[Family]) -> Iterator[str]:
    for name, what, samples in families:
        if samples:
            yield f"# TYPE taosha_{name} gauge\n# HELP taosha_{name} {what}\n"
        for labels, value in samples:
            said = ",".join(f'{key}="{_escape(str(text))}"' for key, text in {"output": output, **labels}.items())
            yield f"taosha_{name}{{{said}}} {value}\n"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
