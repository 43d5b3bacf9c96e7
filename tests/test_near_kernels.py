"""Kernels of near-duplicates against their naive twins and against datasketch, compiled and with the JIT off."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import datasketch
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.chinese.canonical import canonical_spans, canonical_text
from pipeline.near import form as near_form
from pipeline.near import near_duplicates
from pipeline.near.candidates import ROWS, KeyTable, candidates, make_keys, miss_probability, plan_partitions, sort_rows
from pipeline.near.form import form_places, form_spans, form_text
from pipeline.near.kernels import facts as near_facts
from pipeline.near.kernels import minhash
from pipeline.near.kernels.align import align
from pipeline.near.kernels.comparison import Hunk, Pair
from pipeline.near.kernels.form import put_words
from pipeline.near.kernels.sets import count_shared, make_sets
from pipeline.near.kernels.turns import is_exchange
from pipeline.near.opposites import load_tables
from pipeline.near.sketch import Sketches, sketch, to_datasketch
from pipeline.options import NearOptions
from pipeline.record import Texts
from tests import naive_near
from tests.chinese import pages

WORDS = Path(near_form.__file__).parents[1] / "data" / "near_words.tsv"
few = settings(max_examples=40)
common = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说"
hanzi = st.text(st.sampled_from(common), max_size=200)


def points_of(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


@few
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), st.integers(1, 7))
def test_shingle_hashes_are_those_of_the_naive_twin(text: str, size: int) -> None:
    points = points_of(text)
    out = np.empty(max(0, len(points) - size + 1), np.uint32)
    if len(out):
        minhash.hash_shingles(points, 0, size, out)
    assert out.tolist() == naive_near.hash_shingles(points.tolist(), size)


@few
@given(st.lists(pages, max_size=4), st.sampled_from([32, 64, 100, 128]), st.integers(0, 2**31), st.sampled_from([3, 5]))
def test_signatures_are_bit_for_bit_those_of_datasketch(texts: list[str], num_perm: int, seed: int, size: int) -> None:
    options = NearOptions(num_perm=num_perm, seed=seed, shingle=size)
    view = Texts.of(texts)
    sketches = sketch(view, options)
    points, bounds = form_spans(view.points, view.starts, view.ends)
    for i in range(len(texts)):
        own = points[bounds[i]:bounds[i + 1]].tolist()
        peer = datasketch.MinHash(num_perm, seed=seed, hashfunc=lambda h: h)
        peer.update_batch(naive_near.hash_shingles(own, size))
        assert sketches.signatures[i].tolist() == peer.hashvalues.tolist()
        assert sketches.n_shingles[i] == max(0, len(own) - size + 1)
        mine = to_datasketch(sketches.signatures[i], options)
        assert mine == peer
        assert mine.jaccard(peer) == 1.0
        lean = to_datasketch(sketches.signatures[i], options, lean=True)
        assert isinstance(lean, datasketch.LeanMinHash)
        assert lean == datasketch.LeanMinHash(peer)


def test_a_long_text_crosses_the_tiles() -> None:
    rng = np.random.default_rng(1)
    text = "".join(map(chr, rng.integers(0x4E00, 0x9000, 3 * minhash.TILE + 77)))
    options = NearOptions()
    row = sketch(Texts.of([text]), options).signatures[0]
    peer = datasketch.MinHash(options.num_perm, seed=options.seed, hashfunc=lambda h: h)
    peer.update_batch(naive_near.hash_shingles(list(map(ord, canonical_text(text))), 5))
    assert row.tolist() == peer.hashvalues.tolist()


def test_a_user_can_put_our_rows_into_the_lsh_of_datasketch() -> None:
    options = NearOptions()
    texts = ["我们昨天在公园里看见一群孩子放风筝", "我们昨天在公园里看见一群孩子放风筝呢", "股市今天大幅下跌投资者纷纷离场观望"]
    rows = sketch(Texts.of(texts), options).signatures
    lsh = datasketch.MinHashLSH(threshold=0.5, num_perm=options.num_perm)
    for i, row in enumerate(rows):
        lsh.insert(str(i), to_datasketch(row, options))
    assert set(lsh.query(to_datasketch(rows[0], options))) == {"0", "1"}


def test_kernels_agree_with_the_jit_off() -> None:
    code = (
        "import numpy as np; np.seterr(over='ignore')\n"
        "import datasketch\n"
        "from pipeline.near.sketch import sketch\n"
        "from pipeline.near.verify import prepare, verify\n"
        "from pipeline.options import NearOptions\n"
        "from pipeline.record import Texts\n"
        "from tests import naive_near\n"
        "texts = ['北京今天天气很好我们去公园放风筝', '北京今天天气不错我们去公园放风筝', '']\n"
        "long = '这件事情大家议论了很久最后还是没有结果只好等到明年春天再说到那个时候也许会有新的办法谁也说不准' * 10\n"
        "others = [long + '甲队胜乙队升1.5%用滑鼠。' + long, long + '乙队胜甲队升15%用鼠标。' + long]\n"
        "others.append(long[99:] + '另说' * 9 + long)\n"
        "s = sketch(Texts.of(texts), NearOptions(num_perm=32))\n"
        "m = datasketch.MinHash(32, seed=1, hashfunc=lambda h: h)\n"
        "m.update_batch(naive_near.hash_shingles(list(map(ord, texts[0])), 5))\n"
        "assert s.signatures[0].tolist() == m.hashvalues.tolist()\n"
        "p = prepare(texts, 5)\n"
        "q = prepare(others, 5)\n"
        "print(s.signatures.sum(), s.exact.sum(), verify(p, 0, p, 1).similarity, verify(q, 0, q, 1), verify(q, 2, q, 0))\n"
    )
    env = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    plain = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
    env.pop("NUMBA_DISABLE_JIT")
    compiled = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
    assert plain == compiled


@few
@given(st.lists(pages, max_size=6))
def test_exact_hashes_tell_canonical_texts_apart(texts: list[str]) -> None:
    texts = [*texts, *(t + "。" for t in texts)]
    exact = [tuple(row) for row in sketch(Texts.of(texts), NearOptions()).exact.tolist()]
    canonical = [form_text(t) for t in texts]
    for i in range(len(texts)):
        for j in range(i):
            assert (exact[i] == exact[j]) == (canonical[i] == canonical[j])


@few
@given(st.lists(pages, max_size=5))
def test_sketches_survive_arrow_and_do_not_depend_on_the_batch(texts: list[str]) -> None:
    options = NearOptions(num_perm=32)
    whole = sketch(Texts.of(texts), options)
    single = Sketches.concat([sketch(Texts.of([]), options), *(sketch(Texts.of([t]), options) for t in texts)])
    back = Sketches.from_arrow(whole.to_arrow())
    for other in (single, back):
        for name in ("signatures", "short", "n_shingles", "n_canonical", "exact"):
            assert getattr(whole, name).tolist() == getattr(other, name).tolist()


@few
@given(st.lists(hanzi, max_size=4), st.integers(2, 6))
def test_sets_are_the_sets(texts: list[str], size: int) -> None:
    view = Texts.of(texts)
    points, bounds = canonical_spans(view.points, view.starts, view.ends)
    sets, set_bounds = make_sets(points, bounds, size)
    own = [sets[set_bounds[i]:set_bounds[i + 1]] for i in range(len(texts))]
    for i, text in enumerate(texts):
        assert own[i].tolist() == sorted(set(naive_near.hash_shingles(list(map(ord, text)), size)))
    for x in own:
        for y in own:
            assert count_shared(x, y) == len(set(x.tolist()) & set(y.tolist()))


def edits(text: str) -> st.SearchStrategy[str]:
    """The text with some pieces taken out, doubled or put elsewhere."""
    piece = st.tuples(st.integers(0, max(0, len(text))), st.integers(0, 12), st.sampled_from(["cut", "double", "put"]), hanzi)

    def apply(pieces: list[tuple[int, int, str, str]]) -> str:
        out = text
        for at, length, kind, other in pieces:
            middle = {"cut": "", "double": out[at:at + length] * 2, "put": other[:length]}[kind]
            out = out[:at] + middle + out[at + length:]
        return out

    return st.lists(piece, max_size=4).map(apply)


@few
@given(hanzi.flatmap(lambda t: st.tuples(st.just(t), edits(t) | hanzi)))
def test_what_lies_between_hunks_is_equal(pair: tuple[str, str]) -> None:
    a, b = pair
    hunks = np.empty((min(len(a), len(b)) + 1, 4), np.int32)
    n = align(points_of(a), points_of(b), hunks)
    i = j = equal = 0
    for a0, a1, b0, b1 in hunks[:n].tolist():
        assert a[i:a0] == b[j:b0]
        assert a1 > a0 or b1 > b0
        equal += a0 - i
        i, j = a1, b1
    assert a[i:] == b[j:]
    assert equal + len(a) - i >= 0.8 * naive_near.matched(a, b) - 12


def test_alignment_is_linear_on_repeats_and_on_strangers() -> None:
    rng = np.random.default_rng(2)
    long = rng.integers(0x4E00, 0x9000, 400_000).astype(np.uint32)
    repeated = np.tile(long[:50], 8_000)
    hunks = np.empty((400_001, 4), np.int32)
    for a, b in ((long, long[::-1].copy()), (repeated, repeated[7:]), (long, np.delete(long, slice(1000, 2000)))):
        assert align(a, b, hunks) >= 1


@few
@given(st.lists(st.tuples(st.integers(0, 2**63 - 1) | st.integers(0, 50), st.just(0)), max_size=300), st.sampled_from([1, 4]),
       st.sampled_from([0, 1 << 20]))
def test_rows_come_back_sorted_from_memory_and_from_disk(rows: list[tuple[int, int]], parts: int, budget: int) -> None:
    keys = np.array([k for k, _ in rows], np.int64).reshape(-1, 1)
    with KeyTable(parts, budget) as table:
        for start in range(0, len(keys), 50):
            table.add(keys[start:start + 50], np.arange(start, min(start + 50, len(keys))))
        got = [(int(k), int(i)) for ks, ids in table.partitions() for k, i in zip(ks, ids, strict=True)]
    assert got == sorted((int(k), i) for i, k in enumerate(keys.ravel()))


def test_rows_whose_keys_differ_only_in_the_bits_that_the_sort_drops() -> None:
    keys = np.array([9, 8, 9, 8, 11, 10, 3 << 40, 10], np.int64)
    sorted_keys, ids = sort_rows(keys, np.arange(8))
    assert sorted_keys.tolist() == sorted(keys.tolist())
    assert ids.tolist() == [1, 3, 0, 2, 5, 7, 4, 6]


def similar_signatures(seed: int, count: int, perm: int) -> NDArray[np.uint32]:
    rng = np.random.default_rng(seed)
    base = rng.integers(0, 2**32, (count, perm), np.uint32)
    for i in range(1, count):
        copied = rng.random(perm) < rng.choice([0.0, 0.4, 0.7, 0.95, 1.0])
        base[i] = np.where(copied, base[rng.integers(0, i)], base[i])
    return base


@settings(max_examples=15)
@given(st.integers(0, 1000), st.sampled_from([30, 127]))
def test_candidates_are_those_of_all_pairs(seed: int, perm: int) -> None:
    signatures = similar_signatures(seed, 31, perm)
    docs = np.random.default_rng(seed).permutation(31).astype(np.int64)
    least = perm // 3
    got = {tuple(p) for p in candidates(signatures, docs, least).tolist()}
    assert got == naive_near.find_pairs(signatures[docs].tolist(), ROWS, least)


def test_candidates_spilled_to_disk_are_the_same() -> None:
    signatures = similar_signatures(3, 400, 60)
    docs = np.arange(400)
    assert candidates(signatures, docs, 20).tolist() == candidates(signatures, docs, 20, budget=1000).tolist()
    assert plan_partitions(1 << 22) == 2


def test_a_giant_bucket_gives_linearly_many_pairs() -> None:
    signatures = np.tile(np.arange(60, dtype=np.uint32), (5_000, 1))
    pairs = candidates(signatures, np.arange(5_000), 20)
    assert len(pairs) < 5 * 5_000
    assert set(pairs[:, 0].tolist()) == set(range(1, 5_000))       # every copy meets another one
    assert (pairs[:, 1] == 0).sum() == 4_999                        # and the best ranked one


def test_keys_fold_the_band_in() -> None:
    keys = make_keys(np.zeros((1, 30), np.uint32), 0)
    assert len(set(keys.ravel().tolist())) == 10
    assert (keys >= 0).all()


def test_the_recall_curve_is_the_one_that_is_stated() -> None:
    assert miss_probability(0.45) < 0.0185
    assert miss_probability(0.5) < 0.0038
    assert miss_probability(0.65) < 1.5e-6
    assert miss_probability(0.7) < 4e-8
    assert miss_probability(0.8) < 1e-12


def weigh(a: str, b: str, title: int = 0, *, verse: bool = False) -> NDArray[np.int64]:
    """All counts of `count_facts` between two texts."""
    x, y = points_of(form_text(a)), points_of(form_text(b))
    hunks = np.empty((min(len(x), len(y)) + 1, 4), np.int32)
    hunks = hunks[:align(x, y, hunks)]
    counts = np.empty(near_facts.COUNTS, np.int64)
    near_facts.count_facts(Pair(x, y, title, title, verse), hunks, np.zeros(len(hunks), np.bool_), load_tables(), counts)
    return counts


def counts_of(a: str, b: str, title: int = 0) -> dict[str, int]:
    """What `count_facts` finds between two texts, by name, zeros left out."""
    counts = weigh(a, b, title)
    names = ("NUMBERS", "NAMES", "WORDING", "PHRASES", "TITLE", "TITLE_PLACE", "ECHOED", "RETITLED", "TURNS")
    return {name: int(value) for name in names if (value := counts[getattr(near_facts, name)])}


LONG = "这件事情大家议论了很久，最后还是没有结果，只好等到明年春天再说，到那个时候也许会有新的办法，谁也说不准。" * 4


@pytest.mark.parametrize("before, after, expected", [
    ("共有35人参加", "共有41人参加", {"NUMBERS": 1}),
    ("共有三十五人参加", "共有四十一人参加", {"NUMBERS": 2}),
    ("共有35人参加", "共有3s人参加", {"WORDING": 1}),                     # a slip of recognition
    ("按照第三条的规定", "按照第五条的规定", {}),                          # articles are numbered anew
    ("校长赵文渊到场", "校长钱秀兰到场", {"NAMES": 1, "PHRASES": 3}),
    ("他问的问题很难", "他提的问题很难", {"WORDING": 1}),
    ("来自青石县的代表", "来自临河县的代表", {"NAMES": 1}),
    ("总理莫迪到场", "总理卡尼到场", {"NAMES": 1}),
    ("这个方法很好用", "这个办法很好用", {"WORDING": 1}),
    ("今天上午九点开会", "今天下午九点开会", {"TURNS": 1}),
    ("他们觉得很好", "他们认为很好", {"WORDING": 1}),
    ("他带来了好消息", "他带来了一个非常好的消息", {"WORDING": 2, "PHRASES": 4}),
    ("黨建工作", "党jiàn建工作", {"WORDING": 1}),                        # a reading that was left: no phrase
])
def test_what_a_change_is(before: str, after: str, expected: dict[str, int]) -> None:
    assert counts_of(LONG[:100] + before + LONG[100:], LONG[:100] + after + LONG[100:]) == expected


def test_what_a_changed_title_is() -> None:
    assert counts_of("青石县环境卫生办法" + LONG, "临河县环境卫生办法" + LONG, 9)["TITLE_PLACE"] == 1
    assert counts_of("台南市环境卫生办法" + LONG, "台中市环境卫生办法" + LONG, 9)["TITLE_PLACE"] == 1
    assert "TITLE_PLACE" not in counts_of("重磅环境卫生办法来" + LONG, "关注环境卫生办法来" + LONG, 9)
    assert counts_of("农会财务办法" + LONG + "农会照办", "渔会财务办法" + LONG + "渔会照办", 6)["ECHOED"] == 1
    assert counts_of("完全不同的一个题目" + LONG, "另外写了新的标题呀" + LONG, 9) == {"RETITLED": 2}


def test_what_stands_at_the_edges_of_a_long_text_is_furniture() -> None:
    assert counts_of("浏览35次" + LONG * 4, "浏览41次" + LONG * 4) == {}
    assert counts_of("浏览35次" + LONG[:50], "浏览41次" + LONG[:50]) == {"NUMBERS": 1}      # not of a short one


@pytest.mark.parametrize("before, after", [
    ("会议同意设立分校", "会议不同意设立分校"), ("该批产品检验合格", "该批产品检验不合格"),
    ("经过批准方可施工", "未经过批准方可施工"), ("合同自签字起有效", "合同自签字起无效"),
    ("检测结果呈阴性反应", "检测结果呈阳性反应"), ("产量比上年增长", "产量比上年下降"),
    ("二审维持了原判决", "二审撤销了原判决"), ("夜间允许车辆通行", "夜间禁止车辆通行"),
    ("道路今起开放通行", "道路今起暂停开放通行"), ("中国队胜日本队", "日本队胜中国队"),
    ("张三丰起诉李四光公司", "李四光公司起诉张三丰"), ("甲公司收购了乙集团", "乙集团收购了甲公司"),
    ("价格上涨1.5个点", "价格上涨15个点"), ("最低气温-5℃", "最低气温5℃"),
    ("最低气温−5℃", "最低气温5℃"), ("占比为5‰左右", "占比为5%左右"),
    ("请从东门进入园区", "请从西门进入园区"), ("三岁以上儿童适用", "三岁以下儿童适用"),
    ("一名男子受伤送医", "一名女子受伤送医"),
])
def test_what_turns_a_statement_round(before: str, after: str) -> None:
    a, b = (LONG[:100] + text + LONG[100:] for text in (before, after))
    assert counts_of(a, b).get("TURNS") or counts_of(a, b).get("NAMES")
    assert near_duplicates([a, b]) == [None, None]
    assert near_duplicates([b, a]) == [None, None]


@pytest.mark.parametrize("before, after", [
    ("会议不断研究这个问题", "会议持续研究这个问题"), ("这件事非常重要", "这件事十分重要"), ("他是不是来了", "他是来了"),
    ("北京和上海都下雨", "上海和北京都下雨"), ("昨天他们到了这里", "他们昨天到了这里"), ("他想知道能否成行", "他想知道能成行"),
    ("时间为3-5天", "时间为3～5天"), ("日期为2020.1.5", "日期为2020-1-5"), ("新冠COVID-19疫情", "新冠COVID19疫情"),
    ("分析了这个问题", "剖析了这个问题"), ("以上意见请研究", "上述意见请研究"), ("共计1,234人次", "共计1234人次"),
])
def test_what_does_not(before: str, after: str) -> None:
    a, b = (LONG[:100] + text + LONG[100:] for text in (before, after))
    assert "TURNS" not in counts_of(a, b)
    assert near_duplicates([a, b]) != [None, None]


def test_a_character_of_a_poem_is_a_variant_and_one_of_a_notice_a_fact() -> None:
    poem = ("床前明月光，疑是地上霜。举头望明月，低头思故乡。", "床前明月光，疑是地下霜。举头望明月，低头思故乡。")
    assert near_duplicates(list(poem)) != [None, None]
    assert weigh(*poem, verse=True)[near_facts.NAMES] == 0
    notice = "警方通报，昨天傍晚在城南路口发生一起交通事故，王先生骑电动车与小客车相撞后倒地，已送医院治疗，没有生命危险。"
    assert near_duplicates([notice, notice.replace("王", "李")]) == [None, None]


@few
@given(hanzi.flatmap(lambda t: st.tuples(st.just(t), edits(t))))
def test_facts_are_the_same_from_either_side(pair: tuple[str, str]) -> None:
    """What turns, is exchanged, or is a phrase does not depend on which of two texts comes first."""
    x, y = (points_of(t) for t in pair)
    hunks = np.empty((min(len(x), len(y)) + 1, 4), np.int32)
    hunks = hunks[:align(x, y, hunks)]
    sides = []
    for a, b, own in ((x, y, hunks), (y, x, hunks[:, [2, 3, 0, 1]].copy())):
        counts = np.empty(near_facts.COUNTS, np.int64)
        near_facts.count_facts(Pair(a, b, 0, 0, False), own, np.zeros(len(own), np.bool_), load_tables(), counts)
        sides.append([int(counts[c]) for c in (near_facts.MATCHED, near_facts.PHRASES, near_facts.TURNS, near_facts.WORDING)])
    assert sides[0] == sides[1]


@few
@given(st.text(st.sampled_from("甲乙胜和中国日本队5.-"), min_size=3, max_size=24), st.text(st.sampled_from("甲乙胜和"), max_size=9))
def test_exchanges_are_those_of_the_naive_twin(a: str, b: str) -> None:
    for other in (b, a[::-1], a[3:] + a[:3]):
        x, y = points_of(a), points_of(other)
        got = is_exchange(Pair(x, y, 0, 0, False), Hunk(0, len(x), 0, len(y)), Hunk(0, len(x), 0, len(y)), load_tables())
        assert got == naive_near.is_exchange(a, other)


marks = st.text(st.sampled_from("12年月日.．-−+％%‰ 元a(（）\n软體滑鼠标件資料数据"), max_size=40)


@few
@given(st.lists(marks, max_size=5))
def test_the_form_of_a_text_does_not_depend_on_its_neighbours(texts: list[str]) -> None:
    view = Texts.of(texts)
    points, bounds = form_spans(view.points, view.starts, view.ends)
    for i, text in enumerate(texts):
        assert points[bounds[i]:bounds[i + 1]].tobytes().decode("utf-32-le") == form_text(text)


@few
@given(marks)
def test_places_of_the_form_rise_and_name_what_they_come_from(text: str) -> None:
    folded, places = form_text(text), form_places(text).tolist()
    assert len(places) == len(folded) + 1
    assert places == sorted(places)
    assert places[-1] == len(text)
    assert all(text[p] == c for p, c in zip(places, folded, strict=False) if c in "12a")


@few
@given(marks)
def test_words_are_put_as_the_naive_twin_puts_them(text: str) -> None:
    table = dict(line.split("\t") for line in WORDS.read_text("utf-8").splitlines() if not line.startswith("#"))
    plain = points_of(canonical_text(text))
    bounds = np.array([0, len(plain)], np.int64)
    own = plain.copy()
    n = put_words(own, bounds, np.empty(0, np.int64), near_form._load_words())
    assert own[:n].tobytes().decode("utf-32-le") == naive_near.put_words(canonical_text(text), table)


def test_every_word_is_folded_to_one_that_stays() -> None:
    for line in WORDS.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            word, put = line.split("\t")
            assert form_text(word) == form_text(put) == put
