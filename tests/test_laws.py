"""The laws of DESIGN.md, as properties over generated Chinese text."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline import clean_text, clean_texts
from pipeline.account import edit_rows, replay, restore
from tests.chinese import pages

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


@LAW
@given(st.lists(pages, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_batch_split_and_order(texts: list[str], random: object) -> None:
    """What stands beside a text in its batch, and in which order, changes nothing."""
    alone = [clean_text(t) for t in texts]
    order = sorted(range(len(texts)), key=lambda _: random.random())    # type: ignore[attr-defined]
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
