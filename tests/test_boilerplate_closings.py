"""What closes a notice is spared whatever the model says; the same forms elsewhere are not."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.options import BoilerplateOptions
from pipeline.record import Texts
from pipeline.stages.boilerplate.closings import find_closings
from pipeline.stages.boilerplate.features import find_text
from pipeline.stages.boilerplate.judgement import judge

SENTENCE = "各乡镇要把春耕生产摆在突出位置，主要负责同志要亲自抓，农业农村局负责技术指导。"


def spared(*lines: str) -> list[str]:
    """Lines that are spared when the model would cut every one."""
    texts = Texts.of(["\n".join(lines)])
    options = BoilerplateOptions(drop=tuple(lines))
    judged = judge(texts, np.flatnonzero(find_text(texts)), options)
    keeps = find_closings(texts, judged, np.ones(len(judged), np.bool_), options)
    return [texts.line(int(i)) for i in judged.line[keeps]]


@pytest.mark.parametrize(
    "closing",
    [
        ("某某县人民政府办公室", "2020年5月12日"), ("某某市教育局（章）局", "二〇二〇年五月十二日"),
        ("县 教 育 局", "2020 年 5 月 12 日"),
    ],
)
def test_signature_and_date_are_spared(closing: tuple[str, str]) -> None:
    assert spared(SENTENCE, SENTENCE, *closing) == list(closing)


def test_attachments_are_spared() -> None:
    items = ["2.农资储备情况表", "3.联系人名单"]
    assert spared(SENTENCE, "附件：1.任务分解表", *items, "打印本页") == items


@pytest.mark.parametrize(
    "lines",
    [
        ("新闻中心", "2020年5月12日", SENTENCE),                   # at the head: a dateline
        (SENTENCE, "分享到微信", "2020年5月12日"),                 # nobody signed it
        (SENTENCE, "某某县人民政府办公室", "2020-05-12 10:00"),     # the form of a byline
        (SENTENCE, "相关链接", "1.任务分解表公布", "2.农资储备公布"),   # a list of links
    ],
)
def test_the_same_forms_elsewhere_are_not(lines: tuple[str, ...]) -> None:
    assert spared(*lines) == []
