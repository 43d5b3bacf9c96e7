"""Choose documents with SQL and write them as a corpus of their own.

    taosha clean PAGES... -o output/clean.parquet
    python duckdb_choose.py output/clean.parquet chosen.parquet
"""

import sys

import duckdb


def main(corpus: str, chosen: str) -> int:
    """Write the long documents of good quality; give how many there are."""
    with duckdb.connect() as base:
        base.read_parquet(corpus).create_view("corpus")
        base.sql("SELECT * FROM corpus WHERE n_chars >= 200 AND quality_score > 0.5 ORDER BY source, id").write_parquet(chosen)
        return len(base.read_parquet(chosen))


if __name__ == "__main__":
    print(main(*sys.argv[1:3]), "documents")
