from __future__ import annotations

import codecs
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.chinese.plausibility import load_costs
from pipeline.errors import UndecodableError
from pipeline.read import charsets, contest
from pipeline.read.charset import decode, decode_bytes
from pipeline.read.charsets import CHARSETS, Charset, find_codec, to_text
from pipeline.read.kernels import BYTES, BYTES_END, CHARACTERS, CHARACTERS_END, COSTS, N_COLUMNS, find_odd_lines

SIMPLIFIED = "坚持和完善中国特色社会主义制度，推进国家治理体系和治理能力现代化。春天到了，院子里的杏花开了。"
TRADITIONAL = "圖書館每週三下午開放，讀者憑證借書，逾期不還者停借一個月。"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "gb2312", "gbk", "gb18030", "hz", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
)
@pytest.mark.parametrize("length", [4, 8, 48])
def test_simplified(encoding: str, length: int) -> None:
    text = SIMPLIFIED[:length]
    assert decode(text.encode(encoding))[0] == text


@pytest.mark.parametrize("encoding", ["utf-8", "big5", "big5hkscs", "gb18030", "utf-16-le"])
@pytest.mark.parametrize("length", [4, 8, 29])
def test_traditional(encoding: str, length: int) -> None:
    text = TRADITIONAL[:length]
    assert decode(text.encode(encoding))[0] == text


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
     (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"), (b"\x84\x31\x95\x33", "gb18030")],
)
def test_byte_order_marks(mark: bytes, encoding: str) -> None:
    assert decode(mark + SIMPLIFIED.encode(encoding))[0] == SIMPLIFIED


def test_iso_2022_cn() -> None:
    data = b"a\x1b$)A\x0e" + bytes(b & 0x7F for b in "国家".encode("gb2312")) + b"\x0f b\n"
    assert decode(data) == ("a国家 b\n", "iso-2022-cn")


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "big5", "nonsense", "", None, "rot13", "base64"])
def test_a_wrong_declaration_does_no_harm(declared: str | None) -> None:
    assert decode(SIMPLIFIED.encode("gbk"), declared=declared) == (SIMPLIFIED, "gb18030")


def test_a_declaration_tips_the_balance() -> None:
    data = "·í".encode("latin-1")         # 當 in Big5, 疯 in GBK
    assert decode(data, declared="big5")[1] == "big5hkscs"
    assert decode(data, declared="gb2312")[1] == "gb18030"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("안녕하세요. 오늘은 날씨가 좋습니다.", "cp949"), ("こんにちは。今日はいい天気ですね。", "cp932"),
     ("こんにちは。今日はいい天気ですね。", "euc_jp"), ("Привет, как дела? Сегодня хорошая погода.", "cp1251"),
     ("déjà vu à Zürich, où êtes-vous", "cp1252"), ("café", "utf-8"), ("plain", "ascii")],
)
def test_other_languages(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding))[0] == text


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_few_bad_bytes_are_counted(encoding: str) -> None:
    half = SIMPLIFIED.encode(encoding)
    decoded = decode_bytes(half * 4 + b"\xff" + b"\n" + half)
    assert decoded.n_replaced == 1
    assert decoded.text.startswith(SIMPLIFIED)
    assert decoded.text.endswith("\n" + SIMPLIFIED)
    assert decoded.text.count("\ufffd") == 1


def test_a_file_cut_inside_a_character() -> None:
    assert decode_bytes(SIMPLIFIED.encode()[:-1])[:3] == (SIMPLIFIED[:-1] + "\ufffd", "utf-8", 1)


def test_what_stood_in_the_text_is_not_counted() -> None:
    assert decode_bytes("坏\ufffd字".encode()).n_replaced == 0


@pytest.mark.parametrize(
    "data",
    [b"\x89PNG\r\n\x1a\n" + bytes(range(256)), b"PK\x03\x04" + bytes(100), bytes(range(256)) * 20, b"\x00\x01\x02\x03" * 50,
     random.Random(7).randbytes(5000), b"\x1f\x8b\x08\x00" + random.Random(8).randbytes(500)],
)
def test_binary(data: bytes) -> None:
    with pytest.raises(UndecodableError):
        decode(data)


def test_empty() -> None:
    assert decode(b"") == ("", "utf-8")


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_any_bytes_give_text_or_the_one_error(data: bytes) -> None:
    try:
        text, encoding = decode(data)
    except UndecodableError:
        return
    assert isinstance(text, str)
    assert encoding
    text.encode("utf-8")


@settings(max_examples=200)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=11))
def test_long_utf8_is_utf8(text: str) -> None:
    if len(text.encode()) >= 32 and not text.startswith("\ufeff"):
        assert decode(text.encode()) == (text, "utf-8")


@pytest.mark.parametrize("declared", ["idna", "punycode", "undefined", "unicode_escape", "utf-7"])
@settings(max_examples=30)
@given(data=st.binary(max_size=60))
def test_what_is_no_charset_is_no_hint(declared: str, data: bytes) -> None:
    def read(**hint: str) -> tuple[str, str] | str:
        try:
            return decode(data, **hint)
        except UndecodableError as error:
            return str(error)

    assert read(declared=declared) == read()


PIECES = [SIMPLIFIED[:24], SIMPLIFIED[36:], "面积120平方米，南北通透", "他说：“明天再来吧。”", "plain ASCII", ""]


@settings(max_examples=100)
@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(["utf-8", "gb18030"])), min_size=1, max_size=30))
def test_each_line_is_decoded_as_what_it_is(rows: list[tuple[str, str]]) -> None:
    decoded = decode_bytes(b"\n".join(text.encode(charset) for text, charset in rows))
    assert decoded.text == "\n".join(text for text, _ in rows)
    used = {charset for text, charset in rows if not text.isascii()}
    assert set(decoded.n_lines) == (used if len(used) > 1 else set())
    assert sum(decoded.n_lines.values()) in (0, sum(not text.isascii() for text, _ in rows))


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"\x84\x31\x95\x33"])
@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_mark_may_lie(mark: bytes, encoding: str) -> None:
    for text in (SIMPLIFIED, SIMPLIFIED[:12]):
        assert decode(mark + text.encode(encoding))[0] == text


def test_positions_of_gbk_that_were_private() -> None:
    assert decode(b"\xc6\xab\xc5\xd4\xfe\x59\xa6\xd9")[0] == "偏旁龴︐"


def test_big5_of_bulletin_boards() -> None:
    data = bytes.fromhex("b36fadd3b0d3ab7ebde6353030924ca141abdcab4ba979a141a46aae61a569a548b652a8d3b8d5b8d5acdd")
    assert decode(data) == ("這個商品賣500円，很便宜，大家可以買來試試看", "big5-uao")
    assert decode("香港嘅嘢好好食，啲餸幾靚".encode("big5hkscs"))[1] == "big5hkscs"


def test_every_charset_of_the_table_is_found_by_its_names_and_told_by_its_mark() -> None:
    for row in CHARSETS:
        for name in row.names:
            assert find_codec(name) == row.codec
        if row.mark:
            assert decode(row.mark + to_text(SIMPLIFIED.encode(row.codec), row.codec).encode(row.codec)) == (SIMPLIFIED, row.codec)
        if row.chinese:
            text = TRADITIONAL if row.codec.startswith("big5") else SIMPLIFIED
            data = text.encode("big5" if row.codec.startswith("big5") else row.codec)
            assert to_text(data, row.codec) == text


def test_a_charset_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    cyrillic = "идём гулять"          # too little for chardet

    def cheap(points: NDArray[np.uint32], nats: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.where((points >= 0x400) & (points < 0x460), np.float32(4), nats)

    koi8 = Charset("koi8-r", price=cheap)
    monkeypatch.setattr(contest, "CHARSETS", (*CHARSETS, koi8))
    monkeypatch.setitem(charsets._BY_CODEC, "koi8-r", koi8)
    assert decode(cyrillic.encode("koi8-r")) == (cyrillic, "koi8-r")
    assert decode(SIMPLIFIED.encode("gbk"))[1] == "gb18030"


LINES = ("党建".encode(), "党建".encode("gbk"), "電影".encode("big5"), b"abc", b"", b"\xff", b"\xe4\xb8",
         "𠮷".encode(), b"\xed\xa0\x80", b"\xc0\x80",
         b"\xf4\x90\x80\x80", b"\xe0\x80\x80", "é".encode())


@given(st.lists(st.lists(st.sampled_from(LINES), max_size=3).map(b"".join), min_size=1, max_size=8), st.booleans())
def test_lines_that_may_be_in_another_charset_are_found(rows: list[bytes], foreign: bool) -> None:
    data = b"\n".join(rows)
    text = data.decode("latin-1")
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    out = np.empty((len(rows), N_COLUMNS), np.int64)
    n_high, n_odd = find_odd_lines(np.frombuffer(data, np.uint8), points, load_costs(), 15.9, foreign, out)
    wanted = []
    for row in rows:
        high = [p for p in row if p > 0x7F]
        much = sum(float(load_costs()[p]) for p in high) > 15.9 * len(high)
        try:
            row.decode()
        except UnicodeDecodeError:
            strict = False
        else:
            strict = foreign
        if high and (much or strict):
            wanted.append((row, row.decode("latin-1"), much))
    assert n_high == sum(not row.isascii() for row in rows)
    assert [(data[o[BYTES]:o[BYTES_END]], text[o[CHARACTERS]:o[CHARACTERS_END]], o[COSTS]) for o in out[:n_odd].tolist()] == wanted


def test_positions_that_got_a_character_since_are_told_from_a_text_without() -> None:
    assert decode_bytes(f"{SIMPLIFIED}\ue816".encode("gb18030")).text.endswith("\U00020087")
    assert charsets._decode_gb18030(SIMPLIFIED.encode("gb18030"), "strict") == SIMPLIFIED
