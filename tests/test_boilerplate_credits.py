"""A credit closes its article: what follows goes, unless it is another part of the page."""

from __future__ import annotations

import pytest

from pipeline import clean_text

BODY = [f"第{k}天，市水务局公布了今年汛期的准备情况，全市水库已经完成检查，其中几座正在加固，居民都很放心。" for k in "一二三四五"]
TAIL = ["本报读者都在看", "了解不一样的家乡，打造自己的生活。"]


def clean(*lines: str) -> list[str]:
    return clean_text("\n".join(lines), stages=["boilerplate"]).text.split("\n")


@pytest.mark.parametrize("credit", ["责任编辑：王小明", "（責編：王小明）", "编辑: 王小明"])
def test_what_follows_a_credit_goes(credit: str) -> None:
    assert clean("水库汛期准备就绪", *BODY, credit, *TAIL)[-1] == BODY[-1]


@pytest.mark.parametrize("lines", [
    ["水库汛期准备就绪", *BODY[:2], "编辑：王小明", *BODY[2:]],                  # another part of the page follows
    ["水库汛期准备就绪", *BODY, "编辑 /etc/login.defs 文件，可以设置期限。", "保存之后重新登录。"],    # no credit
    ["水库汛期准备就绪", *BODY, "王小明说，编辑：这是他的职业，也是他一生的爱好。", "他还会做下去。"],
])
def test_what_follows_anything_else_stays(lines: list[str]) -> None:
    got = clean(*lines)
    assert lines[-1] in got
    assert lines[-2] in got


def test_one_document_does_not_close_another() -> None:
    from pipeline.clean import clean_texts

    first, second = "\n".join(["水库汛期准备就绪", *BODY, "责任编辑：王小明"]), "\n".join(TAIL)
    alone = clean_texts([second], stages=["boilerplate"])[0].text
    assert clean_texts([first, second], stages=["boilerplate"])[1].text == alone
