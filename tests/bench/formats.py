"""What each input format costs over plain JSON Lines of the same text: CPU milliseconds a MB of text, reading alone.

    python -m tests.bench.formats --crawl FOLDER [--megabytes N]

The formats are read in turn, five times; medians.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import statistics
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from pipeline.read.paths import find_inputs
from pipeline.read.units import plan_units, read_unit
from tests.bench.throughput import find, load

REPEATS = 5


def write_all(rows: list[dict[str, str]], folder: Path) -> list[Path]:
    """The same documents in every format."""
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    (folder / "x.jsonl").write_bytes(lines)
    (folder / "x.jsonl.gz").write_bytes(gzip.compress(lines))
    (folder / "x.jsonl.zst").write_bytes(zstandard.compress(lines))
    (folder / "x.json").write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, folder / "x.parquet")
    with pa.ipc.new_file(folder / "x.arrow", table.schema) as writer:
        writer.write_table(table)
    for suffix, comma in (("csv", ","), ("tsv", "\t")):
        with open(folder / f"x.{suffix}", "w", encoding="utf-8", newline="") as file:
            sheet = csv.DictWriter(file, list(rows[0]), delimiter=comma)
            sheet.writeheader()
            sheet.writerows(rows)
    with tarfile.open(folder / "x.tar", "w") as tar, zipfile.ZipFile(folder / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for row in rows:
            data = row["text"].encode()
            info = tarfile.TarInfo(f"{row['id']}.txt")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
            archive.writestr(f"{row['id']}.txt", data)
    return sorted(folder.iterdir(), key=lambda path: (path.name != "x.jsonl", path.name))


def read(path: Path) -> float:
    """CPU seconds of reading a file, all records of it."""
    before = time.process_time()
    for unit in plan_units(find_inputs([str(path)]).inputs):
        for _ in read_unit(unit):
            pass
    return time.process_time() - before


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--crawl", type=Path)
    parser.add_argument("--megabytes", type=float, default=40)
    args = parser.parse_args()
    source = find(args.crawl, ("crawl_text.jsonl",)) if args.crawl else None
    if source is None:
        print("bench: no crawl_text.jsonl; give its folder with --crawl, skipped")
        sys.exit(0)
    rows = [json.loads(line) for line in load(source, args.megabytes)]
    rows = [{key: str(row[key]) for key in ("id", "source", "text")} for row in rows]
    size = sum(len(row["text"].encode()) for row in rows) / 1e6
    with tempfile.TemporaryDirectory() as folder:
        paths = write_all(rows, Path(folder))
        times: dict[str, list[float]] = {path.name: [] for path in paths}
        for path in paths:      # what is loaded at first use
            read(path)
        for _ in range(REPEATS):
            for path in paths:
                times[path.name].append(read(path))
    plain = statistics.median(times["x.jsonl"])
    print(f"reading {len(rows):,} documents, {size:.1f} MB of text, medians of {REPEATS} in turn")
    for name, own in times.items():
        taken = statistics.median(own)
        print(f"  {name[2:]:10s} {1000 * taken / size:7.1f} ms/MB, {taken / plain:5.2f} times JSON Lines")


if __name__ == "__main__":
    main()
