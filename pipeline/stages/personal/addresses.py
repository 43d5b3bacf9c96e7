"""Where somebody lives: an address with a house number, that a word says is a home, or that has the form of one.

An address of an office, a shop or a court is public, and so is a road with a number that nobody is said to live at.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from pipeline.stages.personal.contexts import FOOT, HOME, ORG, OWN_HOME, has_office, is_card_of_one
from pipeline.stages.personal.kinds import Hit
from pipeline.stages.personal.places import PLACE
from pipeline.stages.personal.view import View

__all__ = ["find_addresses"]

_NUMBER = r"(?:[甲乙丙丁]?\d{1,5}|[A-Za-z]\d{0,4}|[一二三四五六七八九十]{1,3})"
_UNIT = "(?:号楼|号院|号|弄|巷|幢|栋|座|单元|楼|层|室|舍|房|门|组|社|队|排|段|F|f)"
_PART = rf"(?:{_NUMBER}(?:-\d{{1,4}}){{0,3}}(?:之[\d一二三四五六七八九十]{{1,3}})? ?{_UNIT}(?:之[\d一二三四五六七八九十]{{1,3}})?)"
_BETWEEN = r"[\u3400-\u9fff]{0,8}?"
_LAST = (
    r"(?:(?: ?[A-Za-z]?-?\d{1,4}(?:-\d{1,4}){0,2}"
    r"|[\u3400-\u9fff]{2,6} ?[A-Za-z]?\d{1,4}(?:-\d{1,4}){1,3}"
    r"|[\u3400-\u9fff]{1,6}(?:[楼厦寓舍]|单元) ?[A-Za-z]?\d{3,4})(?: ?[室户])?(?![\d元年月日人个.%-]))?"
)
# A road, a village or an estate, then parts with numbers: bounded runs of one class each, of which no later piece has to fit, so an
# attempt reads at most some hundred characters and gives none of them back twice: linear.
_TAIL = re.compile(
    "(?:路|街|道|巷|弄|胡同|里|村|区|苑|园|城|庭|府|湾|坊|庄|屯|寨|镇|乡|邨|围|径|厝|堡|公寓|大厦|大楼|宿舍|新村|花园|家园|段|院|楼)"
    rf"{_BETWEEN} ?(?:{_PART}(?: ?{_BETWEEN}(?:\([^()\n]{{1,12}}\))? ?{_PART}){{0,5}}{_LAST}"
    rf"|\d{{1,3}}-\d{{1,2}}-\d{{3,4}}(?![\d.-]))"
)
# What an address is made of before that, up to the sign before it.
_HEAD = re.compile(r"[\u3400-\u9fffA-Z0-9·-]{1,40}$")
_START = re.compile(
    "地址|住址|住所地?|住处|户籍地?|户口|所在地|居住地?|现住|家住|住在|住于|寄到|寄往|寄至|寄给|寄回|送[到至]|租住|搬到|位于|坐落"
    "|家在|家是|收货|收件|寄|写信[到至给]"
    "|[自本丧老祖旧]宅|我们家|门牌|住房|宅基地?|租[了赁下住]了?|买[了下]|搬进|房子在|请送|住家|老屋|独居于?|借住在?|暂居|麻烦送|灵堂设"
    "|[改换变写填][成为到]|更正为|填的?|写[着的]|着|发[到往]|[搬回]到|到|去|老家|新家|娘家|婆家|我家"
    "|[于在是系]|住(?![院宿房建])"
)
_HOUSE = re.compile("单元|小区|新村|花园|家园|公寓|宿舍|家属院|里弄|弄\\d+号|苑|幢\\d|栋\\d|\\d门\\d|里\\d+门|号楼\\d"
    "|园[一二三四五六七八九十]区|[巷弄]\\d+号.*楼|巷.*楼")
#: Of a person's record: a name, a sex, an age, then where he lives. What is said at a door, or with who is to be asked for there.
_RECORD = re.compile("(?:[\u3400-\u9fff]{2,3}[,、 ](?:男|女)|\\d岁)[,、 ](?:[\u3400-\u9fff]{1,6}[,、 ])?$")
_AT_DOOR = re.compile(r"[ ,，]{0,2}(?:写我|敲门|进胡同|来取)| [\u3400-\u9fff]{1,2}(?:老|先生|女士|太太|师傅|阿姨)(?![师板])")
#: Who hires gives his works' address beside his telephone.
_HIRES = re.compile("诚聘|招聘|急招|招工|车间|工价")
#: The seat of a company.
_SEAT = re.compile("住所 ?:? ?$")
_STOP = re.compile("[。!?]")
_DIGIT = re.compile("[0-9]")
_PARTS = re.compile(r"\d+")
_ROOM = re.compile(r"(?:室|\d房|单元|楼|[号栋幢座门]\d{3,4}|-\d{3,4}|附\d)")
#: A road, an estate or a village by its name before the first number: 3号楼2单元 alone is nobody's.
_ROAD = re.compile(r"^[^0-9]{2,}?[路街道巷弄里村园苑区城镇乡邨庄庭府湾坊大][^0-9]*\d")
_SENTENCE = re.compile("[。;；!?]")
#: What stands behind a home: 收件人, who is asked for there.
_AFTER = re.compile(
    r" ?(?:\(?(?:住家|家)|[,，]? ?(?:放在?家?门口|敲门|别?按门铃|写我|[,，]?进(?:胡同|院|门)|白天都?有人|来取|的(?:租客"
    r"|业主|住户|房客|邻居)|漏水|搬[走出])|[,，;；]? ?收[件货](?:人|[:：]|写)"
    r"|[,，]? ?[\u3400-\u9fff]{1,3}[^\n部社处科室会局组台站]收(?![费取入]))"
)
#: What an office asks to be sent to it, and words of homes that only say where to.
_HANDED = re.compile("(?:材料|申请表?|申报表?|报名表|稿件|样品|作品|表格|资料|回执|附件)[^,，。]{0,12}寄")
_SENT = re.compile("寄[到往至给回]|邮寄地址|收[货件]|送[到至货]|[帮改]寄")
#: Words of somebody's own home, anywhere in the sentence.
_FAR = re.compile("[我他她]家|我住|住处")
#: What a letter is told to go to.
_LETTER = re.compile("寄[到往至给回]?[ :]{0,2}$")
_LABELS = 14                # characters before an address that can be its label
_PLACE = re.compile("(?:位于|坐落于?|地处|座落于?) ?$")
_CLAUSE = re.compile("[,，、。;；!?]")
#: Roads, villages and homes that have their name of an office: 学院路, 纺织厂宿舍.
_NAMED_AFTER = re.compile(
    "(?:大学|科学|影视)城|(?:公园|广场|中心|天街)(?=[A-Z0-9])|(?:大学|学院|中学|学校|厂|公司|单位)(?=[\u3400-\u9fff]{0,6}(?:\\d{1,2}舍|宿舍|公寓|家属|东院|西院))|[\u3400-\u9fff]{2}(?:大?[路街道巷]|[村镇乡弄里]|胡同|家属|宿舍|小区|新村|生活区|住宅)"
)


def find_addresses(view: View, others: Sequence[Hit]) -> Iterator[Hit]:
    """Addresses of homes. `others` are what else was found: a name, a number and an address in one line are a person's."""
    ends = sorted(hit.end for hit in others if hit.kind in ("mobile", "identity", "landline", "passport"))
    for _, at, end in view.houses.find(_TAIL):
        number = _DIGIT.search(view.folded, at, end)
        head = _HEAD.search(view.before(number.start(), 60).rstrip(" ")) if number else None
        if number is None or head is None:
            continue
        blank = view.folded[number.start() - 1] == " "
        start = number.start() - blank - len(_cut_label(head[0]))
        own = view.folded[start:end].replace(" ", "")
        before, after = view.before(start, 40), view.after(end, 14)
        told = (_is_beside(view, start, end, ends) and not _HIRES.search(view.around(start, 120))) or is_card_of_one(view, start)
        if _SEAT.search(before) and has_office(view.before(start, 120)):
            continue
        sure = told or _says_home(before, after)
        if not sure and (FOOT.search(view.around(start, 80)) or _stands_by_office(view, start, end)):
            continue
        if _is_home(own, before, after, told):
            yield Hit(start, end, "address")


def _stands_by_office(view: View, start: int, end: int) -> bool:
    """Whether an office is named in the sentence, over line breaks."""
    before = view.folded[max(start - 60, view.begin(start)):start]
    return has_office(_STOP.split(before)[-1] + view.after(end, 60))


def _says_home(before: str, after: str) -> bool:
    told = HOME.search(before) or OWN_HOME.search(before) or _RECORD.search(before)
    told = told or _AFTER.match(after) or _AT_DOOR.match(after)
    return bool(told or _FAR.search(_SENTENCE.split(before)[-1]))


def _is_home(own: str, before: str, after: str, beside: bool) -> bool:
    if has_office(_CLAUSE.split(after)[0]) or has_office(_NAMED_AFTER.sub("", own)):
        return False
    clause = _SENTENCE.split(before)[-1]
    if _RECORD.search(before) or (_AT_DOOR.match(after) and not ORG.search(_NAMED_AFTER.sub("", own))):
        return True
    office = has_office(clause)
    if _HANDED.search(clause) and not _AFTER.match(after):
        label = _SENT.sub("", clause[-_LABELS:])
        if not (HOME.search(label) or OWN_HOME.search(label)):
            return False
    if (HOME.search(clause[-_LABELS:]) or _AFTER.match(after)) and not office:
        return True
    own_home = OWN_HOME.search(clause[-_LABELS:])
    if own_home and not (office and own_home[0] == "搬到") and not has_office(clause[-_LABELS:][own_home.start():]):
        return True
    near = has_office(_CLAUSE.split(clause)[-1])
    if _LETTER.search(clause) and (_ROOM.search(own) or _AFTER.match(after)) and (not near or _AFTER.match(after)):
        return True
    if _ROOM.search(own) and _FAR.search(clause) and not has_office(_CLAUSE.split(clause)[-1]):
        return True
    if office or _PLACE.search(clause):
        return False
    if not _ROOM.search(own) or not _ROAD.search(own):
        return False
    return beside or (_HOUSE.search(own) is not None and len(_PARTS.findall(own)) > 1)


def _is_beside(view: View, start: int, end: int, ends: Sequence[int]) -> bool:
    """Whether a number of a person stands in the same line."""
    n = bisect_right(view.lines, start) - 1
    at = bisect_left(ends, view.lines[n])
    return at < len(ends) and (n + 1 == len(view.lines) or ends[at] < view.lines[n + 1])


def _cut_label(head: str) -> str:
    """The address without the words before it: from behind the last verb or label, or from the first city or province."""
    at = 0
    for m in _START.finditer(head):
        if m.end() < len(head) - 1:
            at = m.end()
    rest = head[at:].lstrip("·-的地了:")
    place = PLACE.search(rest)
    return rest[place.start():] if place else rest
