"""Files under fire: valid ones of every format, mutated where it hurts, and what must hold for each.

    python -m tests.fuzz_files --minutes 10 --seed 1

Laws: a reader gives records, faults and counts and raises nothing; a file cut into spans says what the whole one does; a file of
options is read or is a UsageError; damaged audits, corpora and indexes are errors of their kind or give the same answer, never
another; a page of a report is written or refused. A file takes seconds of CPU at most. A finding prints its law, seed and place.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import shutil
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import cast

from pipeline.corpus.restored import restored_rows
from pipeline.errors import AuditError, IndexMismatchError, InputError, TaoshaError, UsageError
from pipeline.near.index import Index
from pipeline.options import load_check_options, load_options
from pipeline.read.paths import find_inputs
from pipeline.read.units import plan_units, read_unit
from pipeline.record import Fault, Left, Record
from pipeline.show.report import write_page
from tests.fuzz import CHARSETS, load_texts, main
from tests.run_corpus import clean, make_records, write_records

#: Seconds of CPU that one small file may take; by the clock a full machine was a finding once (13 s).
PATIENCE = 10.0
TOKENS = (
    b"{", b"}", b"[", b"]", b'"', b"\\", b"\\u0000", b"\\ud800", b",", b":", b"null", b"1e999", b"\n", b"\r\n", b"\r", b"\0",
    b"\xff\xfe", b"\xef\xbb\xbf", b"WARC/1.0\r\n", b"Content-Length: 99999999\r\n", b"Content-Length: -1\r\n",
    b"WARC-Type: response\r\n", b"\r\n\r\n", b"\x1f\x8b\x08", b"PK\x03\x04", b"PK\x05\x06", b"PAR1", b"ARROW1",
    b"\x28\xb5\x2f\xfd", b"<!doctype html>", b"<script>", b"</", b"<table>", b"&#x110000;", b"&#0;", b"<![CDATA[",
    b"<meta charset=utf-7>", b"../", b"\x1b[2J", b"=cmd()", b"[near]\n", b"'''", b"\t",
)


def write_warc(texts: list[str]) -> bytes:
    """Responses, one a text."""
    out = b""
    for n, text in enumerate(texts):
        page = f"<html><head><title>{n}</title></head><body><p>{text}</p></body></html>".encode("utf-8", "replace")
        http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page
        head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example/{n}\r\nContent-Type: application/http\r\n"
        out += head.encode() + f"Content-Length: {len(http)}\r\n\r\n".encode() + http + b"\r\n\r\n"
    return out


def write_zip(texts: list[str]) -> bytes:
    """Members, one a text."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for n, text in enumerate(texts):
            archive.writestr(f"{n}.{('txt', 'html', 'jsonl')[n % 3]}", text.encode("utf-8", "replace"))
    return file.getvalue()


def write_tar(texts: list[str]) -> bytes:
    """The same as a tar."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for n, text in enumerate(texts):
            data = text.encode("utf-8", "replace")
            info = tarfile.TarInfo(f"a/{n}.txt")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def write_parquet(texts: list[str]) -> bytes:
    """A table of texts."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = io.BytesIO()
    pq.write_table(pa.table({"id": [str(n) for n in range(len(texts))], "text": texts}), file)
    return file.getvalue()


def write_arrow(texts: list[str]) -> bytes:
    """The same as an Arrow file."""
    import pyarrow as pa

    file = io.BytesIO()
    table = pa.table({"id": [str(n) for n in range(len(texts))], "text": texts})
    with pa.ipc.new_file(file, table.schema) as out:
        out.write_table(table)
    return file.getvalue()


def _lines(texts: list[str]) -> bytes:
    return "".join(json.dumps({"id": str(n), "text": t}, ensure_ascii=bool(n % 2)) + "\n" for n, t in enumerate(texts)).encode()


def _zst(data: bytes) -> bytes:
    import zstandard

    return zstandard.compress(data)


FORMATS: dict[str, Callable[[list[str]], bytes]] = {
    "a.jsonl": _lines, "a.json": lambda t: json.dumps([{"text": x} for x in t], ensure_ascii=False).encode(),
    "a.csv": lambda t: ("id,text\n" + "".join(f'{n},"{x}"\n' for n, x in enumerate(t))).encode("utf-8", "replace"),
    "a.tsv": lambda t: ("id\ttext\n" + "".join(f"{n}\t{x}\n" for n, x in enumerate(t))).encode("utf-8", "replace"),
    "a.txt": lambda t: "\n".join(t).encode(CHARSETS[len(t) % len(CHARSETS)], "replace"),
    "a.html": lambda t: ("<html><body>" + "".join(f"<p>{x}</p>" for x in t) + "</body></html>").encode("utf-8", "replace"),
    "a.srt": lambda t: "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{x}\n\n" for n, x in enumerate(t)).encode(),
    "a.warc": write_warc, "a.warc.gz": lambda t: gzip.compress(write_warc(t), mtime=0), "a.zip": write_zip, "a.tar": write_tar,
    "a.tar.gz": lambda t: gzip.compress(write_tar(t), mtime=0), "a.parquet": write_parquet, "a.arrow": write_arrow,
    "a.jsonl.gz": lambda t: gzip.compress(_lines(t), mtime=0), "a.jsonl.zst": lambda t: _zst(_lines(t)),
}


def damage(data: bytes, r: random.Random) -> bytes:
    """Bytes changed, cut, doubled, moved; tokens of formats put in; lengths made wrong."""
    out = bytearray(data)
    for _ in range(r.choice((0, 1, 1, 2, 4, 12))):
        at, n = r.randint(0, len(out)), r.choice((1, 2, 8, 100, 2000))
        way = r.randrange(6)
        if way == 0 and out:
            out[at % len(out)] = r.randrange(256)
        elif way == 1:
            del out[at:at + n]
        elif way == 2:
            out[at:at] = out[at:at + n]
        elif way == 3:
            out[at:at] = r.choice(TOKENS)
        elif way == 4:
            out = out[:at]
        else:
            piece = bytes(out[at:at + n])
            del out[at:at + n]
            to = r.randint(0, len(out))
            out[to:to] = piece
    return bytes(out)


def check_reader(path: Path) -> str | None:
    """The law that reading a file breaks."""
    begun = time.process_time()
    try:
        listing = find_inputs([str(path)])
        for unit in plan_units(listing.inputs):
            for item in cast(Iterable[object], read_unit(unit)):
                if not isinstance(item, Record | Fault | Left):
                    return f"a reader gives {type(item)}"
                if isinstance(item, Record):
                    item.original.encode()
                elif isinstance(item, Fault):
                    json.dumps(item.as_row()).encode()
                    if "\n" in item.message or not item.message:
                        return f"a message of {item.message.count(chr(10))} lines"
    except UsageError:
        return None
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    return f"{time.process_time() - begun:.0f} s" if time.process_time() - begun > PATIENCE else None


def check_options(path: Path) -> str | None:
    """The law that reading options breaks."""
    for load in (load_options, load_check_options):
        try:
            load(path)
        except UsageError as error:
            if "\n" in str(error):
                return f"a message of many lines: {error}"[:200]
        except Exception as error:
            return f"{type(error).__name__}: {error}"[:300]
    return None


class Run:
    """A run and an index, whole, to be damaged one file at a time."""

    def __init__(self, folder: Path) -> None:
        self.top = folder
        source = write_records(folder / "in.jsonl", make_records(12))
        clean(source, folder / "whole")
        self.expected = {row["id"]: sha256(row["text"].encode()).hexdigest() for row in self._restore(folder / "whole")}
        self.texts = [row["text"] for row in self._restore(folder / "whole")]
        index = Index.create(folder / "index")
        index.extend((str(n), text) for n, text in enumerate(self.texts))
        self.answer = [found and found.id for found in Index.open(folder / "index").query(self.texts)]

    @staticmethod
    def _restore(folder: Path) -> Iterator[dict[str, str]]:
        yield from restored_rows(folder / "audit.jsonl", folder / "clean.jsonl")

    def damage_one(self, name: str, r: random.Random) -> Path:
        """A copy of one of the two with one damaged file."""
        folder = self.top / "damaged"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.top / name, folder)
        others = ("lock", "README.md", "croissant.json")
        path = r.choice(sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in others))
        path.write_bytes(damage(path.read_bytes(), r))
        return folder

    def check_restore(self, folder: Path) -> str | None:
        """What is given out is what it was, or an error comes in the end: a row that took the end of another has its digest too."""
        law = None
        try:
            for row in self._restore(folder):
                if row["id"] in self.expected and sha256(row["text"].encode()).hexdigest() != self.expected[row["id"]]:
                    law = f"another text of {row['id']}"
        except (AuditError, InputError):
            return None
        except Exception as error:
            return f"{type(error).__name__}: {error}"[:300]
        return law

    def check_report(self, folder: Path) -> str | None:
        """A page or an error of ours."""
        try:
            write_page(folder, folder / "report.html")
        except TaoshaError:
            return None
        except Exception as error:
            return f"{type(error).__name__}: {error}"[:300]
        return None

    def check_index(self, folder: Path) -> str | None:
        """The same answers or an error of ours."""
        try:
            found = [seen and seen.id for seen in Index.open(folder).query(self.texts)]
        except (IndexMismatchError, InputError):
            return None
        except Exception as error:
            return f"{type(error).__name__}: {error}"[:300]
        return None if found == self.answer else "another answer"


def fuzz(minutes: float, seed: int, most: int = 20) -> Iterator[str]:
    """Findings as they are made, one of a kind; the counts at the end."""
    texts, end, n, seen = [t for t in load_texts() if len(t) < 3000], time.monotonic() + 60 * minutes, 0, set[str]()
    usual = (Path(__file__).parents[1] / "taosha.example.toml").read_bytes()
    print(f"fuzz_files: seed {seed}, {len(texts):,} texts to start from", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = Run(folder)
        while time.monotonic() < end and len(seen) < most:
            own = seed * 1_000_000 + n
            r = random.Random(own)
            n += 1
            kind, law = _try_one(folder, run, texts, usual, r)
            told = f"{kind}: {law}"
            if law and told[:60] not in seen:
                seen.add(told[:60])
                yield f"{told} (seed {own})"
    print(f"fuzz_files: seed {seed}, {n:,} files, {len(seen)} findings", flush=True)


def _try_one(folder: Path, run: Run, texts: list[str], usual: bytes, r: random.Random) -> tuple[str, str | None]:
    """One damaged file, and the law that it breaks."""
    kind = r.choice([*FORMATS, "options", "restore", "report", "index"])
    if kind == "options":
        path = folder / "taosha.toml"
        path.write_bytes(damage(usual, r))
        return kind, check_options(path)
    if kind == "index":
        return kind, run.check_index(run.damage_one("index", r))
    if kind in ("restore", "report"):
        damaged = run.damage_one("whole", r)
        return kind, run.check_restore(damaged) if kind == "restore" else run.check_report(damaged)
    chosen = [t.encode("utf-8", "replace").decode() for t in r.sample(texts, r.randint(1, min(6, len(texts))))]
    path = folder / kind
    path.write_bytes(damage(FORMATS[kind](chosen), r))
    return kind, check_reader(path)


if __name__ == "__main__":
    sys.exit(main(fuzz))
