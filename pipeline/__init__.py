"""Taosha (淘沙): Chinese web text in, clean and deduplicated text out, and an account of every character taken away.

>>> from pipeline import clean_text
>>> clean_text("打造高质量(gāozhìliàng)发展的样板。").text
'打造高质量发展的样板。'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = [
    "Cleaned", "Options", "TaoshaError", "UndecodableError", "UsageError", "clean_page", "clean_text", "clean_texts",
    "decode", "near_duplicates",
]

if TYPE_CHECKING:
    from pipeline.clean import Cleaned, clean_text, clean_texts
    from pipeline.errors import TaoshaError, UndecodableError, UsageError
    from pipeline.near import near_duplicates
    from pipeline.options import Options
    from pipeline.page import clean_page
    from pipeline.read.charset import decode

_HOME = {
    "Cleaned": "pipeline.clean", "clean_text": "pipeline.clean", "clean_texts": "pipeline.clean",
    "clean_page": "pipeline.page",
    "TaoshaError": "pipeline.errors", "UndecodableError": "pipeline.errors", "UsageError": "pipeline.errors",
    "near_duplicates": "pipeline.near", "Options": "pipeline.options", "decode": "pipeline.read.charset",
}


def __getattr__(name: str) -> Any:
    """Load a public name on first use, so that `taosha --help` need not wait for numba."""
    if name not in _HOME:
        raise AttributeError(f"module 'pipeline' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
