"""Pack a corpus into tar files as WebDataset reads them: of each document `KEY.txt` and `KEY.json`.

    python webdataset_shards.py output/clean.parquet shards/
"""

import sys
from pathlib import Path

import pyarrow.parquet as pq
import webdataset

COLUMNS = ["id", "source", "title", "published", "language", "quality_score"]


def main(corpus: str, folder: Path, most: int = 10_000) -> int:
    """Write shards of so many documents at most; give how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    number = 0
    with webdataset.ShardWriter(str(folder / "clean-%06d.tar"), maxcount=most, verbose=0) as shards:
        for batch in pq.ParquetFile(corpus).iter_batches(1000, columns=["text", *COLUMNS]):
            for row in batch.to_pylist():
                shards.write({"__key__": f"{number:09d}", "txt": row.pop("text"), "json": row})
                number += 1
    return number


if __name__ == "__main__":
    print(main(sys.argv[1], Path(sys.argv[2])), "documents")
