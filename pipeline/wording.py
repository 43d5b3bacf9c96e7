"""Words of messages: what values are called (whoever reads these knows JSON and TOML, and need not know Python), and what helps."""

from __future__ import annotations

import errno
from datetime import date, datetime, time
from types import GeneratorType

__all__ = ["WANTING", "describe"]

#: What to do where the machine wants something, whatever was opened or written just then, by the number of the error.
WANTING = {
    errno.EMFILE: "close other programs or raise the limit (`ulimit -n`)",
    errno.ENFILE: "close other programs or raise the limit (`ulimit -n`)",
    errno.ENOMEM: "make room in memory, or use fewer --workers",
}

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
