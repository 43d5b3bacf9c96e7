"""Possessive groups in patterns of `re`: Python before 3.11.5 keeps what such a group took in a round that failed.

So `(?:[ '][a-z]+)*+` takes the space behind the last word there. Classes are right, and so is the `regex` library.
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pipeline

#: A round that fails ends at the end of the text, where the quote behind the group fails too.
_RIGHT = {"pipeline.read.json_array:_TOKEN"}

parser: Any = import_module("re._parser")


def has_group(items: Any) -> bool:
    """Whether anything that was parsed is a group that gives nothing back, of more than one item."""
    for op, about in items:
        parts = [part for part in (about if isinstance(about, (tuple, list)) else [about]) if isinstance(part, parser.SubPattern)]
        if str(op) == "BRANCH":
            parts = about[1]
        if str(op) in ("POSSESSIVE_REPEAT", "ATOMIC_GROUP") and any(len(part) > 1 for part in parts):
            return True
        if any(map(has_group, parts)):
            return True
    return False


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    for module in pkgutil.walk_packages(pipeline.__path__, "pipeline."):
        if module.name not in ("pipeline.__main__", "pipeline.engines.worker_start"):
            for name, value in vars(import_module(module.name)).items():
                if isinstance(value, re.Pattern):
                    yield f"{module.name}:{name}", value


def test_what_is_looked_for_is_found() -> None:
    found = [has_group(parser.parse(pattern)) for pattern in ("(?:[ '][a-z]++)*+", "(a|(?>b+c))", "[a-z]++x?+", "(?:a++b)*")]
    assert found == [True, True, False, False]


def test_no_pattern_of_re_has_a_possessive_group() -> None:
    known = dict(patterns())
    assert len(known) > 100
    assert {name for name, made in known.items() if has_group(parser.parse(made.pattern, made.flags))} == _RIGHT
