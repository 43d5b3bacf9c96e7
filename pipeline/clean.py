"""Texts through the stages: the pure core. No IO, no state; the texts and every edit come out.

A document that a pass changed goes through the stages again until nothing changes that they could see, so that cleaning
clean text does nothing: idempotence is by construction, and a document that was clean already costs one pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.edits import Edit, Proposal, apply
from pipeline.errors import StageError, UsageError
from pipeline.options import Options
from pipeline.record import Texts, replace_surrogates
from pipeline.stages import STAGES, Stage

__all__ = ["Applied", "Cleaned", "amend", "choose_stages", "clean_text", "clean_texts"]

#: Passes over one document. The second finds what the first uncovered; a document that still changes after the last one
#: is given as it then is, with the note `unsettled`.
MAX_PASSES = 8

#: Metadata that is words of the page, one line each.
_WORDS = ("title", "source_name", "author", "editor")


class Applied(NamedTuple):
    """One edit as made. Positions are code points: of the text that the stage saw, and of the original."""

    step: int       # which run of a stage made it; edits of one step are sorted and disjoint
    stage: str
    reason: str
    start: int      # in the text that the stage saw
    taken: str      # what stood there
    put: str        # what stands there now
    first: int      # [first, last) in the original, rounded outward so that it covers all that was cut
    last: int
    score: float


@dataclass(slots=True)
class Cleaned:
    """One text after the stages, with the account of what was done to it."""

    original: str
    text: str
    edits: list[Applied] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)      # (kind, text)

    @property
    def title(self) -> str | None:
        """The title, where one was found."""
        return self.metadata.get("title")


@dataclass(slots=True)
class Trace:
    """For each code point of one text as it stands now, the span of its original that it stands for: int64 [n] each."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]

    @classmethod
    def of(cls, n: int) -> Trace:
        """Each code point stands for itself."""
        left = np.arange(n + 1, dtype=np.int64)     # the end has a place too: text can be put there
        return cls(left, left + 1)

    def project(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that `[start, end)` stands for, rounded outward; an insertion has an empty one."""
        first = int(self.left[start])
        return (first, first) if start == end else (first, int(self.right[end - 1]))

    def edited(self, edits: Sequence[Applied]) -> Trace:
        """The trace after the edits of one step."""
        left, right, at = [], [], 0
        for e in edits:
            end = e.start + len(e.taken)
            if len(e.put) == len(e.taken):      # character for character: the trace stays as fine as it is
                continue
            left.append(self.left[at:e.start])
            right.append(self.right[at:e.start])
            if e.put:
                left.append(np.full(len(e.put), e.first))
                right.append(np.full(len(e.put), e.last))
            at = end
        if not at and not left:
            return self
        return Trace(np.concatenate([*left, self.left[at:]]), np.concatenate([*right, self.right[at:]]))


def choose_stages(names: Iterable[str] | None) -> tuple[Stage, ...]:
    """The stages of these names in the pipeline's order, all of them for None. Raises UsageError for an unknown name."""
    if names is None:
        return STAGES
    wanted = set(names)
    if unknown := sorted(wanted - {s.name for s in STAGES}):
        raise UsageError(f"no stage is called {unknown[0]!r}: choose from {', '.join(s.name for s in STAGES)}")
    return tuple(s for s in STAGES if s.name in wanted)


def clean_texts(
    texts: Sequence[str], *, stages: Iterable[str] | None = None, options: Options | None = None
) -> list[Cleaned]:
    """Clean each text by itself; what one holds never changes what another becomes.

    `stages` takes names out of encoding, boilerplate, repeats, pinyin, script (None: all), always run in that order.
    Lone surrogates become U+FFFD at the door. Raises StageError where a stage fails, UsageError for an unknown name.
    """
    chosen, options = choose_stages(stages), options or Options()
    batch = Texts.of(texts)
    try:
        _ = batch.points
    except UnicodeEncodeError:      # a lone surrogate: one look over the batch is cheaper than one at each text
        texts = [replace_surrogates(t)[0] for t in texts]
        batch = Texts.of(texts)
    results = [Cleaned(text, text) for text in texts]
    _run_to_rest(_Work(results, options), chosen, list(range(len(results))), batch)
    _clean_metadata(results, chosen, options)
    return results


def clean_text(text: str, *, stages: Iterable[str] | None = None, options: Options | None = None) -> Cleaned:
    """Clean one text, see `clean_texts`.

    >>> clean_text("坚持党(dǎng)建引领。").text
    '坚持党建引领。'
    """
    return clean_texts([text], stages=stages, options=options)[0]


def _clean_metadata(results: Sequence[Cleaned], stages: tuple[Stage, ...], options: Options) -> None:
    """Metadata is read before readings are cut and scripts converted: do the same to it where the text had either."""
    late = tuple(stage for stage in stages if stage.name in ("pinyin", "script"))
    names = {stage.name for stage in late}
    docs = [r for r in results if r.metadata and any(e.stage in names for e in r.edits)]
    keys = [[k for k in _WORDS if k in r.metadata] for r in docs]
    values = Texts.of(["\n".join(r.metadata[k] for k in own) for r, own in zip(docs, keys, strict=True)])
    for stage in late:
        values = apply(values, stage.propose(values, getattr(options, stage.name)).edits)
    for i, (result, own) in enumerate(zip(docs, keys, strict=True)):
        after = values.text(i).split("\n")
        if len(after) == len(own):
            result.metadata.update(zip(own, after, strict=True))


def amend(results: Sequence[Cleaned], batch: Texts, stage: str, proposal: Proposal) -> None:
    """Make further edits to texts that were cleaned, as one more step of a stage, and account for them.

    `batch` holds the clean texts of `results`, in their order. For what only a whole corpus knows; see `stages.recurring`.
    """
    after = apply(batch, proposal.edits)
    touched = np.unique(np.searchsorted(batch.ends, [e.start for e in proposal.edits], side="left")).tolist()
    work = _Work(list(results), Options(), step=1 + max((e.step for doc in touched for e in results[doc].edits), default=-1))
    for doc in touched:
        trace = Trace.of(len(results[doc].original))
        for _, edits in groupby(results[doc].edits, key=lambda e: e.step):
            trace = trace.edited(list(edits))
        work.traces[doc] = trace
    _account(work, stage, batch, proposal.edits, range(len(results)))
    for doc in touched:
        results[doc].text = after.text(doc)


@dataclass(slots=True)
class _Work:
    """Documents on their way through the stages."""

    results: list[Cleaned]
    options: Options
    step: int = 0                                                   # of the run of a stage that is on
    traces: dict[int, Trace] = field(default_factory=dict)          # of the documents whose places moved, by index

    def batch(self, docs: Sequence[int]) -> Texts:
        return Texts.of([self.results[d].text for d in docs])

    def take(self, doc: int, text: str, first_step: int) -> set[int]:
        """Set the text of a document; give the steps since `first_step` that changed it."""
        result = self.results[doc]
        changed = text != result.text
        result.text = text
        steps: set[int] = set()
        for e in reversed(result.edits if changed else ()):
            if e.step < first_step:
                break
            steps.add(e.step)
        return steps


def _run_to_rest(work: _Work, stages: tuple[Stage, ...], docs: Sequence[int], batch: Texts) -> None:
    """Run the stages over the batch of `docs`, then over those that changed, until none does.

    Stages that come after the last one that changed a document have seen its text as it now is: only the others look again,
    and all of them only where one of these changes it once more. Steps are numbered alike whatever else is in the batch.
    """
    unseen = tuple(stage._replace(unseen=False) for stage in stages if stage.unseen)
    for first_step in range(0, 2 * MAX_PASSES * len(stages), 2 * len(stages)):
        steps = _run_pass(work, stages, docs, batch, first_step)
        last = {d: _last_seen(stages, own) for d, own in steps.items() if own}
        again = []
        for n in sorted(set(last.values())):
            few = [d for d, last_of in last.items() if last_of == n]
            look = stages[:n + 1] if n >= 0 else unseen
            changed = _run_pass(work, look, few, work.batch(few), first_step + len(stages))
            again += [d for d, own in changed.items() if own]
        docs = sorted(again)
        if not docs:
            return
        batch = work.batch(docs)
    for d in docs:
        work.results[d].notes.append(("unsettled", f"still changing after {MAX_PASSES} passes"))


def _run_pass(
    work: _Work, stages: tuple[Stage, ...], docs: Sequence[int], batch: Texts, first_step: int
) -> dict[int, set[int]]:
    """Run the stages once; give for each document the steps that changed it."""
    before = batch
    for step, stage in enumerate(stages, start=first_step):
        work.step = step
        batch = _run_stage(work, stage, batch, docs)
    return {d: work.take(d, batch.text(i), first_step) for i, d in enumerate(docs)} if batch is not before else {}


def _last_seen(stages: tuple[Stage, ...], steps: set[int]) -> int:
    """Index of the last of the stages that made one of the steps and whose changes the others can see; -1 for none."""
    own = {step % len(stages) for step in steps}
    return max((i for i in own if not stages[i].unseen), default=-1)


def _run_stage(work: _Work, stage: Stage, batch: Texts, docs: Sequence[int]) -> Texts:
    """One stage over the batch: let `apply` make what it proposes, and account for it."""
    try:
        proposal = stage.propose(batch, getattr(work.options, stage.name))
        after = apply(batch, proposal.edits)
    except Exception as error:
        raise StageError(stage.name, f"{type(error).__name__}: {error}") from error
    for found in proposal.found:
        work.results[docs[found.doc]].metadata.setdefault(found.key, found.value)
    for note in proposal.notes:
        notes, entry = work.results[docs[note.doc]].notes, (note.kind, note.text)
        if entry not in notes:
            notes.append(entry)
    if proposal.edits:
        _account(work, stage.name, batch, proposal.edits, docs)
    return after


def _account(work: _Work, name: str, batch: Texts, edits: Sequence[Edit], docs: Sequence[int]) -> None:
    """Write the edits of one stage into the results of their documents, and carry the traces of these on."""
    begin = np.fromiter((e.start for e in edits), np.int64, len(edits))
    owners = np.searchsorted(batch.ends, begin, side="left").tolist()
    at, joined = 0, batch.joined
    while at < len(edits):
        i, first = owners[at], at
        while at < len(edits) and owners[at] == i:
            at += 1
        base, end, d = int(batch.starts[i]), int(batch.ends[i]), docs[i]
        trace, applied, moves = work.traces.get(d), [], False
        for start, stop, put, reason, score in edits[first:at]:
            a, b = start - base, stop - base
            span = (a, b) if trace is None else trace.project(a, b)
            applied.append(Applied(work.step, name, reason, a, joined[start:stop], put, *span, score))
            moves |= len(put) != b - a
        work.results[d].edits += applied
        if moves:
            work.traces[d] = (trace or Trace.of(end - base)).edited(applied)
