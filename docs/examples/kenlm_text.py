"""Make the text that `lmplz` of KenLM reads of a corpus: a sentence a line, words with a blank between.

    python kenlm_text.py output/clean.parquet | lmplz -o 3 > model.arpa
"""

import re
import sys
from collections.abc import Iterator

import pyarrow.parquet as pq
import rjieba

# Up to the end of a sentence with the quotes that close it, or to the end of the line. One class, then its complement: linear.
SENTENCE = re.compile(r"[^。！？…\n]+[。！？…]*[”’』」）]*")
WORD = re.compile(r"\w")


def main(corpus: str) -> Iterator[str]:
    """The sentences, without punctuation."""
    for batch in pq.ParquetFile(corpus).iter_batches(1000, columns=["text"]):
        for text in batch["text"].to_pylist():
            for sentence in SENTENCE.findall(text):
                if words := [word for word in rjieba.cut(sentence) if WORD.search(word)]:
                    yield " ".join(words)


if __name__ == "__main__":
    for line in main(sys.argv[1]):
        print(line)
