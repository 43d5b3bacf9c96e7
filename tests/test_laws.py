"""The laws of docs/policy.md and of cleaning, as properties over generated Chinese text."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

import pipeline
from pipeline import clean_text, clean_texts, cleaning
from pipeline.account import edit_rows, replay, restore
from pipeline.chinese.canonical import canonical_text
from pipeline.edits import Edit, Proposal
from pipeline.options import Options, ScriptOptions
from pipeline.record import Texts
from pipeline.stages import STAGES, Stage
from tests.chinese import DIRT, EDGES, FURNITURE, edged_pages, pages

CASES = Path(__file__).parent / "cases"
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


@pytest.mark.parametrize("text", [json.loads(row)["text"] for row in (CASES / "rest.jsonl").read_text("utf-8").split("\n") if row])
def test_rest(text: str) -> None:
    """Found by fuzzing: what the script stage did was seen by others only when they were called again."""
    once = clean_text(text)
    again = clean_text(once.text)
    assert again.text == once.text
    assert not again.edits
    assert restore(once.text, edit_rows(once.edits)) == text


TWIN_STAGES = [stage for stage in STAGES if stage.folds]


@settings(LAW, max_examples=60)
@given(pages)
def test_stages_that_fold_cannot_tell_the_scripts(text: str) -> None:
    """What a stage that `folds` leaves alone it leaves alone in the other script, character for character, too."""
    text = clean_text(text, options=Options(script=ScriptOptions(target="none"))).text
    simple = clean_text(text, stages=["script"]).text
    assume(canonical_text(text) == canonical_text(simple) and len(text) == len(simple))
    for stage in TWIN_STAGES:
        assert not stage.propose(Texts.of([simple]), getattr(Options(), stage.name)).edits


def test_words_of_metadata_get_what_words_of_the_text_get(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage added by docs/adding.md does not leak: a number that it masks is masked in the title and the byline too."""
    number = re.compile("1[0-9]{10}")

    def propose(texts: Texts, options: object) -> Proposal:
        return Proposal([Edit(m.start(), m.end(), "***", "phone") for m in number.finditer(texts.joined)])

    monkeypatch.setattr(cleaning, "STAGES", (*STAGES, Stage("near", propose, "white", words=True)))
    page = "热线13800138000开通\n来源：热线13800138000 作者：张三13800138000\n市民今天起可以拨打热线13800138000，反映身边的问题。"
    cleaned = clean_text(page)
    assert "13800138000" not in cleaned.text + "".join(cleaned.metadata.values())
    assert "***" in cleaned.metadata["title"]


def test_metadata_is_converted_by_itself() -> None:
    """One value never changes another: a source that spells a title is no reading of it."""
    page = "百度\n来源：baidu 作者：李明\n百度公司今天发布了新的产品，引起广泛关注。\n这款产品将于明年上市，售价未定。"
    assert clean_text(page).metadata.get("title") == "百度"


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
