"""One word of an otherwise equal text: another unit or last number is another text, a variant is not.

Cases with `held_out` were written after the mechanism and its lists were; the figures of docs/near-duplicates.md are of these.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipeline.near import near_duplicates

CASES = [json.loads(line) for line in (Path(__file__).parent / "cases" / "near_changed.jsonl").read_text("utf-8").splitlines()]
HARBOUR = (
    "老港口的清晨\n天还没有亮，渔港的灯已经一盏一盏地亮起来。船老大们蹲在防波堤上抽烟，等着潮水涨到能出海的高度。冰厂的传送带轰隆隆地响着，"
    "碎冰落进船舱，白花花的一片。\n过去这里只有几条木船，出海全凭经验，遇到大雾就只能抛锚。后来合作社添置了雷达和电台，年轻人也愿意留下来，"
    "学着看海图、修发动机、记航海日志。\n中午的集市最热闹。刚靠岸的鱼虾倒在竹筐里，买主围成一圈，出价全靠手势，外人看得一头雾水。"
    "卖完了鱼，船员们到茶馆里坐一坐，聊聊风向和鱼汛。\n"
)
OBSERVATORY = (
    "山顶上的观测站\n观测站建在海拔很高的山脊上，最近的村庄也要走半天的山路。站里常年有人值守，每隔一个小时就要到室外读一次仪器，"
    "无论刮风还是下雪，从来没有间断过。\n最难熬的是冬天。积雪有时会把门堵住，值班员只好从窗户爬出去，用铁锹挖出一条通道。"
    "水管冻裂以后，大家就化雪做饭，一锅雪只能化出小半锅水。蔬菜靠骡子驮上来，路上要是遇到塌方，就得吃上好些天的咸菜。\n"
    "站长在这里工作的时间最长，头发都熬白了。他说年轻的时候也想过下山，可是一想到那些记录不能断，就又留了下来。"
    "墙上挂着历年的曲线图，颜色已经发黄，每一个点都是有人冒着风雪读回来的。\n如今自动仪器越来越多，数据可以直接传到山下，"
    "值守的人却没有减少。仪器会结冰，会被雷击，总要有人去敲掉冰凌、换上零件。新来的大学生带来了望远镜，晚上没有云的时候，"
    "他们就在平台上看星星，把看到的流星也记在本子上。\n春天来得很晚，杜鹃花开的时候，山下已经是夏天了。这时候会有学生上山参观，"
    "站长总要带着他们走一遍观测场，讲一讲风杯是怎么转的，雨量筒为什么要放平。孩子们问得最多的问题是，一个人在山上会不会害怕。\n"
)


def build(carrier: str, sentence: str, at_end: bool) -> str:
    """The carrier with a sentence as a paragraph of its own, before its last one or behind it."""
    lines = carrier.strip("\n").split("\n")
    lines.insert(len(lines) if at_end else len(lines) - 1, sentence)
    return "\n".join(lines)


def said_same(case: dict[str, Any], carrier: str) -> bool:
    texts = [build(carrier, sentence, case["kind"] == "end") for sentence in (
        case["sentence"], case["sentence"].replace(case["old"], case["new"])
    )]
    return near_duplicates(texts) != [None, None]


def score(held_out: bool) -> Counter[str]:
    """How many of each kind come out right, over both carriers."""
    right: Counter[str] = Counter()
    for case in CASES:
        if case["held_out"] == held_out:
            for carrier in (HARBOUR, OBSERVATORY):
                ok = said_same(case, carrier) == (case["label"] == "dup")
                right[case["kind"] + (" right" if ok else " wrong")] += 1
    return right


@pytest.mark.parametrize("held_out", [False, True])
def test_another_unit_is_another_text_and_a_variant_is_not(held_out: bool) -> None:
    right = score(held_out)
    assert right["same right"] >= 0.98 * (right["same right"] + right["same wrong"]), right
    assert right["unit wrong"] == right["end wrong"] == 0


@pytest.mark.parametrize(("old", "new", "same"), [
    ("走8公里", "走8公斤", False), ("走8公里", "走8公理", True), ("来了8名学生", "来了8个学生", True), ("8月", "8日", False),
    ("花了8元", "花了8美元", False), ("8月3日", "8月3号", True), ("重8千克", "重8克", False),
])
def test_units_are_compared_with_their_numbers(old: str, new: str, same: bool) -> None:
    texts = [build(OBSERVATORY, f"据站里的记录，{x}，与往年一样。", False) for x in (old, new)]
    assert (near_duplicates(texts) != [None, None]) == same
