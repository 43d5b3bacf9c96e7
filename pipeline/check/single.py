"""Rules that look at one document alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.check.documents import Document

__all__ = ["Said", "judge_document"]

# One character each: linear.
_HANZI = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_ASIAN = re.compile("[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f\u1100-\u11ff\uac00-\ud7af]")     # kana and hangul
_LETTER = re.compile("[^\\W\\d_\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
#: Bounds of TS204 and TS206; what they do on clean corpora stands on the pages of the rules.
DESTROYED, ASIAN, FOREIGN = 1 / 200, 1 / 10, 8
#: Notes of the stages that are a rule each.
_NOTES = {"kept-over-removal": "TS401", "much-lost": "TS402", "unrecoverable-mojibake": "TS203"}


class Said(NamedTuple):
    """What a rule says of a document, and the place in its original, where there is one."""

    rule: str
    message: str
    at: int | None = None


def judge_document(document: Document, min_chinese: int) -> Iterator[Said]:
    """Everything that is to be said of one document."""
    yield from _judge_bytes(document)
    for kind, text in document.cleaned.notes:
        if kind in _NOTES:
            yield Said(_NOTES[kind], text)
    yield from _judge_text(document, min_chinese)
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


def _judge_text(document: Document, min_chinese: int) -> Iterator[Said]:
    """The first of what can be wrong with a text: what is a listing has too little Chinese as well."""
    text, verdict = document.cleaned.text, document.cleaned.verdict
    if verdict == "listing":
        yield Said("TS205", "the page only names other pages; remove the document, or keep it with `[boilerplate] listings = true`")
    elif not text.strip():
        yield Said("TS201", "nothing is left after cleaning; remove the document")
    elif foreign := _find_foreign(text):
        yield Said("TS206", foreign)
    elif (n := len(_HANZI.findall(text))) < min_chinese:
        yield Said("TS202", f"{n} hanzi are left, {min_chinese} are wanted (--min-chinese)")


def _find_foreign(text: str) -> str:
    """In what other script a text is written; empty where it is Chinese."""
    hanzi, asian = len(_HANZI.findall(text)), len(_ASIAN.findall(text))
    if asian and asian >= ASIAN * (asian + hanzi):
        return f"{asian:,} kana or hangul beside {hanzi:,} hanzi: this is no Chinese; remove the document"
    letters = len(_LETTER.findall(text))
    if letters > FOREIGN * hanzi:
        return f"{letters:,} letters of other scripts beside {hanzi:,} hanzi: this is no Chinese; remove the document"
    return ""


def _summarise(document: Document) -> str:
    cut: dict[str, int] = {}
    for stage, _, _, taken, put in document.cleaned.sums:
        cut[stage] = cut.get(stage, 0) + taken - put
    before, after = len(document.cleaned.original), len(document.cleaned.text)
    what = ", ".join(f"{stage} −{n:,}" if n else f"{stage} converts" for stage, n in cut.items())
    return f"{before:,} → {after:,} characters: {what}"
