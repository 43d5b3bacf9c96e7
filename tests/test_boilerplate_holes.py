"""Holes of templates go from pages that are no text, and stay where a text speaks of them; registers and dialogues stay."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import clean_text
from pipeline.record import Texts
from pipeline.stages.boilerplate import page
from pipeline.stages.boilerplate.features import Measured, measure
from pipeline.stages.boilerplate.holes import LEAST, LONGEST, TEXT, find_signs, find_unfilled
from pipeline.stages.boilerplate.net import Look

HEADLINE = "水务局公布今年的准备情况"
PARAGRAPH = "市水务局昨天公布了今年汛期的准备情况，全市水库已经完成检查，其中几座正在加固，居民都很放心。"


def sign(*lines: str) -> list[int]:
    texts = Texts.of(["\n".join(lines)])
    signs: list[int] = find_signs(texts, np.arange(len(lines))).tolist()
    return signs


def find(*lines: str, text: float = TEXT - 0.1) -> list[bool]:
    """Which lines are holes that go of a page that the net gives `text`."""
    signs = np.array(sign(*lines), np.int8)
    found: list[bool] = find_unfilled(np.array([0, len(lines)]), signs, np.array([text], np.float32)).tolist()
    return found


@pytest.mark.parametrize("lines", [
    ["{{item.title}}", "@@=it.name$$", "$info.channelName · 某某网 ·"], ["<%= title %>", "• ${item.date}", "{shopName}"],
])
def test_holes(lines: list[str]) -> None:
    assert find(*lines) == [True] * len(lines)
    assert find(HEADLINE, *[x for line in lines for x in (line, HEADLINE)]) == [False, *[True, False] * len(lines)]
    assert not any(find(*lines, text=TEXT + 0.1))                                       # the net is sure that it is a text
    assert not any(find(*lines[:LEAST - 1]))


@pytest.mark.parametrize("beside", [PARAGRAPH, "例如：", "<div id=\"app\">", "</div>", "const a = 1;", "new Vue({", "```"])
def test_holes_beside_prose_or_code_stay(beside: str) -> None:
    assert not any(find(beside, "{{ message }}", "{{ number + 1 }}", HEADLINE, "{{ ok }}"))
    assert not any(find("{{ ok }}", HEADLINE, "{{ message }}", "{{ number + 1 }}", beside))


@pytest.mark.parametrize("lines", [
    ["<div>", "{a}", "$5.20", "@某人 你好"], ["{{a" * 3] * 4, ["字" * LONGEST + "{{a.b}}"] * 4, [HEADLINE] * 5,
])
def test_no_holes(lines: list[str]) -> None:
    assert not any(find(*lines))


def test_nothing_to_look_at() -> None:
    assert find_signs(Texts.of([]), np.zeros(0, np.int64)).tolist() == []
    assert sign("{{a.b}}", HEADLINE, "{{a.c}}", "{{a.d}}", PARAGRAPH) == [1, 0, 1, 1, 2]
    assert sign("{{a.b}}", HEADLINE, "{{a.c}}", PARAGRAPH) == [0] * 4


def test_pages_are_read_one_by_one() -> None:
    signs = np.array(sign("{{a.b}}", "{{a.c}}", "{{a.d}}", "{{a.e}}"), np.int8)
    assert find_unfilled(np.array([0, 4]), signs, np.zeros(1, np.float32)).all()
    assert not find_unfilled(np.array([0, 2, 4]), signs, np.zeros(2, np.float32)).any()


LINES = st.sampled_from([HEADLINE, PARAGRAPH, "{{a.b}}", "$info.name", "<p>", "", "例如：", "```"])


@given(st.lists(st.lists(LINES, max_size=12), max_size=4))
@settings(max_examples=60)
def test_a_document_is_read_by_itself(pages: list[list[str]]) -> None:
    texts = Texts.of(["\n".join(lines) for lines in pages])
    rows = np.flatnonzero(texts.lines.end > texts.lines.start)
    alone = [x for lines in pages for x in sign(*[line for line in lines if line])]
    assert find_signs(texts, rows).tolist() == alone


@pytest.mark.parametrize("line", ["{{" * 150, "@@" + "$" * 158, "<%" * 80, "${" + "a." * 79, "$a." + "b" * 157])
def test_hostile_lines_take_no_time(line: str) -> None:
    texts = Texts.of(["\n".join([line[:LONGEST]] * 2000)])
    start = time.process_time()
    find_signs(texts, np.arange(2000))
    assert time.process_time() - start < 5


def judge(*lines: str, text: float = 0.5) -> list[bool]:
    """What a look cuts of a page that the net keeps but for its last line."""
    measured: Measured = measure(Texts.of(["\n".join([*lines, "返回首页"])]))
    n = len(lines) + 1
    keep, title = np.full(n, 0.5, np.float32), np.zeros(n, np.float32)
    keep[-1], title[0] = 0.01, 0.9
    seen = Look(np.array([0, n]), keep, title, np.array([[text, (1 - text) / 2, (1 - text) / 2]], np.float32))
    signs = np.array(sign(*lines, "返回首页"), np.int8)
    none, forms = np.zeros(n, np.bool_), np.full(n, -1, np.int8)
    cut: list[bool] = page.judge_look(measured, seen, none, forms, signs, False).cut.tolist()
    return cut


DATES = ("2021-10-08", "2020-06-11", "2018-03-20", "2015-09-01", "1998-05-06")


def date(*entries: str) -> list[str]:
    return [f"{entry} {day}" for entry, day in zip(entries, DATES, strict=True)]


#: What stands newest first, or breaks off, and is the text of its page: entries apart with |.
ENTRIES = {
    "history": "二期厂房建成投产|共建联合实验室|通过质量管理体系认证|总部迁入新北区创业园|第一座厂房竣工投产",
    "statutes": "关于加强饮用水安全管理的通知|关于印发排水管理办法的通知|关于调整水资源费的通知"
                "|关于做好防汛储备的通知|关于规范取水审批的通知",
    "works": "长篇小说《南方的河流》出版|中篇《灯下的母亲》发表|短篇集《车站》出版|散文《桥》发表于《散文》|处女作《雨夜》发表",
    "changelog": "修复导出文件时的崩溃|新增按标签筛选笔记|支持深色模式和自定义字体|优化大文件的打开速度|首个公开版本发布",
    "table": "大石门水库完成蓄水验收|龙潭水库完成大坝加固|青山水库完成清淤工程|白马水库改造泄洪闸|红旗水库修复溢洪道",
    "prices": "京东自营到手价2399元|京东自营到手价2499元|天猫旗舰店券后2599元|苏宁秒杀价2699元|首发上市价格2999元",
    "results": "江苏队二比一战胜广州队|江苏队一比一战平广州队|江苏队二比零战胜上海队|江苏队战平重庆队|江苏队战胜北京队",
    "episodes": "第48期：去南极是什么体验|第47期：城市里的观鸟人|第46期：认识一碗米饭|第45期：旧书店的一天|第44期：学木工",
    "patents": "一种节能型离心水泵及其控制方法|一种防漏阀门的密封结构|一种管道压力监测装置|一种叶轮铸造方法|一种水泵底座",
    "professor": "长江中游洪水演变的数值模拟，水利学报|河床演变模型研究，水科学进展|水库调度优化，水力发电学报|平原河网模型"
                 "|泥沙沉降",
    "department": "完成年度河湖清理任务|启动农村饮水普查工作|完成中小河流治理初验|组织防汛抢险应急演练|召开全市水利会议",
    "cv": "任某某公司技术总监|任某某软件公司高级工程师|任某某研究所助理研究员|任某某大学实验室技术员|毕业于某某大学",
}
LINES_OF = {
    "minutes": "讨论预算|财务认为今年的设备采购计划应当压缩...|讨论人员|人事处提出下半年招聘三名工程师...|讨论安全"
               "|安全科汇报了上月仓库检查的几个隐患...|讨论培训|办公室建议把新员工的培训改到九月...",
    "dialogue": "她问他|我以为你今天晚上不会回来了…|他没有抬头|路上的雨下得实在太大了…|她笑了笑|桌上的汤我已经热过三遍了…"
                "|他坐下来|你其实用不着一直等我到现在…",
    "tutorial": "插值写成双大括号：|{{ message }}|括号里可以写简单的表达式。|{{ number + 1 }}|{{ ok ? 'YES' : 'NO' }}"
                "|指令里也可以。",
    "fenced": "插值如下|```|{{ message }}|{{ number }}|{{ ok }}|```",
}
REGISTERS = {
    **{kind: date(*entries.split("|")) for kind, entries in ENTRIES.items()},
    **{kind: lines.split("|") for kind, lines in LINES_OF.items()},
    "in brackets": [f"{entry}（{day}）" for entry, day in zip(ENTRIES["statutes"].split("|"), DATES, strict=True)],
    "releases": [x for n, day in enumerate(DATES) for x in (f"版本三点{5 - n}更新内容说明 {day}", "修复导出文件时偶尔崩溃的问题")],
}
MENU, FOOT = "首页 | 关于我们 | 产品中心 | 联系我们", "版权所有 京ICP备12345678号"


@pytest.mark.parametrize("kind", REGISTERS)
def test_a_register_that_the_net_keeps_stays(kind: str) -> None:
    """The law: neither falling dates nor lines that break off take what the net would leave."""
    lines = REGISTERS[kind]
    assert judge(HEADLINE, *[PARAGRAPH] * 2, *lines) == [False] * (len(lines) + 3) + [True]
    assert judge(HEADLINE, *lines, text=0.75) == [False] * (len(lines) + 1) + [True]


@pytest.mark.parametrize("kind", REGISTERS)
def test_a_register_without_furniture_is_not_touched(kind: str) -> None:
    for lines in ([HEADLINE, *REGISTERS[kind]], [HEADLINE, PARAGRAPH, PARAGRAPH, *REGISTERS[kind]]):
        assert clean_text("\n".join(lines), stages=["boilerplate"]).text.split("\n") == lines


@pytest.mark.parametrize("kind", REGISTERS)
def test_a_register_in_a_text_under_a_menu_stays(kind: str) -> None:
    """The shipped net keeps them between an introduction and an end, a menu above and the line of the site below."""
    lines = [HEADLINE, *[PARAGRAPH] * 3, *REGISTERS[kind], *[PARAGRAPH] * 2]
    got = clean_text("\n".join([MENU, *lines, FOOT]), stages=["boilerplate"])
    assert [line for line in lines if line not in got.text.split("\n")] == []
    assert got.metadata.get("published") is None


@pytest.mark.parametrize("lines", [
    [x for n in range(8) for x in (f"便利店悄悄关门了，第{n}家", "$info.channelName · 投资界 ·")],
    [x for n in range(8) for x in (f"我的关注{n}", "@@=it.title$$", "@@=it.user.name$$")],
])
def test_a_page_that_no_script_has_filled_in_loses_its_holes(lines: list[str]) -> None:
    assert all(cut for line, cut in zip(lines, judge(*lines), strict=False) if line[0] in "$@")


def test_related_headlines_that_the_net_knows_still_go() -> None:
    headlines = "市民中心今日开放预约|城区公交线路调整|博物馆举办新展览|体育馆免费开放时间|图书馆延长开放"
    related = [f"• {x}" for x in date(*headlines.split("|"))]
    page_of = ["首页 > 新闻 > 本地", "汛期准备就绪", *[PARAGRAPH] * 4, "相关新闻", *related, FOOT]
    got = clean_text("\n".join(page_of), stages=["boilerplate"]).text.split("\n")
    assert got == page_of[1:6]
