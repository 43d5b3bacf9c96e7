"""Make `pipeline/data/signals_letters.npz`: how much commoner three letters are in English than in groups of other languages.

    python -m tools.make_letters /usr/share/locale PYTHON_FILES

The messages of installed programs, each in English and in other languages, and the docstrings of Python files for longer English.
Half of the catalogues are read (by a hash of their names); the others are for measuring. Domain `iso_` is left out: it is names.
"""

from __future__ import annotations

import argparse
import gettext
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.signals.letters import find_words, read_threes

#: One table each; English must be likelier than under all.
GROUPS = (
    ("fr",), ("de", "nl"), ("es", "pt", "ca", "gl", "it", "ro"), ("sv", "nb", "da"), ("pl", "cs", "hr", "sl", "sk"),
    ("tr", "et", "lt", "fi", "hu", "id", "eu"),
)
_MARKUP = re.compile(r"%[-\d.$l]*[a-zA-Z]|\\n|\{.*?\}|<.*?>|--?[a-z][\w-]*|\$\w+|[_&]")
_DOCSTRING = re.compile(r'"""([\s\S]*?)"""')
_RARE, _SCALE, _PROSE = 3e-6, 16, 600_000


def main() -> None:
    """Read the catalogues and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("locales", type=Path)
    parser.add_argument("python", type=Path)
    options = parser.parse_args()
    english: set[str] = set()
    others = []
    for group in GROUPS:
        shares = []
        for language in group:
            pairs = dict(read_messages(options.locales / language / "LC_MESSAGES"))
            english.update(pairs.values())
            counts = count(pairs)
            shares.append(counts / counts.sum())
        others.append(sum(shares) / len(shares))
    own = count(sorted(english)) + 2 * count(read_docstrings(options.python), _PROSE)
    table = np.log((own / own.sum() + _RARE) / (np.stack(others) + _RARE))
    out = Path(__file__).parent.parent / "pipeline" / "data" / "signals_letters.npz"
    np.savez_compressed(out, english=np.clip(np.round(_SCALE * table), -127, 127).astype(np.int8))


def read_messages(folder: Path) -> Iterator[tuple[str, str]]:
    """Messages in a language and in English, of the half of the catalogues that is read."""
    for path in sorted(folder.glob("*.mo")):
        if "iso_" in path.name or zlib.crc32(path.name.encode()) & 1:
            continue
        try:
            with path.open("rb") as file:
                catalogue = gettext.GNUTranslations(file)
        except UnicodeDecodeError:      # it is in another charset than it says
            continue
        for key, text in vars(catalogue)["_catalog"].items():
            if isinstance(key, str) and key and text and text != key:
                yield clean(text), clean(key)


def read_docstrings(folder: Path) -> Iterator[str]:
    """Paragraphs of docstrings."""
    for path in sorted(folder.rglob("*.py")):
        for text in _DOCSTRING.findall(path.read_text("utf-8", errors="ignore")):
            yield from (clean(part) for part in text.split("\n\n") if len(part) > 60)


def clean(text: str) -> str:
    """A message without what is filled in and markup."""
    return " ".join(_MARKUP.sub(" ", text).split())


def count(texts: Iterable[str], most: int | None = None) -> NDArray[np.float64]:
    """How often each three letters stand in texts, or in the first `most` letters of them."""
    counts, total = np.zeros(27**3), 0
    for text in texts:
        threes = read_threes(find_words(text))
        np.add.at(counts, threes, 1)
        total += len(threes)
        if most and total > most:
            break
    return counts


if __name__ == "__main__":
    main()
