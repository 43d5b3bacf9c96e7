"""Taosha (淘沙): Chinese web text in, clean and deduplicated text out, and an account of every character taken away.

>>> from pipeline import clean_text
>>> clean_text("打造高质量(gāozhìliàng)发展的样板。").text
'打造高质量发展的样板。'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

__all__ = [
    "Cleaned", "InputError", "Options", "TaoshaError", "UndecodableError", "UsageError", "clean", "clean_page", "clean_text",
    "clean_texts", "decode", "near_duplicates",
]

if TYPE_CHECKING:
    from pipeline.cleaning import Cleaned, clean_text, clean_texts
    from pipeline.errors import InputError, TaoshaError, UndecodableError, UsageError
    from pipeline.near import near_duplicates
    from pipeline.options import Options
    from pipeline.page import clean_page
    from pipeline.read.charset import decode
    from pipeline.stream import clean

_HOME = {
    "Cleaned": "pipeline.cleaning", "clean_text": "pipeline.cleaning", "clean_texts": "pipeline.cleaning",
    "clean": "pipeline.stream", "clean_page": "pipeline.page",
    "InputError": "pipeline.errors", "TaoshaError": "pipeline.errors", "UndecodableError": "pipeline.errors",
    "UsageError": "pipeline.errors",
    "near_duplicates": "pipeline.near", "Options": "pipeline.options", "decode": "pipeline.read.charset",
}


def __getattr__(name: str) -> Any:
    """Load a public name on first use, so that `taosha --help` need not wait for numba."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """The public names, whether they were used yet or not."""
    return sorted({*__all__, "__version__"})
