"""The laws of docs/policy.md and of cleaning, as properties over generated Chinese text."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

import pipeline
from pipeline import clean_text, clean_texts, cleaning
from pipeline.account import edit_rows, replay, restore
from pipeline.chinese.canonical import canonical_text
from pipeline.chinese.codepoints import TRADITIONAL, load_canonical, load_classes
from pipeline.edits import Edit, Proposal
from pipeline.options import Options, ScriptOptions
from pipeline.record import Texts
from pipeline.stages import STAGES, Stage
from tests.chinese import DIRT, EDGES, FURNITURE, edged_pages, pages

CASES = Path(__file__).parent / "cases"
LAW = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])


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


#: Pages whose words are those that stages look for, in simplified characters.
_BODY = (
    "市水务局今天公布了汛期的准备情况，要求各区县认真抓好落实，确保群众的安全。\n"
    "各地要结合实际，不断取得新的成效，让群众满意，工作做得更好，并及时上报有关情况。\n"
)
_HEADS = (
    "公布汛期准备情况\n公布汛期准备情况（组图）\n", "公布汛期准备情况\n公布汛期准备情况 某某网站\n",
    "第三节 汛期\n" + _BODY + "第三节 汛期\n",
    "导读：" + _BODY.split("\n")[0] + "\n", _BODY[:20] + "…阅读全文\n", "图片来源：准备情况\n图片来源：准备情况\n",
    "索 引 号：0001\n发文机关：某市水务局\n名　　称：关于公布汛期准备情况的通知\n",
    "标　题：公布汛期准备情况\n首页 > 新闻 > 正文\n",
    "记者：今天的准备做好了吗？\n发言人：都做好了。\n记者：大家满意吗？\n首页 > 新闻 > 正文\n公开类别：主动公开\n",
)
_TWICE = (
    "他说：“图书馆不大，只有六十平方米，却有四千册书，连窗台上都坐满了人。图书馆不大，只有六十平方米，却有四千册书，连窗台上都坐满了人。",
)


def load_simplified() -> list[str]:
    """Texts of the cases, and pages of words that are looked for, in simplified characters one by one."""
    texts = [*(head + _BODY for head in _HEADS), *_TWICE]
    for name in ("repeats", "rest", "boilerplate", "boilerplate_own", "boilerplate_more"):
        rows = map(json.loads, filter(None, (CASES / f"{name}.jsonl").read_text("utf-8").split("\n")))
        texts += [row.get("raw") or row.get("text") or "\n".join(line["text"] for line in row["lines"]) for row in rows]
    table = {p: q for p, q in zip(range(0x4E00, 0xA000), load_canonical()[0x4E00:0xA000].tolist(), strict=True) if q}
    return [text.translate(table) for text in texts]


@pytest.mark.parametrize("share", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("stage", TWIN_STAGES, ids=[stage.name for stage in TWIN_STAGES])
def test_what_a_stage_that_folds_finds_it_finds_in_every_writing(stage: Stage, share: float) -> None:
    """Words of a page, of a title or of a label are read in either script, mixed too, and what is left is at rest in both."""
    simple, dice = load_simplified(), Random(int(10 * share))
    others = [respell(text, share, dice) for text in simple]
    assert sum(a != b for a, b in zip(simple, others, strict=True)) > len(simple) // 2
    options = getattr(Options(), stage.name)
    found, again = ({edit[:2] for edit in stage.propose(Texts.of(texts), options).edits} for texts in (simple, others))
    if stage.name == "repeats":     # of two copies that which is traditional goes
        ends = Texts.of(simple).ends
        found, again = ({(int(np.searchsorted(ends, a)), 0) for a, _ in spans} for spans in (found, again))
    assert len(found) > 20
    assert found <= again if stage.name == "repeats" else found == again


@cache
def load_writings() -> dict[str, list[str]]:
    """Traditional characters by the one that they are in the canonical form."""
    writings: dict[str, list[str]] = {}
    for p in (np.flatnonzero(load_classes()[0x4E00:0xA000] & TRADITIONAL) + 0x4E00).tolist():
        writings.setdefault(chr(load_canonical()[p]), []).append(chr(p))
    return writings


def respell(text: str, share: float, dice: Random) -> str:
    """A text with so much of it in traditional characters, any that there is for each."""
    own = load_writings()
    return "".join(dice.choice(own[c]) if c in own and dice.random() < share else c for c in text)


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
