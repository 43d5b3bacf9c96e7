"""Train a tokenizer of bytes on a corpus, document by document: it is never in memory as a whole.

    python train_tokenizer.py output/clean.parquet tokenizer.json
"""

import sys
from collections.abc import Iterator

import pyarrow.parquet as pq
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers


def read_texts(corpus: str) -> Iterator[list[str]]:
    """The texts, some at a time."""
    for batch in pq.ParquetFile(corpus).iter_batches(1000, columns=["text"]):
        yield batch["text"].to_pylist()


def main(corpus: str, size: int = 8000) -> Tokenizer:
    """A byte-pair encoding: whatever a text holds, it comes back to the byte."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=["<|end|>"], initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(read_texts(corpus), trainer)
    return tokenizer


if __name__ == "__main__":
    main(sys.argv[1]).save(sys.argv[2])
