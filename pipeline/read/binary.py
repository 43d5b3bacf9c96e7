"""Bytes that are no text, and text that was made of such bytes: told early, in linear time, and named as what they are.

`find_kind` looks at the first bytes (and, for a zip, at the names in its first headers); `is_garbled` at a text that someone else
decoded: a picture read as Latin-1 or with U+FFFD for what did not fit. Neither looks for what a text means: mojibake is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["find_kind", "is_garbled"]

#: Where a mark stands, the mark, what it marks. Marks of printable ASCII alone are longer than a word that a text could start with,
#: or hold what no text holds. Sources: the formats' specifications, as collected in the magic files of `file(1)`.
_MARKS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "a JPEG image"), (0, b"\x89PNG\r\n\x1a\n", "a PNG image"), (0, b"\x89PNG\n", "a damaged PNG image"),
    (0, b"II*\x00", "a TIFF image"), (0, b"MM\x00*", "a TIFF image"),
    (0, b"\x00\x00\x01\x00", "an icon"), (0, b"8BPS\x00", "a Photoshop image"), (0, b"AT&TFORM", "a DjVu file"),
    (0, b"\x1f\x8b\x08", "gzip data"), (0, b"\x28\xb5\x2f\xfd", "zstd data"), (0, b"\xfd7zXZ\x00", "xz data"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"), (0, b"Rar!\x1a\x07", "a rar archive"), (257, b"ustar\x00", "a tar archive"),
    (257, b"ustar  \x00", "a tar archive"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an OLE file (old Word, Excel or PowerPoint)"), (0, b"MSCF\x00", "a cabinet archive"),
    (0, b"{\\rtf1", "an RTF document"), (0, b"SQLite format 3\x00", "an SQLite database"), (0, b"PAR1\x15", "a Parquet file"),
    (0, b"\x7fELF", "a program"), (0, b"\xca\xfe\xba\xbe", "a program"), (0, b"\xcf\xfa\xed\xfe", "a program"),
    (0, b"\x00asm", "a program"), (0, b"dex\n03", "a program"), (0, b"wOF2\x00", "a font"), (0, b"wOFF\x00", "a font"),
    (0, b"OTTO\x00", "a font"), (0, b"\x00\x01\x00\x00\x00", "a font"), (0, b"ID3\x03", "sound"), (0, b"ID3\x04", "sound"),
    (0, b"OggS\x00", "sound or a film"), (0, b"fLaC\x00", "sound"), (0, b"FLV\x01", "a film"), (0, b"\x1aE\xdf\xa3", "a film"),
    (0, b"\x00\x00\x01\xba", "a film"),
)
#: Marks that need more than equal bytes. Fixed or bounded: linear.
_PATTERNS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"GIF8[79]a"), "a GIF image"), (re.compile(rb"%PDF-[12]\.[0-9]\s*[\r\n]"), "a PDF file"),
    (re.compile(rb"\x00\x00\x00.ftyp(?:avif|hei|mif)", re.DOTALL), "a HEIF image"),
    (re.compile(rb"\x00\x00\x00.ftyp", re.DOTALL), "a film"), (re.compile(rb"RIFF....WEBP", re.DOTALL), "a WebP image"),
    (re.compile(rb"RIFF....WAVE", re.DOTALL), "sound"), (re.compile(rb"RIFF....AVI ", re.DOTALL), "a film"),
    (re.compile(rb"BZh[1-9]1AY&SY"), "bzip2 data"), (re.compile(rb"BM....\x00\x00\x00\x00", re.DOTALL), "a bitmap image"),
    (re.compile(rb"MZ[^\n]{0,64}\x00"), "a program"),
    (re.compile(rb"[FC]WS[\x01-\x30]..[\x00-\x07]\x00", re.DOTALL), "a Flash film"),
)
#: Names that the first headers of a zip show, and what it then is.
_ZIPPED = (
    (b"word/", "a Word document"), (b"xl/", "an Excel sheet"), (b"ppt/", "a PowerPoint file"), (b"epub+zip", "an EPUB book"),
    (b"opendocument.text", "an OpenDocument text"), (b"opendocument", "an OpenDocument file"), (b"AndroidManifest", "a program"),
    (b"META-INF/", "a Java archive"), (b"[Content_Types].xml", "an Office document"),
)
_ZIP_HEAD = 4096        # bytes of a zip that are searched for names: Office writes its folder names in the first few headers

_SAMPLE = 2048          # characters at the start, the middle and the end of a text that are looked at first
#: C0 controls but tab, LF, VT, FF, CR and ESC, and DEL. One class: linear.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffd]")
_IS_BAD = np.array([_CONTROL.match(chr(c)) is not None for c in range(0x100)])
#: All bytes of UTF-8 but those of its controls of one byte.
_NO_CONTROL = bytes(c for c in range(0x100) if c >= 0x80 or not _IS_BAD[c])
#: A text is no text with this share of C0 controls, of this many kinds. The 85 pictures, programs and archives of the crawl,
#: decoded as Latin-1 or with U+FFFD, hold 2 to 73 %, of 20 to 28 kinds; its 3,900 pages of text 0.25 % at most, of 2 kinds.
#: Separators of databases (U+0001, U+001E) are many and of one kind or two.
_SHARE, _KINDS = 0.02, 8
#: Where the C0 controls are gone too: the ten most frequent printable ASCII characters make up 12 to 20 % of compressed data, 45 %
#: and more of any text but Base64 (20 %, but without the bad characters, of which such data keeps a tenth).
_COMMON, _BAD, _LEAST = 0.28, 0.1, 256


def find_kind(data: bytes) -> str | None:
    r"""What some bytes are, told by their first; None where they may be text.

    >>> find_kind(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), find_kind("GIF89a是一种图像格式".encode())
    ('a PNG image', None)
    """
    if data.startswith(b"PK\x03\x04"):
        head = data[:_ZIP_HEAD]
        return next((kind for name, kind in _ZIPPED if name in head), "a zip archive")
    for at, mark, kind in _MARKS:
        if data.startswith(mark, at):
            return kind
    if data.startswith(b"\xff\xff") and not data.strip(b"\xff"):
        return "a run of the byte 0xFF"
    for pattern, kind in _PATTERNS:
        if pattern.match(data) and not (kind == "a GIF image" and _reads(data[:64])):
            return kind
    return None


def _reads(head: bytes) -> bool:
    """Whether some bytes are UTF-8 without controls (one cut character apart), as a text about GIF89a is."""
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:
            return False
        text = head[:error.start].decode()
    return not _CONTROL.search(text)


#: Characters of a piece of a text.
_PIECE = 1 << 22


def is_garbled(text: str, data: bytes | None = None) -> str | None:
    r"""What bytes a text was made of, where they were no text: `a PNG image`, or `binary data`; None for text, good or garbled.

    Linear, and only three samples are looked at where they hold no bad character. `data` is the text in UTF-8 (with surrogates),
    where it is known.

    >>> is_garbled("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), is_garbled("响\x07铃"), is_garbled("ÖÐ¹ú")
    ('a PNG image', None, None)
    """
    if len(text) > _PIECE or data is None:
        holds = any(_may_hold_bad(piece, piece.encode("utf-8", "surrogatepass")) for piece in _pieces(text))
    else:
        holds = _may_hold_bad(text, data)
    if not holds:
        return None
    n = len(text)
    middle = max(0, n // 2 - _SAMPLE // 2)
    if not any(_holds_bad(text[a:a + _SAMPLE]) for a in {0, middle, max(0, n - _SAMPLE)}):
        return None
    if kind := _find_kind_of_text(text[:_ZIP_HEAD]):
        return kind
    if text.count("\ufffe") + text.count("\uffff") > _SHARE * n:      # no characters: a disk that was never written, as UTF-16
        return "binary data"
    low, lost = _count_low(text)
    controls = np.concatenate([low[:9], low[14:27], low[28:32], low[127:128]])
    if controls.sum() >= _SHARE * n and np.count_nonzero(controls) >= _KINDS:
        return "binary data"
    printable = low[33:127]
    bad = lost + int(low[0x80:0xA0].sum()) + int(controls.sum())
    if bad >= _BAD * n and printable.sum() >= _LEAST and np.sort(printable)[-10:].sum() < _COMMON * printable.sum():
        return "binary data"
    return None


def _pieces(text: str) -> Iterator[str]:
    """A text in pieces that are looked at one by one: of a document of 200 MB its bytes, and what they are, take 600."""
    return (text[a:a + _PIECE] for a in range(0, len(text), _PIECE))


def _count_low(text: str) -> tuple[NDArray[np.int64], int]:
    """How often each code point below U+0100 stands in a text, and U+FFFD."""
    low, lost = np.zeros(0x100, np.int64), 0
    for piece in _pieces(text):
        points = np.frombuffer(piece.encode("utf-32-le", "surrogatepass"), np.uint32)
        low += np.bincount(points[points < 0x100], minlength=0x100)
        lost += int((points == 0xFFFD).sum())
    return low, lost


def _may_hold_bad(text: str, data: bytes) -> bool:
    """Whether a text holds what `_holds_bad` looks for at all: searches in C, 1.1 ms a MB where samples by table take 3 to 5."""
    if data.translate(None, _NO_CONTROL) or "\ufffd" in text or "\ufffe" in text or "\uffff" in text:
        return True
    if b"\xc2" not in data:
        return False
    found = np.frombuffer(data, np.uint8)
    return bool(_IS_BAD[found[1:][found[:-1] == 0xC2]].any())       # U+0080 to U+00BF, told by their second byte


def _holds_bad(sample: str) -> bool:
    """Whether a sample holds a control, U+FFFD or what is no character: by table, six times as fast as a regex of one class."""
    points = np.frombuffer(sample.encode("utf-32-le", "surrogatepass"), np.uint32)
    return bool(_IS_BAD[points[points < 0x100]].any() or (points - 0xFFFD < 3).any())


def _find_kind_of_text(head: str) -> str | None:
    """The kind of bytes that a text begins with, where each became the character of its number, or U+FFFD."""
    for codec in ("latin-1", "cp1252"):
        data = head.encode(codec, "replace")
        if kind := find_kind(data):
            return kind
    if "\ufffd" in head[:16]:
        shown = head.encode("latin-1", "replace")
        for _, mark, kind in _MARKS:
            low = bytes(b if b < 0x80 else 0x3F for b in mark)
            if low != mark and len(low) - low.count(b"?") >= 3 and shown.startswith(low):
                return kind
        if shown[6:10] in (b"JFIF", b"Exif"):
            return "a JPEG image"
    return None
