"""Texts through the stages until they rest: the pure core. No IO, no state; the texts and every edit come out.

A document that a pass changed goes again through the stages that could see the change, until nothing changes: cleaning clean text
does nothing by construction, and a document that was clean already costs one pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from pipeline.account import Applied, Cleaned, Trace, account
from pipeline.chinese.codepoints import load_canonical
from pipeline.chinese.splice import find_told
from pipeline.edits import Edits, Made, Note, make
from pipeline.errors import StageError, UsageError
from pipeline.marks import Marks
from pipeline.options import Options, need_options
from pipeline.read.damage import is_of_moment
from pipeline.record import Texts, check_texts, replace_surrogates
from pipeline.stages import STAGES, Stage
from pipeline.stages.personal import mask_beside
from pipeline.wording import describe

__all__ = ["WORDS", "Applied", "Cleaned", "Views", "choose_stages", "clean_batch", "clean_text", "clean_texts", "mask_words"]

#: Passes over one document. The second finds what the first uncovered; a document that still changes after the last one
#: is given as it then is, with the note `unsettled`.
MAX_PASSES = 8

#: Metadata that is words of the page, one line each.
WORDS = ("title", "source_name", "author", "editor")


def choose_stages(names: Iterable[str] | None) -> tuple[Stage, ...]:
    """The stages of these names in the pipeline's order, all for None. Raises UsageError for an unknown name, and for none."""
    if names is None:
        return STAGES
    if not isinstance(names, Iterable):
        raise UsageError(f"stages are a list of names, and this is {describe(names)}")
    wanted = {names} if isinstance(names, str) else set(names)
    if not wanted:
        raise UsageError(f"no stage is named: choose from {', '.join(s.name for s in STAGES)}, or leave it out for all")
    if unknown := sorted(wanted - {s.name for s in STAGES}):
        raise UsageError(f"no stage is called {unknown[0]!r}: choose from {', '.join(s.name for s in STAGES)}")
    return tuple(s for s in STAGES if s.name in wanted)


def clean_texts(
    texts: Sequence[str], *, stages: Iterable[str] | None = None, options: Options | None = None,
    marks: Sequence[Marks | None] | None = None,
) -> list[Cleaned]:
    """Clean each text by itself; what one holds never changes what another becomes.

    `stages` takes names of `pipeline.stages.STAGES` (None: all), always run in the order of that list.
    `marks` say what markup said of the lines of each text, where it was read from markup: evidence at the first look.
    Lone surrogates become U+FFFD at the door. Raises StageError where a stage fails, UsageError for an unknown name
    and for what is no text.
    """
    check_texts(texts)
    return clean_batch(texts, stages=stages, options=need_options(options, Options), marks=marks)[0]


class Views(NamedTuple):
    """Texts of a batch as one view, with what was found out of it, where the stages left one behind."""

    encoded: Texts | None   # as the stages behind `encoding` first saw them
    clean: Texts | None


def clean_batch(
    texts: Sequence[str], *, stages: Iterable[str] | None, options: Options, marks: Sequence[Marks | None] | None = None
) -> tuple[list[Cleaned], Views]:
    """The same, and views of the texts."""
    chosen = tuple(s for s in choose_stages(stages) if not s.rests(getattr(options, s.name)))
    work = _work_to_rest(texts, chosen, options, marks)
    if late := tuple(stage for stage in chosen if stage.words):
        _clean_words(work.results, late, options)
    return work.results, Views(work.encoded, work.clean)


def clean_text(
    text: str, *, stages: Iterable[str] | None = None, options: Options | None = None, marks: Marks | None = None
) -> Cleaned:
    """Clean one text, see `clean_texts`.

    >>> clean_text("坚持党(dǎng)建引领。").text
    '坚持党建引领。'
    """
    return clean_texts([text], stages=stages, options=options, marks=[marks])[0]


def run_to_rest(
    texts: Sequence[str], stages: tuple[Stage, ...], options: Options, marks: Sequence[Marks | None] | None = None
) -> list[Cleaned]:
    """Run the stages over all texts, then over those that changed, until none does; only the first pass has `marks`."""
    return _work_to_rest(texts, stages, options, marks).results


def _work_to_rest(
    texts: Sequence[str], stages: tuple[Stage, ...], options: Options, marks: Sequence[Marks | None] | None
) -> _Work:
    batch = Texts.of(texts)
    try:
        batch.points        # noqa: B018  # held by the batch alone
    except UnicodeEncodeError:      # a lone surrogate: one look over the batch is cheaper than one at each text
        texts = [replace_surrogates(t)[0] for t in texts]
        batch = Texts.of(texts)
    work = _Work([Cleaned(text, text) for text in texts], options, _Batch(batch.with_marks(marks), None))
    del batch
    if stages:
        _rest(work, stages, list(range(len(texts))))
    return work


def _clean_words(results: Sequence[Cleaned], stages: tuple[Stage, ...], options: Options) -> None:
    """Metadata is read while the stages run: do to its words what is done to words in the text. What becomes empty goes."""
    places = [(result, key) for result in results if result.metadata for key in WORDS if key in result.metadata]
    if not places:
        return
    alone = tuple(stage for stage in stages if stage.name != "personal")
    values = [value.text for value in run_to_rest([result.metadata[key] for result, key in places], alone, options)]
    if len(alone) < len(stages):
        values = mask_beside(values, [result.text for result, _ in places], options.personal)
    for (result, key), value in zip(places, values, strict=True):
        result.metadata[key] = value
        if not value:
            del result.metadata[key]


def mask_words(results: Sequence[Cleaned], stages: Iterable[str] | None, options: Options) -> None:
    """Mask personal data, or take it out, in the words of metadata that was given and so went through no stage.

    Nothing is done where it is only counted, and where that stage is not among those of these names.
    """
    chosen = tuple(s for s in choose_stages(stages) if s.name == "personal" and not s.rests(options.personal))
    if chosen:
        _clean_words(results, chosen, options)


@dataclass(slots=True)
class _Work:
    """Documents on their way through the stages."""

    results: list[Cleaned]
    options: Options
    now: _Batch         # what the next stage sees; held here alone, so that what it was before goes: 420 MB of a document of 200
    traces: dict[int, tuple[Trace, int, int]] = field(default_factory=dict)     # of documents whose batch has a trace, by index:
                                                                    # that of the batch, and what of it is theirs
    seen: dict[int, dict[int, bool]] = field(default_factory=dict)  # of the pass that is on, by index: which stages changed the
                                                                    # document, and whether in its canonical form
    encoded: Texts | None = None    # all texts behind the stage `encoding` of the first pass, where it is one of them
    clean: Texts | None = None      # all texts as they came out of the first pass, unless a later one changed any of them

    def take(self, docs: Sequence[int]) -> None:
        """Put these before the next stage, as they stand."""
        self.now = _Batch(Texts.of(()), None)
        texts, trace = Texts.of([self.results[d].text for d in docs]), None
        if any(d in self.traces for d in docs):
            sizes = (texts.ends - texts.starts).tolist()
            cut = ((self.traces.get(d), n) for d, n in zip(docs, sizes, strict=True))
            trace = Trace.join([own[0].of_span(*own[1:]) if own else Trace.of(n) for own, n in cut])
        self.now = _Batch(texts, trace)


class _Batch(NamedTuple):
    """Texts, and the places of the originals that they stand for; None while each stands for its own."""

    texts: Texts
    trace: Trace | None


def _rest(work: _Work, stages: tuple[Stage, ...], docs: Sequence[int]) -> None:
    """Run the stages over `docs`, which are before them, then over those that changed, until none does.

    Only stages that can see what has changed since they looked do so again, and all of them only where one of these changes the
    document once more. Steps are numbered alike whatever else is in the batch.
    """
    numbers = range(len(stages))
    known: dict[tuple[tuple[int, bool], ...], tuple[int, ...]] = {}     # of 18,000 statutes that changed a dozen differ
    for first_step in range(0, 2 * MAX_PASSES * len(stages), 2 * len(stages)):
        changed = _run_pass(work, stages, numbers, docs, first_step)
        if not first_step and len(docs) > 1:
            work.clean = work.now.texts
        looks = {}
        for d, own in changed.items():
            key = tuple(own.items())
            looks[d] = known.get(key) or known.setdefault(key, _find_looks(stages, own))
        again: list[int] = []
        for look in sorted(set(looks.values())):
            few = [d for d, own in looks.items() if own == look]
            work.take(few)
            again += _run_pass(work, stages, look, few, first_step + len(stages))
        docs = sorted(again)
        if not docs:
            return
        work.clean = None
        work.take(docs)
    for d in docs:
        work.results[d].notes.append(("unsettled", f"still changing after {MAX_PASSES} passes"))


def _find_looks(stages: tuple[Stage, ...], changes: dict[int, bool]) -> tuple[int, ...]:
    """Which stages must look again, by number, where `changes` says which changed a text, and whether in its canonical form."""
    return tuple(
        i for i, stage in enumerate(stages)
        if any(n >= i and (told or not stage.folds or not stages[n].respells) for n, told in changes.items())
    )


def _run_pass(
    work: _Work, stages: tuple[Stage, ...], numbers: Sequence[int], docs: Sequence[int], first_step: int
) -> dict[int, dict[int, bool]]:
    """Run these stages once; give for each document that is another after them which of them changed it."""
    work.seen = {}
    if not sum([_run_stage(work, n, stages[n], docs, first_step) for n in numbers]):
        return {}
    batch, changed = work.now, {}
    for i, (d, start, end) in enumerate(zip(docs, batch.texts.starts.tolist(), batch.texts.ends.tolist(), strict=True)):
        text = batch.texts.text(i)
        if text != work.results[d].text:
            work.results[d].text = text
            changed[d] = work.seen[d]
            if batch.trace is not None:
                work.traces[d] = batch.trace, start, end + 1
    return changed


def _run_stage(work: _Work, number: int, stage: Stage, docs: Sequence[int], first_step: int) -> bool:
    """One stage over what is before it: make what it proposes, and account for it; whether it proposed anything."""
    texts = work.now.texts
    try:
        proposal = stage.propose(texts, getattr(work.options, stage.name))
        edits = Edits.of(proposal.edits)
        made = make(texts, edits) if len(edits) else None
    except Exception as error:
        if isinstance(error, OSError) or is_of_moment(error):       # and not of the document: the run, or the worker, ends
            raise
        raise StageError(stage.name, f"{type(error).__name__}: {error}") from error
    for found in proposal.found:
        work.results[docs[found.doc]].metadata.setdefault(found.key, found.value)
    _add_notes(work.results, proposal.notes, docs)
    if made is None:
        _keep_encoded(work, stage, docs, first_step)
        return False
    told = _find_told(edits, made) if stage.respells else set(made.owner.tolist())
    for i in np.unique(made.owner).tolist():
        work.seen.setdefault(docs[i], {})[number] = i in told
    trace = account(work.results, work.now.trace, first_step + number, stage.name, texts, edits, made, docs)
    work.now = _Batch(made.after.with_marks(_carry_marks(texts, made, edits)), trace)
    _keep_encoded(work, stage, docs, first_step)
    return True


def _keep_encoded(work: _Work, stage: Stage, docs: Sequence[int], first_step: int) -> None:
    if not first_step and stage.name == "encoding" and len(docs) > 1:       # one alone may be of 200 MB
        work.encoded = work.now.texts


def _add_notes(results: Sequence[Cleaned], notes: Sequence[Note], docs: Sequence[int]) -> None:
    """Each note once, in the order in which they came: a page of broken lines has one for each of them."""
    told: dict[int, dict[tuple[str, str], None]] = {}
    for note in notes:
        d = docs[note.doc]
        if d not in told:
            told[d] = dict.fromkeys(results[d].notes)
        told[d][note.kind, note.text] = None
    for d, entries in told.items():
        results[d].notes[:] = entries


def _carry_marks(texts: Texts, made: Made, edits: Edits) -> Sequence[Marks | None] | None:
    """The marks of the texts after edits: a line has those of the line that its first character stood in, or is put for."""
    if texts.marks is None or not any(texts.marks):
        return None
    carried = list(texts.marks)
    before, after = texts.first_lines, made.after.first_lines
    bounds = np.searchsorted(made.owner, np.arange(len(texts) + 1)).tolist()
    for doc in np.flatnonzero(np.diff(before) != np.diff(after)).tolist():
        if (own := carried[doc]) is not None:
            of_doc = slice(bounds[doc], bounds[doc + 1])
            start, end, sizes = edits.start[of_doc], edits.end[of_doc], edits.sizes[of_doc]
            grown = np.cumsum(sizes - (end - start))
            begins = made.after.lines.start[after[doc]:after[doc + 1]] - made.after.starts[doc]
            over = np.searchsorted(end + grown - texts.starts[doc], begins, side="right")      # edits that end before each line
            places = begins - np.append(0, grown)[over] + texts.starts[doc]
            places = np.minimum(places, np.append(end, texts.ends[doc])[over])      # a line that begins in what was put
            rows = np.searchsorted(texts.lines.start[before[doc]:before[doc + 1]], places, side="right") - 1
            carried[doc] = own.follow(np.maximum.accumulate(rows))
    return carried


def _find_told(edits: Edits, made: Made) -> set[int]:
    """Documents, by place in the batch, in which an edit puts something that the canonical form tells from what stood there."""
    told = np.zeros(len(made.after), np.bool_)
    find_told(made.owner, edits.end - edits.start, made.taken, edits.sizes, edits.put, load_canonical(), told)
    return set(np.flatnonzero(told).tolist())
