"""Clean a data set of Hugging Face in place, batch by batch, with as many processes as `map` is told to use.

    python hugging_face_map.py PAGES.jsonl
"""

import sys

from datasets import Dataset, load_dataset

from pipeline import clean_texts


def clean_batch(batch: dict[str, list[str]]) -> dict[str, list[str]]:
    """The columns that cleaning makes of a batch."""
    cleaned = clean_texts(batch["text"])
    return {"text": [c.text for c in cleaned], "published": [c.metadata.get("published", "") for c in cleaned]}


def main(pages: Dataset) -> Dataset:
    """The pages, cleaned, without those of which nothing is left."""
    cleaned = pages.map(clean_batch, batched=True, batch_size=256)
    return cleaned.filter(lambda batch: [bool(text) for text in batch["text"]], batched=True)


if __name__ == "__main__":
    print(main(load_dataset("json", data_files=sys.argv[1], split="train")))
