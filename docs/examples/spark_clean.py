"""Clean a column of a Spark data frame: for those who have one already, and want nothing but the text.

    spark-submit spark_clean.py PAGES.parquet CLEAN.parquet

Near-duplicates need a view of the whole corpus, which a function over rows has not: `taosha clean` finds them.
"""

import sys
from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import arrow_udf
from pyspark.sql.types import StringType


@arrow_udf(StringType())
def clean_column(batches: Iterator[pa.Array]) -> Iterator[pa.Array]:
    """Each text of the column, cleaned. Kernels are loaded once a worker, by the first batch."""
    from pipeline import clean_texts

    for texts in batches:
        yield pa.array([cleaned.text for cleaned in clean_texts([text or "" for text in texts.to_pylist()])], pa.string())


def main(pages: DataFrame) -> DataFrame:
    """The pages, cleaned, without those of which nothing is left."""
    return pages.withColumn("text", clean_column("text")).where("text <> ''")


if __name__ == "__main__":
    spark = SparkSession.builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", 2000).getOrCreate()
    main(spark.read.parquet(sys.argv[1])).write.parquet(sys.argv[2])
