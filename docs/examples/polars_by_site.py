"""Ask a corpus with polars: how much each site gave, and how good it is. Of Parquet only the columns that are named are read.

    taosha clean PAGES... -o output/clean.parquet
    python polars_by_site.py output/clean.parquet
"""

import sys

import polars as pl


def main(corpus: str) -> pl.DataFrame:
    """A row a site, the largest first."""
    site = pl.col("source").str.extract(r"^[a-z]+://([^/]+)").fill_null("")
    return (
        pl.scan_parquet(corpus)
        .group_by(site.alias("site"))
        .agg(pl.len().alias("documents"), pl.col("n_chars").sum(), pl.col("quality_score").mean().round(3))
        .sort("n_chars", "site", descending=[True, False])
        .collect()
    )


if __name__ == "__main__":
    print(main(sys.argv[1]))
