"""What values are called in messages: whoever reads these knows JSON and TOML, and need not know Python."""

from __future__ import annotations

from datetime import date, datetime, time
from types import GeneratorType

__all__ = ["describe"]

#: The first that fits: a bool is an int.
_WORDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (type(None), "null"), (bool, "true or false"), ((int, float), "a number"), (str, "a string"), ((list, tuple, set), "a list"),
    (dict, "an object"),
    (GeneratorType, "a generator"), ((bytes, bytearray, memoryview), "bytes"), ((date, datetime, time), "a date"),
)


def describe(value: object) -> str:
    """What a value is, for people.

    >>> describe({}), describe(None), describe(True)
    ('an object', 'null', 'true or false')
    """
    return next((words for kinds, words in _WORDS if isinstance(value, kinds)), "of another kind")
