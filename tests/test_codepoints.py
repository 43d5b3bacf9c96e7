from __future__ import annotations

import importlib.util
import unicodedata
from pathlib import Path
from types import ModuleType

import ftfy
import numpy as np
import opencc
import pytest
from ftfy import chardata
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.chinese import codepoints as cp
from pipeline.chinese.codepoints import load_canonical, load_classes
from pipeline.record import Texts
from pipeline.stages.script.words import load_variants

CLASSES = load_classes()


def unsuspect(chars: str) -> str:
    return "".join(c for c in chars if not CLASSES[ord(c)] & cp.SUSPECT)


def load_tool(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    folder = Path(__file__).resolve().parents[1] / "tools"
    monkeypatch.syspath_prepend(str(folder))
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_table_is_what_the_tool_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a later Unicode than that of the table (Python 3.11's, 14.0) the tool knows more marks and format characters only."""
    made = load_tool("make_codepoints", monkeypatch).make_classes()
    later = np.flatnonzero(made != CLASSES)
    assert not len(later) or unicodedata.unidata_version > "14.0.0"
    assert not CLASSES[later].any()
    assert {unicodedata.category(chr(c)) for c in later} <= {"Mn", "Mc", "Me", "Cf"}


@pytest.mark.parametrize("encoding", chardata.CHARMAP_ENCODINGS)
def test_no_utf8_can_be_made_of_unsuspect_characters(encoding: str) -> None:
    """The proof that ftfy need not see a line without SUSPECT: a repair needs a lead and a continuation byte of one encoding."""
    leads = unsuspect(bytes(range(0xC0, 0xF5)).decode(encoding, "ignore"))
    continuations = unsuspect(bytes(range(0x80, 0xC0)).decode(encoding, "ignore"))
    assert not leads or not continuations


def test_controls_are_suspect() -> None:
    """The other change that ftfy makes: C1 controls become what Windows-1252 has for them."""
    assert not unsuspect("".join(map(chr, range(0x80, 0xA0))))


SINGLE = "".join(bytes(range(0x80, 0x100)).decode(e, "ignore") for e in chardata.CHARMAP_ENCODINGS)
UNSUSPECT = st.text(st.sampled_from(unsuspect(SINGLE + "的一是，。“”‘’—…·ā ab1\u3000①→")), min_size=1, max_size=20)


@settings(max_examples=400)
@given(UNSUSPECT)
def test_ftfy_leaves_unsuspect_text(text: str) -> None:
    assert ftfy.fix_encoding(text) == text


@pytest.mark.parametrize("char", "·“”‘’—–…　，。！？①→★ａ１《》的")
def test_ordinary_characters_are_not_suspect(char: str) -> None:
    assert not CLASSES[ord(char)] & cp.SUSPECT


@pytest.mark.parametrize("char", "éâÃ×\ufffd\u200b\ufeff\x00\r&锟\x85\u2028")
def test_suspect(char: str) -> None:
    assert CLASSES[ord(char)] & cp.SUSPECT


def test_mark_is_suspect() -> None:
    assert not ((CLASSES & cp.MARK > 0) & (CLASSES & cp.SUSPECT == 0)).any()


def test_traditional_is_what_t2s_changes_and_the_variants_it_leaves() -> None:
    t2s, variants = opencc.OpenCC("t2s"), load_variants()
    for c in [*range(0x3400, 0x4DC0, 7), *range(0x4E00, 0xA000)]:
        assert bool(CLASSES[c] & cp.TRADITIONAL) == (t2s.convert(chr(c)) != chr(c) or chr(c) in variants), chr(c)


def test_what_variants_become_stays() -> None:
    t2s, variants = opencc.OpenCC("t2s"), load_variants()
    for char, put in variants.items():
        assert t2s.convert(char) == char
        assert t2s.convert(put) == put, (char, put)
        assert put not in variants
        assert not CLASSES[ord(put)] & cp.TRADITIONAL, (char, put)


HANZI = "發麵裡乾於徵昇盧象隆坤淨后里只了着著瞭藉釐懷陞楊聯麼幺國學體製係若幹的是不"


@settings(max_examples=300)
@given(st.text(st.sampled_from(HANZI), max_size=30))
def test_t2s_leaves_no_traditional_only(text: str) -> None:
    """Why a converted document is not converted again."""
    assert not any(CLASSES[ord(c)] & cp.TRADITIONAL_ONLY for c in opencc.OpenCC("t2s").convert(text))


@pytest.mark.parametrize(
    ("line", "untidy"),
    [("一 二", False), ("一  二", True), (" 一", True), ("一 ", True), ("一\u3000二", True), ("一\u00a0二", True), ("", True),
     ("一", False)],
)
def test_untidy(line: str, untidy: bool) -> None:
    assert bool(Texts.of([line]).lines.seen[0] & cp.UNTIDY) == untidy


def test_the_canonical_form_drops_no_letter_or_digit() -> None:
    """參 and 将 differ from what they become by one: that must not be the mark of what is dropped."""
    canonical = load_canonical()
    for c in [*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000), *map(ord, "09azAZ０ｚЖéα")]:
        assert canonical[c], chr(c)
    t2s = opencc.OpenCC("t2s")
    assert [chr(canonical[ord(c)]) for c in "參將釋虛夠艱"] == [t2s.convert(c) for c in "參將釋虛夠艱"]
