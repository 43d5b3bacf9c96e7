"""Rules that look at one document alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from pipeline.check.documents import Document
from pipeline.options import VerdictsOptions
from pipeline.record import Texts
from pipeline.signals.measure import find_signals, look
from pipeline.signals.spam import name_spam
from pipeline.signals.verdicts import find_verdicts
from pipeline.stages.personal import SENSITIVE

__all__ = ["Said", "judge_document"]

_HANZI = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")      # one character: linear
#: The bound of TS204; what it does on clean corpora stands on its page.
DESTROYED = 1 / 200
_LANGUAGES = {
    "ja": "Japanese", "ko": "Korean", "en": "English", "vi": "Vietnamese", "other": "of another language than Chinese",
}
#: Notes of the stages that are a rule each.
_NOTES = {"kept-over-removal": "TS401", "much-lost": "TS402", "unrecoverable-mojibake": "TS203"}


class Said(NamedTuple):
    """What a rule says of a document, and the place in its original, where there is one."""

    rule: str
    message: str
    at: int | None = None


def judge_document(document: Document, min_chinese: int, verdicts: VerdictsOptions) -> Iterator[Said]:
    """Everything that is to be said of one document."""
    yield from _judge_bytes(document)
    for kind, text in document.cleaned.notes:
        if kind in _NOTES:
            yield Said(_NOTES[kind], text)
    yield from _judge_text(document, min_chinese, verdicts)
    yield from _judge_personal(document)
    if document.cleaned.edits:
        yield Said("TS403", _summarise(document), document.cleaned.edits[0].first)


def _judge_bytes(document: Document) -> Iterator[Said]:
    original = document.record.original
    n, at = original.count("\ufffd"), original.find("\ufffd")
    if n and n >= DESTROYED * len(original):
        yield Said("TS204", f"{n:,} of {len(original):,} characters are U+FFFD; fetch the page again in its own encoding", at)
    if bad := document.record.metadata.get("n_replaced"):
        what = f"{int(bad):,} byte{'s' * (bad != '1')} became U+FFFD; fetch the page again in its own encoding"
        yield Said("TS104", what, max(at, 0))


def _judge_text(document: Document, min_chinese: int, verdicts: VerdictsOptions) -> Iterator[Said]:
    """The first of what can be wrong with a text: what is a listing has too little Chinese as well."""
    text, verdict = document.cleaned.text, document.cleaned.verdict
    if verdict == "listing":
        yield Said("TS205", "the page only names other pages; remove the document, or keep it with `[boilerplate] listings = true`")
    elif not text.strip():
        yield Said("TS201", "nothing is left after cleaning; remove the document")
    elif aside := _find_aside(text, verdicts):
        yield aside
    elif (n := len(_HANZI.findall(text))) < min_chinese:
        yield Said("TS202", f"{n} hanzi are left, {min_chinese} are wanted (--min-chinese)")


def _find_aside(text: str, options: VerdictsOptions) -> Said | None:
    """Why a run would set a text aside by what it is: a verdict that is off has nothing to say, and shortness is told elsewhere."""
    texts = Texts.of([text])
    counts, languages, _ = look(texts)
    verdict, = find_verdicts(find_signals(counts), languages, replace(options, short=0))
    if verdict == "foreign":
        return Said("TS206", f"the text is {_LANGUAGES[languages[0]]}; remove the document")
    if verdict == "garbled":
        return Said("TS207", "the text was decoded wrongly before it came here, beyond repair; fetch the page again")
    if verdict == "spam":
        return Said("TS208", f"{name_spam(text)}; remove the document")
    return None


def _judge_personal(document: Document) -> Iterator[Said]:
    found = {kind: n for kind, n in document.cleaned.personal.items() if n}
    for rule, own in (("TS601", found.keys() & SENSITIVE), ("TS602", found.keys() - SENSITIVE)):
        if own:
            counts = ", ".join(f"{found[kind]:,} {kind}" for kind in sorted(own))
            yield Said(rule, f"{counts}; a run masks them with `--pii mask`, or take the document away")


def _summarise(document: Document) -> str:
    cut: dict[str, int] = {}
    for stage, _, _, taken, put in document.cleaned.sums:
        cut[stage] = cut.get(stage, 0) + taken - put
    before, after = len(document.cleaned.original), len(document.cleaned.text)
    what = ", ".join(f"{stage} −{n:,}" if n else f"{stage} converts" for stage, n in cut.items())
    return f"{before:,} → {after:,} characters: {what}"
