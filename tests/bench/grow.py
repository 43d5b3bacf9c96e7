"""A crawl of any size out of one that is there: repeated and mutated, streamed, and never stored as it is.

    python -m tests.bench.grow CRAWL OUT.warc.gz GIGABYTES [--seed N]       also OUT.warc.zst, and OUT.jsonl.zst from a .jsonl

Each page keeps its markup and what other pages have too (menus, notices); every sentence and phrase that it alone has is replaced
by one of another page, so that next to none is a duplicate of another. Gigabytes are those of the bodies, before compression.
"""

from __future__ import annotations

import argparse
import io
import random
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import urlsplit

import orjson

from pipeline.read.charset import decode_bytes

__all__ = ["grow", "write_grown"]

#: Repetitions over which a host stays the same: then each site has this many times as many pages, and there are more sites.
SAME_HOST = 8
# Scripts and styles, which stay, or the text between two tags. `.*?` ends at a fixed word; the class excludes what ends it: linear.
_NODES = re.compile(r"<(script|style)\b.*?</\1|>([^<>]{4,})(?=<)", re.S | re.I)
_SENTENCE = re.compile(r"[^。！？\n]+[。！？\n]?")       # one class, then its complement: linear
_HANZI = re.compile(r"[\u4e00-\u9fff]{4}")


class _Page(NamedTuple):
    """A page: what stays, and between two pieces of it one that is replaced, a sentence or a phrase."""

    address: str
    stays: list[bytes]
    is_sentence: list[bool]
    charset: str


def _pieces(text: str, is_markup: bool) -> Iterator[tuple[int, int]]:
    """The sentences and phrases of a page."""
    nodes = ((m.start(2), m[2]) for m in _NODES.finditer(text) if m[2]) if is_markup else ((0, text),)
    for start, node in nodes:
        for found in _SENTENCE.finditer(node):
            if _HANZI.search(found[0]):
                yield start + found.start(), start + found.end()


def _read(crawl: Path) -> Iterator[tuple[str, bytes]]:
    """Addresses and bodies."""
    if ".jsonl" in crawl.suffixes:
        for line in crawl.read_bytes().splitlines():
            row = orjson.loads(line)
            yield row["source"], row["text"].encode()
        return
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    data = crawl.read_bytes()
    if crawl.suffix == ".zst":
        import zstandard

        data = zstandard.ZstdDecompressor().stream_reader(data).readall()
    for record in ArchiveIterator(io.BytesIO(data), record_types=WarcRecordType.response):
        yield record.headers.get("WARC-Target-URI") or "", record.reader.read()


def _load(crawl: Path) -> tuple[list[_Page], list[str], list[str]]:
    """Pages, and all sentences and phrases that are replaced in them."""
    is_markup = ".jsonl" not in crawl.suffixes
    texts = []
    for address, data in _read(crawl):
        try:
            decoded = decode_bytes(data)
        except Exception:       # a picture, for example
            continue
        texts.append((address, decoded.text, decoded.encoding if is_markup else "utf-8"))
    times = Counter(text[a:b].strip() for _, text, _ in texts for a, b in _pieces(text, is_markup))
    pages, sentences, phrases = list[_Page](), list[str](), list[str]()
    for address, text, charset in texts:
        charset = charset if charset in ("utf-8", "gb18030", "gbk", "big5") else "utf-8"
        stays, kinds, at = list[bytes](), list[bool](), 0
        for a, b in _pieces(text, is_markup):
            piece = text[a:b]
            if times[piece.strip()] > 1:
                continue
            kinds.append(piece[-1] in "。！？")
            (sentences if kinds[-1] else phrases).append(piece)
            stays.append(text[at:a].encode(charset, "replace"))
            at = b
        pages.append(_Page(address, [*stays, text[at:].encode(charset, "replace")], kinds, charset))
    return pages, sentences, phrases


def grow(crawl: Path, n_bytes: int, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """Addresses and bodies of so many bytes in all."""
    dice = random.Random(seed)
    pages, sentences, phrases = _load(crawl)
    made = turn = 0
    while True:
        for page in pages:
            body = _mutate(page, sentences, phrases, dice)
            made += len(body)
            if made > n_bytes:
                return
            host = urlsplit(page.address).netloc
            yield page.address.replace(host, f"r{turn // SAME_HOST}.{host}", 1) + f"?turn={turn}", body
        turn += 1


def _mutate(page: _Page, sentences: Sequence[str], phrases: Sequence[str], dice: random.Random) -> bytes:
    out = [page.stays[0]]
    for is_sentence, after in zip(page.is_sentence, page.stays[1:], strict=True):
        pool = sentences if is_sentence else phrases
        out += (pool[int(dice.random() * len(pool))].encode(page.charset, "replace"), after)
    return b"".join(out)


def _warc_record(address: str, body: bytes) -> bytes:
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: 2019-10-20T00:00:00Z\r\nWARC-Target-URI: {address}\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http) + len(body)}\r\n\r\n"
    )
    return head.encode() + http + body + b"\r\n\r\n"


def _json_line(address: str, body: bytes) -> bytes:
    return orjson.dumps({"source": address, "text": body.decode()}, option=orjson.OPT_APPEND_NEWLINE)


@contextmanager
def _pressed(path: Path) -> Iterator[Callable[[bytes], object]]:
    """What takes records to a file: each a gzip member of its own, as the standard of WARC wants it, or all of one zstd frame."""
    file: IO[bytes]
    with open(path, "wb", buffering=1 << 20) as file:
        if path.suffix == ".gz":
            def member(record: bytes) -> None:
                press = zlib.compressobj(1, wbits=31)
                file.write(press.compress(record) + press.flush())

            yield member
        elif path.suffix == ".zst":
            import zstandard

            with zstandard.ZstdCompressor(1).stream_writer(file, closefd=False) as writer:
                yield writer.write
        else:
            yield file.write


def write_grown(crawl: Path, out: Path, n_bytes: int, seed: int = 1) -> int:
    """Write a crawl of so many bytes; give the number of its records."""
    n = 0
    as_record = _json_line if ".jsonl" in out.suffixes else _warc_record
    with _pressed(out) as write:
        for address, body in grow(crawl, n_bytes, seed):
            write(as_record(address, body))
            n += 1
    return n


def main() -> None:
    """Write one, and say how many records it has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("crawl", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("gigabytes", type=float)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    n = write_grown(args.crawl, args.out, int(args.gigabytes * 1e9), args.seed)
    print(f"{args.out}: {n:,} records, {args.gigabytes} GB, {args.out.stat().st_size / 1e9:.2f} GB on disk, seed {args.seed}")


if __name__ == "__main__":
    main()
