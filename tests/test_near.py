"""Near-duplicates: the labelled pairs, what is kept, chains, templates, short and empty texts, any order."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.near import decisions as deciding
from pipeline.near import near_duplicates
from pipeline.near.decisions import Decisions, DocumentKeys, clusters
from pipeline.near.explain import explain
from pipeline.near.genre import tell_form
from pipeline.near.sketch import SHORT_MIN, sketch
from pipeline.near.verify import prepare, screen, verify
from pipeline.options import NearOptions
from pipeline.record import Texts
from tests.chinese import pages

CASES = [json.loads(line) for line in (Path(__file__).parent / "cases" / "neardup.jsonl").read_text("utf-8").splitlines()]
ARTICLE = (
    "老旧小区改造要听居民的\n记者近日走访了城北的几个老旧小区。在纺织厂家属院，新装的电梯已经投入使用，住在六楼的退休教师高兴地说，以前上楼要歇三回，现在一分钟就到家了。\n"
    "社区工作人员介绍，改造之前，他们挨家挨户征求意见，光是停车位怎么划就开了七次会。有的居民想要绿地，有的居民想要车位，最后大家商量出一个办法：白天供老人活动，晚上停车。\n"
    "专家认为，老旧小区改造不只是刷墙修路，更是把居民组织起来的过程。谁来管、怎么管、钱从哪里来，这些问题想清楚了，改造的成果才能长久保持下去。\n"
    "接下来，当地还将对另外几个小区的供水和供热管网进行更新，预计入冬之前全部完工。"
)


def keys_of(texts: list[str], **columns: list[str]) -> DocumentKeys:
    return DocumentKeys(
        sketches=sketch(Texts.of(texts), NearOptions()), n_chars=np.array([len(t) for t in texts], np.int64),
        published=columns.get("published", [""] * len(texts)), ids=columns.get("ids", [f"d{i:06d}" for i in range(len(texts))]),
        sources=columns.get("sources"),
    )


def decide(texts: list[str], options: NearOptions | None = None, **columns: list[str]) -> Decisions:
    return deciding.decide(keys_of(texts, **columns), lambda rows: [texts[i] for i in rows], options)


def test_labelled_pairs() -> None:
    tally: Counter[tuple[str, bool]] = Counter()
    wrong = []
    for row in CASES:
        said = near_duplicates([row["a"], row["b"]]) != [None, None]
        tally[row["label"], said] += 1
        if said != (row["label"] == "dup"):
            wrong.append((row["id"], row["kind"]))
    assert tally["not", True] == 0, wrong
    assert tally["dup", True] / (tally["dup", True] + tally["dup", False]) >= 0.98, wrong


@pytest.mark.parametrize("kind", sorted({row["kind"] for row in CASES}))
def test_a_verdict_does_not_depend_on_the_order(kind: str) -> None:
    for row in [r for r in CASES if r["kind"] == kind][:2]:
        forth, back = near_duplicates([row["a"], row["b"]]), near_duplicates([row["b"], row["a"]])
        assert (forth == [None, None]) == (back == [None, None])


def test_nothing_and_one() -> None:
    assert near_duplicates([]) == []
    assert near_duplicates(["一篇"]) == [None]


def test_empty_texts_are_no_duplicates_of_each_other() -> None:
    assert near_duplicates(["", "", "。", "。", "！？", " \n "]) == [None] * 6


def test_short_texts_are_compared_exactly() -> None:
    assert near_duplicates(["转发微博", "转发微薄", "轉發微博！"]) == [2, None, None]
    short = "今天天气非常不错呀我们出去"
    assert len(short) < SHORT_MIN
    assert near_duplicates([short, short[:-1]]) == [None, None]


def test_lone_surrogates_do_no_harm() -> None:
    assert near_duplicates(["坏\ud800字" + ARTICLE, ARTICLE]) == [None, 0]


def test_the_longest_is_kept_then_the_earliest_then_the_smallest_id() -> None:
    copy = ARTICLE.replace("，", "")
    assert decide([copy, ARTICLE]).kept_of.tolist() == [1, 1]
    texts = [ARTICLE] * 3
    assert decide(texts, published=["2021-02-01", "2020-01-01", ""]).kept_of.tolist() == [1, 1, 1]
    assert decide(texts, ids=["c", "b", "a"]).kept_of.tolist() == [2, 2, 2]


def test_other_keep_policies() -> None:
    copy = ARTICLE.replace("，", "")
    texts = [copy, ARTICLE]
    dates = ["2020-01-01", "2021-01-01"]
    assert decide(texts, NearOptions(keep="earliest"), published=dates).kept_of.tolist() == [0, 0]
    assert decide(texts, NearOptions(keep="earliest"), published=["", "2021-01-01"]).kept_of.tolist() == [1, 1]
    assert decide(texts, NearOptions(keep="id"), ids=["a", "b"]).kept_of.tolist() == [0, 0]
    by_source = NearOptions(keep="source", sources=("agency", "blog"))
    assert decide(texts, by_source, sources=["agency", "blog"]).kept_of.tolist() == [0, 0]
    assert decide(texts, by_source, sources=["elsewhere", "blog"]).kept_of.tolist() == [1, 1]


def test_a_whole_text_is_never_dropped_for_a_part_of_it() -> None:
    part = ARTICLE[:int(len(ARTICLE) * 0.7)]
    assert near_duplicates([ARTICLE, part]) == [None, 0]
    earliest = decide([ARTICLE, part], NearOptions(keep="earliest"), published=["2021-01-01", "2020-01-01"])
    assert earliest.kept.all()          # the part goes first, and the whole says more: both stay


def test_nothing_is_dropped_for_a_chain() -> None:
    """Each text is a near-duplicate of the next, the ends are not: what is dropped was compared with what is kept."""
    lines = [ARTICLE.split("\n")[1:], CASES[4]["a"].split("\n")]
    paragraphs = [line for group in lines for line in group if len(line) > 40][:8]
    chain = ["\n".join(paragraphs[:4 + k]) for k in range(len(paragraphs) - 3)]
    decisions = decide(chain)
    prepared = prepare(chain, 5)
    for i, kept in enumerate(decisions.kept_of.tolist()):
        if kept != i:
            assert decisions.kept_of[kept] == kept
            assert verify(prepared, i, prepared, kept).cause == decisions.causes[i]


def test_exact_copies_follow_their_first_where_it_is_dropped() -> None:
    part = ARTICLE[:int(len(ARTICLE) * 0.7)]
    decisions = decide([part, part + "。", ARTICLE])
    assert decisions.kept_of.tolist() == [2, 2, 2]
    assert decisions.causes == ["contained", "contained", None]


def corpus(seed: int, count: int) -> list[str]:
    """Texts of the cases, copies of them, and empty ones."""
    rng = random.Random(seed)
    texts = [t for row in rng.sample(CASES, count) for t in (row["a"], row["b"])]
    return [*texts, *(t.replace("，", "") for t in texts[:5]), "", "。", *texts[:3]]


@settings(max_examples=6)
@given(st.randoms(use_true_random=False))
def test_order_and_chunks_change_nothing(rng: random.Random) -> None:
    texts = corpus(1, 30)
    ids = [f"d{i:04d}" for i in range(len(texts))]
    first = {ids[i]: ids[k] for i, k in enumerate(decide(texts, ids=ids).kept_of.tolist())}
    order = list(range(len(texts)))
    rng.shuffle(order)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deciding, "_CHUNK_CHARS", rng.choice([1, 500, 10_000]))
        options = NearOptions()
        object.__setattr__(options, "memory", rng.choice([1_000, 1 << 20]))     # less than users may set, so that it spills
        shuffled = decide([texts[i] for i in order], options, ids=[ids[i] for i in order])
    assert {ids[order[i]]: ids[order[k]] for i, k in enumerate(shuffled.kept_of.tolist())} == first


def test_bands_find_what_all_pairs_find() -> None:
    texts = corpus(2, 60)
    by_bands = decide(texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deciding, "_ALL_PAIRS", 10_000)
        by_all = decide(texts)
    assert by_bands.kept_of.tolist() == by_all.kept_of.tolist()


@settings(max_examples=15)
@given(st.lists(pages, max_size=8))
def test_laws_of_decisions(texts: list[str]) -> None:
    decisions = decide(texts)
    for i, kept in enumerate(decisions.kept_of.tolist()):
        assert decisions.kept_of[kept] == kept
        assert (kept == i) == (decisions.causes[i] is None)
        assert 0 <= decisions.similarity[i] <= 1


def test_giant_cluster_and_empty_texts_take_time_in_proportion() -> None:
    rng = random.Random(4)

    def seconds(count: int) -> float:
        texts = [ARTICLE[:k] + "甲" + ARTICLE[k:] for k in (rng.randrange(len(ARTICLE)) for _ in range(count))] + [""] * count
        keys = keys_of(texts)
        before = time.process_time()
        decisions = deciding.decide(keys, lambda rows: [texts[i] for i in rows])
        assert decisions.kept.sum() <= count + 2
        return time.process_time() - before

    seconds(60)
    small = seconds(300)
    assert seconds(1_200) < 10 * small + 2


def test_clusters_are_listed_largest_first() -> None:
    copies = [ARTICLE[:k] + ARTICLE[k + 1:] for k in (30, 60, 90)]
    assert clusters(decide([ARTICLE, *copies, "另一篇完全不同的文章，说的是别的事情。"])) == [(0, 3)]


def test_verse() -> None:
    assert tell_form("采采芣苢，薄言采之。采采芣苢，薄言有之。") == 2
    assert tell_form("明月几时有？把酒问青天。不知天上宫阙，今夕是何年。我欲乘风归去，又恐琼楼玉宇。") == 1
    assert tell_form("今天白天到夜间晴，北风3级，气温4到25度，注意防火。") == 0
    assert tell_form(ARTICLE) == 0


def test_facts_and_wording() -> None:
    """Each positive beside its negative: the same change, once of wording and once of fact."""
    notice = "通知：本周五下午两点半在行政楼报告厅召开全体职工会议，布置年终考核工作，请各部门负责人准时参加，不得无故缺席。"
    assert near_duplicates([notice, notice.replace("布置", "部署")])[1] is None         # a short notice: too little to be sure
    assert near_duplicates([notice, notice.replace("两点半", "三点半")]) == [None, None]
    assert near_duplicates([notice, notice.replace("，", " ")]) == [None, 0]
    assert near_duplicates([ARTICLE, ARTICLE.replace("介绍", "说明")]) == [None, 0]
    other = ARTICLE.replace("七次", "九次").replace("六楼", "三楼").replace("三回", "两回")
    assert near_duplicates([ARTICLE, other]) == [None, None]


def test_explain_shows_what_differs() -> None:
    found = explain(ARTICLE.replace("高兴地说", "笑着对记者说"), ARTICLE)
    assert found.cause == "near"
    assert [(p.dropped, p.kept) for p in found.passages] == [("笑着对记者", "高兴地")]
    assert found.similarity > 0.9
    other = explain("今天天气很好，适合出门。", ARTICLE)
    assert other.cause is None
    part = explain(ARTICLE[:int(len(ARTICLE) * 0.7)], ARTICLE)
    assert part.cause == "contained"
    assert part.passages[-1].kept.endswith("完工")
    traditional = "黨(dang)建工作會議紀要，今日在京召開並通過決議"
    assert explain(traditional, "党建工作会议纪要今日在京召开并通过了决议").passages[0].kept == "了"


PARAGRAPHS = ARTICLE.split("\n")
LEAD = (
    "家住城北纺织厂家属院六楼的一位退休教师高兴地告诉记者，小区新装的电梯已经投入使用，以前上楼要歇三回，如今一分钟到家。"
    "记者日前到城北走访了几个老旧小区。"
)
OTHER = (
    "市气象台昨天傍晚发布了大风蓝色预警，预计未来两天全市平均风力将达到五级，沿海和山区阵风更大，渔船应当及时回港避风，"
    "户外广告牌要注意加固。"
)
MORE = (
    "\n在城东的一处小区，居民把闲置的自行车棚改成了图书角，书架是大家从家里搬来的，孩子们放学以后就在这里写作业，老人们戴着眼镜翻看报纸，到了周末还有志愿者来讲故事。"
    "\n物业公司的经理说，刚开始大家都不愿意缴费，后来把每一笔开支贴在公告栏里，缴费的人就慢慢多了起来，今年修好了路灯和围墙，明年打算把地下室的积水彻底解决。"
)


@pytest.mark.parametrize("copy", [
    "\n".join(x for p in PARAGRAPHS for x in (p, "（本章未完，请点击下一页）")) + MORE,
    "\n".join([PARAGRAPHS[0], PARAGRAPHS[3], PARAGRAPHS[1], PARAGRAPHS[2], PARAGRAPHS[4]]) + MORE,
    "\n".join([PARAGRAPHS[0], LEAD, *PARAGRAPHS[2:]]) + MORE,
    "\n".join([PARAGRAPHS[0], "电梯装好了", PARAGRAPHS[1], "七次会议", *PARAGRAPHS[2:]]) + MORE + "\n责任编辑：林晓 校对：陈望",
])
def test_a_repost_that_was_edited_by_passages_is_the_same_text(copy: str) -> None:
    assert near_duplicates([ARTICLE + MORE, copy]) != [None, None]


def test_another_lead_and_an_exchanged_body_are_another_text() -> None:
    other = "\n".join([PARAGRAPHS[0], PARAGRAPHS[1], OTHER, *PARAGRAPHS[3:]]) + MORE
    assert near_duplicates([ARTICLE + MORE, other]) == [None, None]
    half = "\n".join([*PARAGRAPHS[:3], *(OTHER[k:] + OTHER[:k] for k in (10, 40))])
    assert near_duplicates([ARTICLE + MORE, half]) == [None, None]


STATUTE = "江城市公园管理条例\n" + "\n".join(
    f"第{k}条 {x}" for k, x in zip("一二三四五六", (
        "为了加强公园的建设和管理，改善生态环境，制定本条例。", "本市行政区域内公园的规划、建设、保护和管理，适用本条例。",
        "市园林主管部门负责全市公园的监督管理工作。", "公园应当免费开放，确需收费的，应当报价格主管部门批准。",
        "禁止在公园内焚烧树叶、采摘花果、捕捞水生动物。", "违反本条例规定的，由园林主管部门责令改正，可以处以罚款。",
    ), strict=True)
)


@pytest.mark.parametrize(("old", "new"), [
    ("江城市公园", "河城市公园"), ("免费开放，", "免费开放，也可以委托经营，"), ("树叶、采摘", "垃圾、采摘"),
    ("市园林主管部门负责", "市绿化局负责"),
])
def test_a_revised_or_a_sister_statute_is_another_one(old: str, new: str) -> None:
    assert near_duplicates([STATUTE, STATUTE.replace(old, new)]) == [None, None]
    assert near_duplicates([STATUTE, "公报\n" + STATUTE.replace("，", " ")]) != [None, None]


def test_lists_of_other_links_are_other_lists() -> None:
    links = ["• 栏目" + a + b + "的介绍与说明" for a in "甲乙丙丁戊己庚辛" for b in "金木水火土"]
    assert near_duplicates(["\n".join(links), "\n".join([*links[:20], "• 完全另外的一个条目", *links[21:]])]) == [None, None]
    assert tell_form("\n".join(links)) == 4


def test_another_lead_is_another_text() -> None:
    long = ARTICLE + MORE + MORE.replace("城东", "城西").replace("今年", "去年").replace("图书角", "手工坊")
    assert near_duplicates([long, long.replace(PARAGRAPHS[1], OTHER)]) == [None, None]


def test_a_flash_with_other_sources_is_the_same_and_one_with_another_fact_is_not() -> None:
    flash = "国务院总理今天上午在人民大会堂会见了来访的客人，双方就共同关心的问题交换了意见。"
    wire, site = "新华社北京3月5日电 " + flash, flash + "\n来源：央视新闻客户端"
    assert near_duplicates([wire, site]) != [None, None]
    assert near_duplicates([wire, site.replace("上午", "下午")]) == [None, None]


def test_words_of_taiwan_are_those_of_the_mainland() -> None:
    here = "这个软件的默认程序可以打印信息，用户用鼠标就能操作，网络速度也很快，数据每天晚上自动备份到服务器。"
    there = "這個軟體的預設程式可以列印資訊，使用者用滑鼠就能操作，網路速度也很快，資料每天晚上自動備份到伺服器。"
    assert near_duplicates([here, there]) != [None, None]
    many = [here, there, *(f"第{k}篇，说的是别的事情，与前面的两篇没有关系，大家各有各的看法，编号{k * k}。" for k in range(60))]
    assert near_duplicates(many)[:2] != [None, None]        # by sketches, where all pairs are too many


WATER = (
    "市水务局昨天公布了今年汛期的准备情况，全市水库已经完成检查，其中几座正在加固。",
    "负责人介绍，加固工程采用了新的防渗材料，下游的供水没有受到影响。",
    "村民每天早晚可以到临时水站取水，老人和孩子由志愿者送水上门。",
    "去年夏天的暴雨曾使水库的水位超过警戒线，附近的居民连夜转移。",
)


@pytest.mark.parametrize("sentences", [1, 2, 3, 4])
def test_the_same_body_under_another_headline_is_the_same_article(sentences: int) -> None:
    body = "\n".join(f"{line}这一次要早作准备。" for line in WATER[:sentences])
    assert near_duplicates([f"水库汛期准备就绪\n{body}", f"走进大坝：加固背后的人们\n{body}"]) != [None, None]


PUT = st.sampled_from(("", "的", "3", "不", "甲乙丙丁", ARTICLE[20:90]))
CHANGES = st.tuples(st.integers(0, 500), st.sampled_from((0, 0, 1, 2, 14, 60)), PUT)
SOME = [case[side] for case in CASES[:40:8] for side in "ab"] + ["", "床前明月光，疑是地上霜。举头望明月，低头思故乡。"]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from((30, 150, 260, 500)), st.lists(CHANGES, max_size=12)), min_size=2, max_size=6))
def test_many_pairs_at_once_are_judged_as_each_is(made: list[tuple[int, list[tuple[int, int, str]]]]) -> None:
    texts = list(SOME)
    for size, changes in made:
        text = ARTICLE[:size]
        for at, taken, put in changes:
            text = text[:at] + put + text[at + taken:]
        texts.append(text)
    ready = prepare(texts, NearOptions().shingle)
    pairs = [(i, j) for i in range(len(texts)) for j in range(len(texts)) if i != j]
    apart, similarity = screen(ready, *np.array(pairs, np.int64).T.copy())
    for (i, j), is_apart, similar in zip(pairs, apart.tolist(), similarity.tolist(), strict=True):
        verdict = verify(ready, i, ready, j)
        if is_apart:
            assert verdict == (None, similar)
    assert apart.any()
