"""Cleaning under fire: texts mutated from real ones, and the laws that must hold for each.

    python -m tests.fuzz --minutes 10 --seed 1

Texts come from `../shared` where it is there, and from the cases of this repository. A finding prints its law, its seed and a
text made as small as still breaks the law; the exit code says whether there was any. Laws: replay, restore, coverage, idempotence,
a batch that changes nothing, words of metadata that rest, near-duplicates the same in either order, and
`decode` raising nothing but UndecodableError.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline import clean_text, clean_texts, decode, near_duplicates
from pipeline.account import edit_rows, replay, restore
from pipeline.cleaning import WORDS as WORDS_OF_PAGE
from pipeline.errors import UndecodableError
from pipeline.stages import STAGES
from tests.chinese import DIRT, EDGES, FURNITURE, PUNCTUATION, READINGS, WORDS

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
MISREAD = (
    ("utf-8", "gb18030"), ("utf-8", "cp1252"), ("gb18030", "latin-1"), ("utf-8", "big5hkscs"), ("utf-8", "latin-1"),
    ("big5hkscs", "gb18030"),
)
CHARSETS = ("utf-8", "gb18030", "big5hkscs", "utf-16", "utf-16-be", "utf-32", "hz", "cp1252")
VARIANTS = str.maketrans("家具了着干发后里面只群台云国学说这个会来时", "傢俱瞭著乾發後裏麵祇羣臺雲國學說這個會來時")


def load_texts(limit: int = 3000) -> list[str]:
    """Real texts of at most some thousand characters: of the cases, and where it is there, of the corpora and the crawl."""
    texts: list[str] = []
    files = [*sorted((ROOT / "tests/cases").glob("*.jsonl")), *sorted((SHARED / "data/dev").glob("*.jsonl"))]
    for path in files:
        for row in path.read_text("utf-8").split("\n"):
            values = json.loads(row).values() if row else ()
            texts += [v for v in values if isinstance(v, str) and len(v) > 3]
    try:
        import zstandard
    except ImportError:
        return texts
    for path in (*sorted((SHARED / "data/corpora").glob("*.zst")), *(SHARED / "data/crawl").glob("crawl_text.jsonl.zst")):
        with path.open("rb") as raw, zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(raw) as stream:
            rows = stream.read(6 << 20).decode("utf-8", "ignore").split("\n")[:-1]
        texts += [json.loads(row)["text"] for row in rows[::max(1, len(rows) // limit)]]
    return texts


class Mutator:
    """Makes texts out of texts: cut, doubled, mixed, converted, dirtied."""

    def __init__(self, texts: list[str], seed: int) -> None:
        import opencc

        self.random, self.texts = random.Random(seed), texts
        self.convert = [opencc.OpenCC(name).convert for name in ("s2t", "s2twp", "s2hk", "t2s")]

    def make(self) -> str:
        """One text."""
        r = self.random
        text = self.slice(1500)
        for _ in range(r.choice((0, 1, 1, 2, 3, 5))):
            text = r.choice(self.ways)(self, text)
        return text[:6000].encode("utf-8", "ignore").decode()

    def slice(self, size: int) -> str:
        """A stretch of a real text, whole lines or not."""
        r = self.random
        text = r.choice(self.texts)
        if r.random() < 0.5:
            lines = text.split("\n")
            first = r.randrange(len(lines))
            return "\n".join(lines[first:first + r.randint(1, 30)])[:size]
        start = r.randrange(len(text))
        return text[start:start + r.randint(1, size)]

    def insert(self, text: str) -> str:
        """Things that stages look for, at any place."""
        for _ in range(self.random.randint(1, 8)):
            at = self.random.randint(0, len(text))
            piece = self.random.choice(self.random.choice((EDGES, DIRT, FURNITURE, READINGS, WORDS, PUNCTUATION)))
            text = text[:at] + piece + text[at:]
        return text

    def double(self, text: str) -> str:
        """A body told twice: in the other script, cut short, with something taken out."""
        other = self.random.choice((self.script, self.drop, self.respell, lambda t: t))(text)
        return text + self.random.choice(("\n", "\n\n", "", "。")) + other

    def script(self, text: str) -> str:
        """Another script, all of it or a part."""
        convert: Callable[[str], str] = self.random.choice(self.convert)
        a, b = sorted((self.random.randint(0, len(text)), self.random.randint(0, len(text))))
        return convert(text) if self.random.random() < 0.5 else text[:a] + convert(text[a:b]) + text[b:]

    def respell(self, text: str) -> str:
        """Single characters in wrong or rare traditional forms."""
        return "".join(c.translate(VARIANTS) if self.random.random() < 0.5 else c for c in text)

    def drop(self, text: str) -> str:
        """A few stretches taken out."""
        for _ in range(self.random.randint(1, 6)):
            at = self.random.randint(0, len(text))
            text = text[:at] + text[at + self.random.randint(1, 20):]
        return text

    def garble(self, text: str) -> str:
        """Mojibake of a part."""
        right, wrong = self.random.choice(MISREAD)
        a, b = sorted((self.random.randint(0, len(text)), self.random.randint(0, len(text))))
        return text[:a] + text[a:b].encode(right, "ignore").decode(wrong, self.random.choice(("replace", "ignore"))) + text[b:]

    def mix(self, text: str) -> str:
        """Lines of another text between."""
        lines, others = text.split("\n"), self.slice(600).split("\n")
        at = self.random.randint(0, len(lines))
        return "\n".join([*lines[:at], *others, *lines[at:]])

    def read(self, text: str) -> str:
        """Readings behind characters."""
        from pipeline.stages.pinyin.readings import load_table

        table = [(syllable, hanzi) for syllable, hanzi in load_table().items() if syllable.isascii()]
        out = []
        for c in text:
            out.append(c)
            if "\u4e00" <= c <= "\u9fff" and self.random.random() < 0.05:
                own = [s for s, hanzi in self.random.sample(table, 60) if c in hanzi]
                out.append(self.random.choice(("({})", "（{}）", "({}1)", "({}) ")).format((own or ["a"])[0]))
        return "".join(out)

    def shuffle(self, text: str) -> str:
        """The lines in another order."""
        lines = text.split("\n")
        self.random.shuffle(lines)
        return "\n".join(lines)

    ways = (insert, insert, insert, double, double, script, respell, drop, garble, mix, read, shuffle)


def check_text(text: str) -> str | None:
    """The law that one text breaks, with what was seen, or None."""
    try:
        once = clean_text(text)
        rows = edit_rows(once.edits)
        if replay(once.original, rows) != once.text:
            return "replay"
        if restore(once.text, rows) != text:
            return "restore"
        if not is_covered(text, once.text, [(e.first, e.last) for e in once.edits]):
            return "coverage"
        again = clean_text(once.text)
        if again.text != once.text or again.edits:
            return "idempotence"
        if any(note == "unsettled" for note, _ in once.notes):
            return "settles"
    except Exception as error:
        return f"no exception: {type(error).__name__}: {error}"[:200]
    return None


def is_covered(text: str, clean: str, spans: list[tuple[int, int]]) -> bool:
    """Whether every character outside all spans survives, in order."""
    covered = bytearray(len(text))
    for first, last in spans:
        covered[first:last] = b"\1" * (last - first)
    rest = iter(clean)
    return all(gone or any(c == character for c in rest) for character, gone in zip(text, covered, strict=True))


def check_words(text: str) -> str | None:
    """The words of metadata rest: what is done to words of the text was done to them."""
    late = [stage.name for stage in STAGES if stage.words]
    for key, value in clean_text(text).metadata.items():
        if key in WORDS_OF_PAGE and clean_text(value, stages=late).text != value:
            return f"words of {key}"
    return None


def check_batch(texts: list[str]) -> str | None:
    """What stands beside a text changes nothing."""
    together = clean_texts(texts)
    for text, result in zip(texts, together, strict=True):
        if clean_text(text) != result:
            return "batch"
    return None


def check_near(texts: list[str]) -> str | None:
    """Two texts are duplicates or are not, whichever stands first; three in any order give as many groups."""
    kept = sum(x is None for x in near_duplicates(texts))
    return None if kept == sum(x is None for x in near_duplicates(texts[::-1])) else "near-duplicates in either order"


def check_bytes(data: bytes) -> str | None:
    """Bytes are text or are not; nothing else is raised."""
    try:
        decode(data)
    except UndecodableError:
        pass
    except Exception as error:
        return f"decode: {type(error).__name__}: {error}"[:200]
    return None


def shrink(text: str, law: Callable[[str], str | None], seconds: float = 20) -> str:
    """The text with all taken out that the breaking of its law does not need."""
    wanted, end = law(text), time.monotonic() + seconds
    size = max(1, len(text) // 2)
    while size:
        at = 0
        while at < len(text):
            if time.monotonic() > end:
                return text
            less = text[:at] + text[at + size:]
            if less and law(less) == wanted:
                text = less
            else:
                at += size
        size //= 2
    return text


def shrink_list(texts: list[str], law: Callable[[list[str]], str | None]) -> list[str]:
    """The texts without those that the breaking of their law does not need."""
    for i in range(len(texts) - 1, -1, -1):
        less = texts[:i] + texts[i + 1:]
        if less and law(less):
            texts = less
    for i in range(len(texts)):
        texts[i] = shrink(texts[i], lambda t, i=i: law([*texts[:i], t, *texts[i + 1:]]), 10)      # type: ignore[misc]
    return texts


def garble_bytes(text: str, r: random.Random) -> bytes:
    """The bytes of a text in some charset, cut and with some changed."""
    data = bytearray(text.encode(r.choice(CHARSETS), "ignore"))
    for _ in range(r.choice((0, 0, 1, 3, 20)) if data else 0):
        data[r.randrange(len(data))] = r.randrange(256)
    return bytes(data[r.randint(0, 2):len(data) - r.randint(0, 2)])


def fuzz(minutes: float, seed: int, most: int = 10) -> Iterator[str]:
    """Findings, at most `most`, as they are made; the counts at the end."""
    texts, end, n, findings = load_texts(), time.monotonic() + 60 * minutes, 0, 0
    print(f"fuzz: seed {seed}, {len(texts):,} texts to start from", flush=True)
    while time.monotonic() < end and findings < most:
        own = seed * 1_000_000 + n
        make = Mutator(texts, own)
        n += 1
        batch = [make.make() for _ in range(make.random.choice((2, 2, 3, 5, 9)))]
        batch += make.random.sample(EDGES, 2)
        make.random.shuffle(batch)
        seen = [(text, law, check) for text in batch for check in (check_text, check_words) if (law := check(text))]
        for text, law, check in seen[:1]:
            findings += 1
            yield f"{law} (seed {own}): {shrink(text, check)!r}"
        for check_all in () if seen else (check_batch, check_near):
            if law := check_all(batch):
                findings += 1
                yield f"{law} (seed {own}): {shrink_list(batch, check_all)!r}"
        data = garble_bytes(batch[0], make.random)
        if law := check_bytes(data):
            findings += 1
            yield f"{law} (seed {own}): {data!r}"
    print(f"fuzz: seed {seed}, {n:,} batches, {findings} findings", flush=True)


def main(find: Callable[[float, int], Iterator[str]] = fuzz) -> int:
    """Run; 0 where every law held."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    broken = 0
    for finding in find(options.minutes, options.seed):
        broken += 1
        print(finding, flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
