"""The laws of DESIGN.md, as properties over generated Chinese text."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import pipeline
from pipeline import clean_text, clean_texts
from pipeline.account import edit_rows, replay, restore
from tests.chinese import DIRT, EDGES, FURNITURE, edged_pages, pages

LAW = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@LAW
@given(pages)
@example("\x00")
@example("")
@example("\n\n")
def test_replay(text: str) -> None:
    """Original + edits = text."""
    cleaned = clean_text(text)
    assert replay(cleaned.original, edit_rows(cleaned.edits)) == cleaned.text


@LAW
@given(pages)
def test_restore(text: str) -> None:
    """Text + audit = original, byte for byte in UTF-8."""
    cleaned = clean_text(text)
    assert restore(cleaned.text, edit_rows(cleaned.edits)).encode() == text.encode()


@LAW
@given(pages)
def test_coverage(text: str) -> None:
    """Every character outside all spans survives, in order."""
    cleaned = clean_text(text)
    covered = bytearray(len(text))
    for e in cleaned.edits:
        assert 0 <= e.first <= e.last <= len(text)
        covered[e.first:e.last] = b"\1" * (e.last - e.first)
    rest = iter(cleaned.text)
    for character, gone in zip(text, covered, strict=True):
        assert gone or any(c == character for c in rest), "a character outside all spans is gone"


@LAW
@given(pages)
def test_idempotence(text: str) -> None:
    """Cleaning clean text changes nothing."""
    once = clean_text(text).text
    again = clean_text(once)
    assert again.text == once
    assert not again.edits


@settings(LAW, max_examples=60)
@given(st.lists(edged_pages, min_size=2, max_size=12), st.randoms(use_true_random=False))
@example(["坚持党(dǎng)", "-delete"], Random(1))
@example(["著著名", "體", "著著名"], Random(1))
def test_batch_split_and_order(texts: list[str], random: Random) -> None:
    """What stands beside a text in its batch, and in which order, changes nothing."""
    alone = [clean_text(t) for t in texts]
    order = sorted(range(len(texts)), key=lambda _: random.random())
    together = clean_texts([texts[i] for i in order])
    for i, result in zip(order, together, strict=True):
        assert result == alone[i]


@LAW
@given(pages, st.integers(0xD800, 0xDFFF).map(chr), pages)
def test_lone_surrogates_become_replacement_characters_at_the_door(before: str, surrogate: str, after: str) -> None:
    cleaned = clean_text(before + surrogate + after)
    assert cleaned.original == before + "\ufffd" + after
    cleaned.text.encode()
    assert restore(cleaned.text, edit_rows(cleaned.edits)) == cleaned.original


CASES = Path(__file__).parent / "cases"


def load_stumps() -> list[str]:
    """Labelled texts whole, and cut off where patterns look at what follows."""
    stumps = []
    for name in ("pinyin", "repeats", "encoding", "script"):
        for row in (CASES / f"{name}.jsonl").read_text("utf-8").split("\n"):
            text = json.loads(row).get("text") if row else None
            if isinstance(text, str) and len(text) < 300:
                ends = [m.end() for m in re.finditer("[)）\\]】”」`*：:]", text)]
                stumps += [text, *(text[:end] for end in ends[:2])]
    return stumps


@pytest.mark.parametrize("whole", [False, True])
def test_neighbours_that_patterns_look_for(whole: bool) -> None:
    """Every labelled text between texts that begin and end with what patterns look for comes out as it does alone."""
    stumps = load_stumps()[whole::2]
    alone = [clean_text(text) for text in stumps]
    for edge in (*EDGES, *DIRT, *FURNITURE)[whole::2]:
        between = clean_texts([x for text in stumps for x in (text, edge)])[::2]
        assert between == alone, edge


#: Methods that read a string from a place on, and how many arguments bound them.
BOUNDED = {"match": 3, "fullmatch": 3, "search": 3, "finditer": 3, "findall": 3, "find": 3, "rfind": 3, "index": 3, "startswith": 3}
#: What reads no further than the LF that follows every text, by construction.
SHORT = {"_MARKS"}


def test_no_pattern_is_let_loose_on_joined_texts() -> None:
    """What reads `joined` from a place on says where the document, or the line, ends."""
    for path in Path(pipeline.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in BOUNDED:
                continue
            owner, first = node.func.value, node.args[0] if node.args else None
            reads = [x for x in (owner, first) if ast.unparse(x).split(".")[-1] == "joined"] if first else []
            if reads and ast.unparse(owner) not in SHORT:
                assert len(node.args) >= BOUNDED[node.func.attr], f"{path.name}:{node.lineno}: {ast.unparse(node)}"
