"""The contest of charsets: each candidate reads the bytes, and the text that is the most plausible Chinese wins.

The rule of this file: readings are compared in nats over the same bytes (`chinese.plausibility`); what a declaration is worth is
added to that. Bytes that no Chinese candidate makes plausible are handed to chardet, which knows the rest of the world.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pipeline.chinese.plausibility import load_costs
from pipeline.errors import UndecodableError
from pipeline.read.charsets import CHARSETS, CHINESE, Charset, find_charset, find_codec, to_text

__all__ = [
    "BELIEVABLE", "MAX_BAD", "SHORT", "WINDOW", "Reading", "contest", "count_nats", "decode_strictly", "is_full_of_controls",
    "read_each", "read_sure",
]

WINDOW = 1 << 17            # bytes that the contest looks at: more changed no answer on the development files
#: Fewer bytes than these may be UTF-8 by accident (农业农 in GBK is ũҵũ): they enter the contest, with this bonus in nats
#: for every character of several bytes, about the chance that a pair of GBK bytes fits into UTF-8 (measured: 1 in 60).
SHORT = 32
STRICT_BONUS = 4.0
#: Nats that a declared charset is worth, for each byte beyond ASCII and once: half of what separates the runner-up from the winner
#: on 8 hanzi.
HINT = 0.4
HINT_ONCE = 5.0
#: Nats per character above which a text is not believed to be Chinese and chardet is asked. Lines of 8 hanzi or more:
#: 6.2 to 8.7 (95 of 100, 9,022 lines of crawled pages), right readings reached 9.9; wrong readings of Chinese bytes start at 11.
BELIEVABLE = 10.5
#: Nats that a Chinese reading is ahead of any other before the first byte is seen: this reads Chinese corpora.
PRIOR = 8.0
#: Below this confidence chardet guesses (development files: wrong answers up to 0.02, right ones from 0.11).
MIN_CONFIDENCE = 0.1
#: Share of characters that may be controls or come from bad bytes before bytes are called binary.
MAX_BAD = 0.1
#: Nats per character beyond ASCII up to which GB18030, read without a fault, is believed before any other charset is tried, and how
#: many such characters that takes. 95 of 100 pages of the crawl in GB18030 cost 6.9 to 8.1; statutes of Taiwan in Big5 read so 13.0
#: and more, and of the labelled files (development) none in another charset less than 9.8. Others are tried for 22 of 1,035 pages.
SURE, SURE_CHARS = 8.5, 100
_ASCII = bytes(range(0x80))
_TEXT = bytes(c for c in range(256) if not (c < 32 and c not in (9, 10, 12, 13, 27)))      # but controls that no text holds


class Reading(NamedTuple):
    """Some bytes as one charset shows them."""

    nats: float             # what is compared: cost a byte, with prior and hint
    encoding: str
    per_char: float         # the bare cost of a character


def contest(window: bytes, declared: str | None) -> str:
    """The most plausible codec for some bytes that are not strict UTF-8. Raises UndecodableError where there is none."""
    best = min(read_each(window, declared), default=None)
    if best is not None and best.per_char <= BELIEVABLE:
        return best.encoding
    if several := _find_several(window):
        return several
    if is_full_of_controls(window):
        raise UndecodableError("more than a tenth of these bytes are control characters: probably no text")
    if foreign := _ask_chardet(window):
        return foreign
    if best is None:
        raise UndecodableError("no known charset makes text of these bytes")
    return best.encoding


def is_full_of_controls(data: bytes) -> bool:
    """Whether more than `MAX_BAD` of the first bytes are controls that no text holds."""
    sample = data[:WINDOW]
    return len(sample.translate(None, _TEXT)) > MAX_BAD * len(sample)


def read_sure(window: bytes) -> str | None:
    """The text of some bytes, where they are GB18030 for sure."""
    text = decode_strictly(window, "gb18030")
    if not text:
        return None
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    points = points[points > 0x7F]
    price = find_charset("gb18030").price
    nats = load_costs()[points]
    sure = len(points) >= SURE_CHARS and price is not None and float(price(points, nats).mean(dtype=np.float64)) <= SURE
    return text if sure else None


def _ask_chardet(window: bytes) -> str | None:
    import chardet

    guess = chardet.detect(window)
    codec = find_codec(guess["encoding"])
    sure = codec and guess["confidence"] >= MIN_CONFIDENCE and decode_strictly(window, codec) is not None
    return codec if sure else None


def _find_several(window: bytes) -> str | None:
    """The charset of most lines, where each line by itself is believable Chinese in one of several; None where that is not so."""
    nats, n_chars, n_lines = 0.0, 0, Counter[str]()
    for row in window.split(b"\n")[:-1 if len(window) == WINDOW else None]:
        if not row.isascii():
            best = min(r for r in read_each(row, None, one_line=True) if r.encoding in CHINESE)
            n = len(to_text(row, best.encoding, "replace"))
            nats, n_chars = nats + n * best.per_char, n_chars + n
            n_lines[best.encoding] += 1
    return n_lines.most_common(1)[0][0] if len(n_lines) > 1 and nats <= BELIEVABLE * n_chars else None


def read_each(window: bytes, declared: str | None, *, one_line: bool = False) -> Iterator[Reading]:
    """What each candidate costs; `one_line` of a Chinese file has a contest among its like."""
    n_high = len(window.translate(None, _ASCII))    # bytes of which a hint says anything: markup is the same in every charset
    before, before_nats = "", 0.0
    for charset in _find_candidates(window, declared, one_line):
        if charset.only_if and not charset.only_if(before, before_nats):
            continue
        codec = charset.codec
        text = decode_strictly(window, codec)
        if text is None and (charset.lines or codec == declared):
            text = to_text(window, codec, "replace")
        before, before_nats = text or "", np.inf
        if not text:
            continue
        before_nats = nats = count_nats(text, codec)
        if codec == "utf-8" and len(window) < SHORT and "\ufffd" not in text:
            nats -= STRICT_BONUS * sum(c > "\x7f" for c in text)
        prior = 0.0 if charset.chinese else PRIOR
        hint = HINT_ONCE + HINT * (n_high if charset.unit == 1 else len(window)) if codec == declared else 0.0
        yield Reading((nats + prior - hint) / len(window), codec, nats / len(text))


def _find_candidates(window: bytes, declared: str | None, one_line: bool) -> Iterator[Charset]:
    """The charsets that some bytes may be in, and the one declared."""
    whole = len(window) < WINDOW
    candidates = [
        c for c in CHARSETS if c.tried and (c.one_line or not one_line) and not (whole and len(window) % c.unit)
    ]
    yield from candidates
    if declared and all(c.codec != declared for c in candidates):
        yield find_charset(declared)


def decode_strictly(window: bytes, codec: str) -> str | None:
    """Decode without a fault; a character cut by the end of the window is no fault."""
    for cut in range(4 if len(window) == WINDOW else 1):
        try:
            return to_text(window[:len(window) - cut], codec)
        except UnicodeDecodeError as error:
            if error.start < len(window) - 4:
                return None
        except (LookupError, UnicodeError) as error:
            if isinstance(error, LookupError) and find_charset(codec).tried:        # Python has it, and could not load it now
                raise
            return None
    return None


def count_nats(text: str, codec: str) -> float:
    """What a reading costs: the frequencies of Chinese, and what the charset says of other characters."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    nats, price = load_costs()[points], find_charset(codec).price
    return float((price(points, nats) if price else nats).sum(dtype=np.float64))
