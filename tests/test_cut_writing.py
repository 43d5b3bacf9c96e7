"""Accounts with lines by number: what is written leads back, and holds nothing that could have been left out."""

from __future__ import annotations

import re
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.corpus import stretch
from pipeline.corpus.json_lines import escape_breaks
from tests.test_packed import _read_again, rows_of, steps_of_one_document

Account = list[dict[str, Any]]


def write(own: list[Account]) -> tuple[dict[str, Any], list[bytes]]:
    head, data = stretch.share([escape_breaks(orjson.dumps(steps)) for steps in own])
    return orjson.loads(head), data


def is_short(tail: Any, usual: list[Any]) -> bool:
    """A number alone, or a list that ends with what is not usual; the score, in it, is 1 only before others."""
    if not isinstance(tail, list):
        return True
    return tail[1] != 1 if len(tail) == 2 else len(tail) <= 2 + len(usual) and tail[-1] != usual[len(tail) - 3]


def are_short(refs: Any) -> bool:
    """Numbers of lines: one alone, or a list; a run of lines by its first and how many, from two on."""
    if not isinstance(refs, list):
        return isinstance(refs, str) or refs != 0
    inner = refs[refs[0] == 0:len(refs) - (refs[-1] == 0)]
    runs = all(ref != 0 if isinstance(ref, int) else len(ref) == 2 and ref[1] > 1 for ref in inner)
    return runs and len(inner) > 0 and (len(refs) > 1 or isinstance(refs[0], list))


@settings(max_examples=60)
@given(st.lists(steps_of_one_document(), min_size=1, max_size=4))
def test_what_is_written_is_short_and_comes_back(own: list[Account]) -> None:
    head, data = write(own)
    assert list(map(rows_of, _read_again(own))) == list(map(rows_of, own))
    n_known = 0
    for account in data:
        said = orjson.loads(b'{"edits":%b}' % account)
        for part in said["edits"]:
            blocks = part.get("cut", [])
            for _, refs, *tails in blocks:
                assert are_short(refs), refs
                assert all(is_short(tail, [1, 0, 0]) for tail in tails[:-1])
                assert is_short(tails[-1], [tails[-1][2] if isinstance(tails[-1], list) and len(tails[-1]) == 3 else None, 0, 0])
            for groups in part.get("put", {}).values():
                assert all(is_short(tail, [0, 0]) for *_, rows in groups for tail in rows)
                assert len({(old, new) for old, new, _ in groups}) == len(groups), "one group of a pair"
        assert not re.search(rb"[0-9]\\.[0-9]*0[,\\]]", account)
        if "new" in said:
            assert n_known < said["new"] <= head["n_lines"] or said["new"] == n_known + 1
            n_known = said["new"]
    assert len(head["lines"].split("\n")) == head["n_lines"] or not head["n_lines"]


def test_each_form_stands_as_its_page_says() -> None:
    """Of docs/audit.md: lines new and known, alone, in runs, led by an LF, without their last one; scores, drifts, lengths."""
    def one(cut: list[Any], reason: str = "menu") -> Account:
        return [{"step": 0, "stage": "b", "cut": {reason: cut}}]

    own = [
        one([[0, "甲\n"]]), one([[0, "甲\n乙\n丙\n"]]), one([[0, "乙\n丙\n"], [40, "甲\n"]]), one([[3, "\n乙"], [9, "丙"]]),
        one([[0, "丁\n戊\n", 0.5], [4, "己\n", 0.07], [6, "庚\n", 0]]), one([[5, "甲\n", 1, -2], [9, "乙\n", 0.9, -2, 7]]),
        one([[0, "甲\n"], [2, "乙\n丙\n", 0.3]]),
    ]
    head, data = write(own)
    assert head == {"format": 2, "number": 1, "n_lines": 7, "reasons": ["menu"], "lines": "甲\n乙\n丙\n丁\n戊\n己\n庚"}
    said = [orjson.loads(b'{"edits":%b}' % account) for account in data]
    assert [row["edits"][0]["cut"] for row in said] == [
        [[0, -1, 0]], [[0, [1, -2], 0]], [[0, [[2, 2]], 0], [40, 1, 0]], [[3, [0, 2], 0], [9, "丙", 0]],
        [[0, -4, [0, 0.5, 2], [0, 0.07], [0, 0]]], [[5, 1, [0, 1, 1, -2]], [9, 2, [0, 0.9, 1, 0, 5]]],
        [[0, [[1, 3]], 0, [0, 0.3]]],
    ]
    assert [row.get("new") for row in said] == [1, 2, None, None, 4, None, None]


def test_what_is_put_stands_by_pairs() -> None:
    own: Account = [{"step": 3, "stage": "script", "put": {
        "a": [[0, "x", "y"], [4, "x", "y", 0.25], [6, "z", "y"], [9, "x", "y", 1, 2], [12, "x", "y", 1, 2]],
        "b": [[2, "x", "y", 1, 0, 5]],
    }}, {"step": 4, "stage": "script", "put": {"a": [[1, "x", "y"]]}, "cut": {"b": [[0, "q"]]}}]
    _, (data,) = write([own])
    assert orjson.loads(data) == [
        {"step": 3, "stage": "script", "put": {
            "a": [["x", "y", [0, [4, 0.25], [5, 1, 2], 3]], ["z", "y", [6]]], "b": [["x", "y", [[2, 1, 0, 4]]]]}},
        {"step": 4, "stage": "script", "put": {"a": [["x", "y", [1]]]}, "cut": [[0, "q", 1]]},
    ]
