"""Bylines, dateline rows, head tables and closing attributions: what they say goes into the metadata.

The rule of this file: it reads lines that have been cut (and the bracket that closes an article), and never decides
about any other line. Widths and scripts are folded one character for one, so that places stay the same.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import NamedTuple

from pipeline.chinese.closings import OFFICE_ENDS
from pipeline.chinese.dates import find_date, find_place
from pipeline.chinese.plain import fold_plain

__all__ = ["Attribution", "join_fields", "read_attribution", "read_fields"]

_ISSUE = re.compile(r"(\d{4})年第(\d{1,3})期")                                 # fixed pieces: linear
_BLANKS = re.compile(r"\s{2,}|\t|\||丨|｜")                                     # one character class per branch: linear
_COLON = "::丨|｜/︰"
#: A bracket at the end of a line, without brackets in it, at most 80 characters: the scan back is bounded.
_LAST_BRACKET = re.compile(r"[(\[【〔]([^()\[\]【】〔〕]{2,80})[)\]】〕]$")
_OPENING = re.compile(
    r"^(?:作者|文|图文|文图|撰文|撰稿|供稿|通讯员|本报记者|记者|责任编辑|责编|编辑|来源|稿源|摘自|转自)(?:[:/ ]|系|为|单位|是)"
)
#: Somebody of somewhere: an office, a blank, one to four names. Bounded repeats over one class: linear.
_OFFICE = re.compile(
    rf"^[\u4e00-\u9fff]{{2,24}}(?:{'|'.join(OFFICE_ENDS)})"
    r" {1,3}((?:[\u4e00-\u9fff]{2,4})(?:[ 、,]{1,2}[\u4e00-\u9fff]{2,4}){0,3})$"
)
_NAME_TAIL = re.compile(r"[,;。](?:分别)?(?:系|为|单位|是|作者|来自)|,分别|(?<=[\u4e00-\u9fff])(?:分别)?系(?=[\u4e00-\u9fff])")
_WORK = re.compile("《[^《》]{1,30}》")                                          # bounded, one class: linear
_SOURCE_END = re.compile("[。！？!?(（\\[【]")                                      # one character: linear
_READING = re.compile(r"\([^()\u4e00-\u9fff]{1,40}\)")                          # bounded, one class: linear
_SENTENCE = re.compile("[。！？!?]")                                             # one character: linear
#: What follows 记者 without a sign: names, and nothing else. Bounded repeats, each after a sign: linear.
_HAN = r"[\u3400-\u9fff\U00020000-\U0003ffff·]{2,4}"
_NAMED = re.compile(rf"{_HAN}(?:[ 、,，;；&]{{1,3}}{_HAN}){{0,5}}")
#: What somebody is, at the end of a value: a post and no name. Bounded, one class: linear.
_POST = re.compile(
    "[\u4e00-\u9fff、,()· ]{2,60}"
    "(?:教授|讲师|研究员|主任|院长|馆长|所长|会长|秘书长|博士|院士|学者|专家|律师|总监|经理|董事长|委员)"
)
#: What is said of a source that is none.
_NO_SOURCE = frozenset((
    "网络", "互联网", "网上", "网络整理", "网络转载", "转载", "原创", "本站", "本网", "本站原创", "未知", "不详", "佚名", "其他",
))
#: What somebody did, behind the names.
_DID = frozenset(("编", "著", "译", "摄", "摄影", "报道", "原创", "整理", "供稿", "供图", "文", "图"))
_MARKUP = re.compile('[=<>"{}]')                                                # one character: linear
_JUNK = " \u3000\xa0\u2002\u2003:：|｜丨/·-—–()[]【】〔〕<>,，;；。.、«»※►▲●"
#: Characters of a value: a longer one is no name. On the 298 real pages no field moves from 30 to 120; at 14 two are lost.
_LONGEST = 60
#: A longer line that holds 记者 is a sentence, not a byline; characters of a line that are read. No field moves there from 20 to
#: 120, and from 100 to 2,000: the bounds are for sentences and for time.
_SHORT, _HEAD = 60, 400


class Attribution(NamedTuple):
    """A bracket that closes an article and says who wrote it: where it starts in the line, and the fields in it."""

    start: int
    fields: dict[str, str]


@cache
def _tables() -> tuple[re.Pattern[str], dict[str, str]]:
    """The label regex (an alternation of literals, longest first: linear) and the field of each label."""
    field: dict[str, str] = {}
    for line in (resources.files("pipeline") / "data" / "boilerplate_labels.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            name, labels = line.split("\t")
            field.update((label, name) for label in labels.split(" "))
    words = sorted(field, key=lambda w: (-len(w), w))
    spaced = "|".join(" {0,4}".join(map(re.escape, w)) if len(w) == 2 else re.escape(w) for w in words)
    return re.compile(f"({spaced})"), field


def read_fields(lines: Iterable[str]) -> dict[str, str]:
    """The fields that byline rows hold; the first value of a field wins, editors are joined.

    >>> read_fields(["时间:2019-05-06 17:27来源:中国共产党新闻网 点击:"])
    {'published': '2019-05-06T17:27', 'source_name': '中国共产党新闻网'}
    >>> read_fields(["編輯｜李雪", "責編：姜玉函"])
    {'editor': '李雪、姜玉函'}
    """
    found: dict[str, str] = {}
    pattern, field_of = _tables()
    for line in lines:
        folded = fold_plain(line[:_HEAD])
        if "published" not in found and (date := find_date(folded)):
            found["published"] = date
        elif m := _ISSUE.search(folded):
            found.setdefault("issue", m[0])
        for name, value in _values(line[:_HEAD], folded, pattern, field_of):
            join_fields(found, {name: value})
    if "issue" in found:
        found.setdefault("published", found.pop("issue")[:4])       # an issue of a magazine tells the year at least
    return found


def join_fields(found: dict[str, str], more: dict[str, str]) -> None:
    """Add fields to those found (in place): the first value of a field wins, but editors are joined, and a year gives way."""
    for name, value in more.items():
        if name == "editor" and name in found:
            found[name] += "" if value in found[name] else "、" + value
        elif name == "published" and len(found.get(name, "")) == 4:
            found[name] = value
        else:
            found.setdefault(name, value)


def _values(line: str, folded: str, pattern: re.Pattern[str], field_of: dict[str, str]) -> list[tuple[str, str]]:
    """(field, value) of each label in a line that a colon, a bar or a blank follows."""
    marks = [m for m in pattern.finditer(folded) if _is_label(folded, m.start(), m.end(), field_of[m[1].replace(" ", "")] == "-")]
    out = []
    for m, after in zip(marks, [*marks[1:], None], strict=False):
        name = field_of[m[1].replace(" ", "")]
        if name in ("-", "published"):
            continue
        end = after.start() if after else len(line)
        raw = line[m.end():end].lstrip(_JUNK)
        raw = _BLANKS.split(raw)[0]
        raw = raw[:find_place(fold_plain(raw))]
        if name == "source_name":
            raw = work[0] if (work := _WORK.search(raw)) else _SOURCE_END.split(raw)[0]
        value = (_strip_person(raw) if name in ("author", "editor") else raw.strip(_JUNK))[:_LONGEST + 1]
        bare = name != "source_name" and folded[m.end():m.end() + 1] not in _COLON and not folded[:m.end()].endswith("/")
        if (bare and not _NAMED.fullmatch(value)) or (name == "source_name" and fold_plain(value) in _NO_SOURCE):
            continue
        if 1 < len(value) <= _LONGEST and not value.isdigit() and not _MARKUP.search(value) and not _is_said(raw):
            out.append((name, value))
    return out


def _is_said(raw: str) -> bool:
    """Whether a value is something said, not a name: a turn of a dialogue has a label too (作者：什么时候出版？).

    A work may be called by a question (《为什么？》), and a full stop may end a row.
    """
    plain = _WORK.sub("", raw).rstrip(" 。")
    return bool(_SENTENCE.search(plain))


def _is_label(folded: str, start: int, end: int, closes: bool = False) -> bool:
    """A label stands at the start, after a blank or a sign, or after a digit, and a sign or a blank follows it.

    One that only ends a value (`closes`) may end the line.
    """
    before = folded[start - 1] if start else " "
    after = folded[end] if end < len(folded) else ""
    if folded[start:end].endswith(("记者", "通讯员")) and len(folded) <= _SHORT:
        return True
    opens = not ("\u4e00" <= before <= "\u9fff") or after in _COLON
    return opens and ((after and after in _COLON) or after == " " or (closes and not after) or folded[end - 1] == "/")


def _strip_person(raw: str) -> str:
    """The names out of what follows 作者 or 编辑: without what they are and without brackets."""
    folded = fold_plain(raw)
    if m := _NAME_TAIL.search(folded):
        raw = raw[:m.start()]
    raw = re.split("[/／]|(?:即时|综合)?[报報][道导導]|[发發]自", raw)[0]
    raw = re.split(r"[()（）\[\]【】]", raw.strip(_JUNK))[0].strip(_JUNK)
    names = raw.removesuffix("原创").split()
    while len(names) > 1 and names[-1] in _DID:
        names.pop()
    if len(names) > 1 and _POST.fullmatch(fold_plain(names[0])):                # 某某博物馆馆长 时顺华
        names = names[1:]
    raw = " ".join(names)
    if _POST.fullmatch(fold_plain(raw)):
        return ""
    short = list(itertools.takewhile(lambda name: len(name) <= 4, names))
    return " ".join(short) if short and len(short) < len(names) else raw       # 郭励弘 我来说两句: the names stop there


def read_attribution(line: str) -> Attribution | None:
    """The bracket that ends a line, if it says who wrote the article.

    It must open with 作者, 记者 and the like, or be an office, a blank and names. After a sentence a plain （记者 …）
    stays: it belongs to the paragraph (docs/policy.md).

    >>> read_attribution("注入磅礴动能。(大学路街道办事处  刘翠)")
    Attribution(start=7, fields={'author': '刘翠'})
    >>> read_attribution("（作者:胡青、何圣东,分别系浙江省委党校讲师、教授）").fields
    {'author': '胡青、何圣东'}
    >>> read_attribution("以下简称《决定》（信访超市）") is None
    True
    """
    line = line.rstrip()
    folded = fold_plain(line[-90:])
    m = _LAST_BRACKET.search(folded)
    start = len(line) - len(folded) + m.start() if m else 0
    inner = line[start + 1:start + 1 + len(m[1])] if m else ""          # as it is written
    if len(line) <= 120 and _READING.search(whole := fold_plain(line)):
        alone = _LAST_BRACKET.fullmatch(_READING.sub("", whole.strip()))
        if alone:                                               # a closing line that readings have got into
            m, start, inner = alone, len(line) - len(line.lstrip()), alone[1]
    if not m:
        return None
    before = line[:start].rstrip()
    if before and before[-1] not in "。！？!?”…」":
        return None
    if office := _OFFICE.match(m[1]):
        return Attribution(start, {"author": inner[slice(*office.span(1))].strip()})
    if not _OPENING.match(m[1]) or (before and m[1].startswith(("记者", "本报记者", "通讯员"))):
        return None
    return Attribution(start, read_fields([f"作者:{inner[3:]}" if m[1].startswith("作者系") else inner]))
