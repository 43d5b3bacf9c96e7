"""Big5-UAO in files that are read as a stream: the same characters as of the whole, wherever blocks end."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.read import big5, wide
from pipeline.read.big5 import decode_uao, recode_uao
from tests.test_inputs import items, texts

TEXT = "這個商品賣５００円，很便宜，大家可以買來試試看，我們的小店在車站旁邊。"


def encode(text: str) -> bytes:
    """Big5-UAO of a text, by the table the other way round."""
    table = {char: code.to_bytes(2, "big") for code, char in big5._load().items()}
    return b"".join(table.get(c) or c.encode("big5hkscs") for c in text)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.json", "a.srt", "a.txt", "a.jsonl"])
def test_files_of_every_kind_are_read(name: str, tmp_path: Path) -> None:
    """Found by `make fuzz`: whoever read by the name of the codec ended the run, for Python has none."""
    long = "\n".join(TEXT for _ in range(40))
    whole = {
        "a.csv": f'id,text\n1,"{long}"\n', "a.tsv": f"id\ttext\n1\t{TEXT * 40}\n", "a.txt": long,
        "a.json": json.dumps([{"text": long}], ensure_ascii=False),
        "a.jsonl": json.dumps({"text": long}, ensure_ascii=False) + "\n",
        "a.srt": "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{TEXT}\n\n" for n in range(9)),
    }[name]
    (tmp_path / name).write_bytes(encode(whole))
    (found,) = texts(items(tmp_path / name))
    assert "円，很便宜" in found
    assert found.count(TEXT) in (9, 40)


BYTES = st.lists(st.sampled_from(
    [b"a", b" ", b"\n", b"\xa4", b"\x40", b"\x7e", b"\xc6\xe7", b"\xff", b"\x80", b"\xfe"]
)).map(b"".join)


@given(BYTES, st.integers(1, 7))
def test_a_stream_says_what_the_whole_does(data: bytes, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wide, "_BLOCK", block)
        patch.setattr(big5, "_LONG", 3 * block)
        assert recode_uao(io.BytesIO(data)).read() == decode_uao(data, "surrogateescape").encode("utf-8", "surrogateescape")


def test_what_waits_is_bounded() -> None:
    """Of hanzi without an end, whose second bytes are all above 0x40."""
    pair = encode("円")
    stream = recode_uao(io.BytesIO(pair * (3 << 19)))
    assert stream.read() == ("円" * (3 << 19)).encode()


def test_a_member_of_a_zip_without_a_name_is_read(tmp_path: Path) -> None:
    """Found by `make fuzz`: Python's `is_dir` looks at the last character of its name."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("b.txt", TEXT)
        info = zipfile.ZipInfo("x")
        info.filename = ""
        archive.writestr(info, TEXT)
    assert TEXT in texts(items(tmp_path / "a.zip"))


def test_a_zip_whose_names_are_not_what_they_say_is_a_fault(tmp_path: Path) -> None:
    """Found by `make fuzz`: Python decodes them all when it opens the archive."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("名.txt", TEXT)
    path = tmp_path / "a.zip"
    path.write_bytes(path.read_bytes().replace("名".encode(), b"\xca\xca\xca"))
    found = items(path)
    assert texts(found) == []
    assert len(found) == 1
