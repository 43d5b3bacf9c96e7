"""Numbers of people: identity numbers, bank cards, mobiles and landlines.

Where a number has a check digit it is proved; else its form, what it stands in and the words before it decide. Numbers stand right
after hanzi, so no pattern asks for a word border: each asks for no digit on either side, and `_is_free` for no part of a larger
thing (an address of the web, a decimal, a code).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from pipeline.stages.personal.checksums import is_card, is_hongkong, is_old_resident, is_resident, is_taiwan
from pipeline.stages.personal.columns import read_head
from pipeline.stages.personal.contexts import (
    AT_HOME,
    FOOT,
    IN_URL,
    NAMED,
    NUMBERED,
    OWN,
    PRIVATE,
    THING,
    UNIT_AFTER,
    has_office,
    is_card_of_one,
)
from pipeline.stages.personal.kinds import Hit
from pipeline.stages.personal.view import HANZI_DIGITS, View

__all__ = ["find_cards", "find_identities", "find_landlines", "find_landlines_beside", "find_mobiles"]

# All patterns of this file: pieces of fixed or bounded length with at most one blank or dash between digits, so each attempt reads
# at most some forty characters: linear.
_RESIDENT = re.compile(r"(?<!\d)[1-9]\d{5}[ -]?(?:18|19|20)\d\d[ -]?\d{4}[ -]?\d{3}[\dXx](?![0-9A-Za-z])")
_SPACED_RESIDENT = re.compile(r"(?<![\d.-])[1-9](?:[ -]?\d){16}[ -]?[\dXx](?![0-9A-Za-z])")
_OLD_RESIDENT = re.compile(r"(?<!\d)[1-9]\d{5}[ -]?\d{6}[ -]?\d{3}(?!\d)")
_TAIWAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][1289]\d{2}[ -]?\d{3}[ -]?\d{3}(?![0-9A-Za-z])")
_HONGKONG = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{1,2}) ?(\d{6}) ?(\(?)([0-9Aa])(\)?)(?![0-9A-Za-z])")
_CARD = re.compile(
    r"(?<![0-9A-Za-z])(?:\d{14,19}|\d{4}(?:([ -])\d{4})(?:\1\d{4}){1,2}(?:\1\d{1,7})?|\d{6}[ -]\d{10,13})(?![0-9A-Za-z])"
)
_CARD_ANYHOW = re.compile(r"(?<![0-9A-Za-z.-])[3-69](?:[ -]?\d){13,18}(?![0-9A-Za-z])"
)

_MAINLAND = (
    r"(?:13\d|14[014-9]|15[0-35-9]|16[2567]|17[0-8]|18\d|19[0-35-9])"
    r"(?:\d{8}|( ?- ?| )\d{4}\1?\d{4}|\d[ -]\d{3}[ -]\d{4}|\d[ -]\d{4}[ -]\d{3}|\d{4}[ -]\d{4}"
    r"|\d{2}[ -]\d{3}[ -]\d{3}|[ -]\d{3}[ -]\d{5}|[./·_]\d{4}[./·_]\d{4}|([ .-])\d\d\2\d\d\2\d\d\2\d\d)"
)
_MOBILE = re.compile(rf"(?<!\d)(?:(?:\((?:\+|00)?86\)|(?:\+|00)?86)(?: ?\(0\))?[ -]?|0)?{_MAINLAND}(?!\d)")
#: One digit at a time, and in hanzi, as people write a number that no machine should read.
_HANZI = "".join(HANZI_DIGITS)
_SPELT = re.compile(
    r"(?<![0-9])(?<![0-9][ .·-])1([ .·-])[3-9](?:\1\d){9}(?![ .·-]?\d)"
    rf"|(?<![0-9{_HANZI}])(?=[0-9 -]{{0,12}}[{_HANZI}])(?:[0-9{_HANZI}]{{11}}"
    rf"|[0-9{_HANZI}]{{3}}([ -])[0-9{_HANZI}]{{4}}\2[0-9{_HANZI}]{{4}})(?![0-9{_HANZI}十百千万年])"
)
_SOUND = re.compile(r"(?:13|14[014-9]|15[0-35-9]|16[2567]|17[0-8]|18|19[0-35-9])\d+")
#: In any groups, after a word of telephones: (139)1705-4462.
_ANYHOW = re.compile(r"(?<![\d.-])(?:\(1[3-9]\d\)|1[ .-]?[3-9][ .-]{0,2}\d)(?:[ .-]{0,2}\d){8}(?![\d-])")
#: The groups of a bank's account before its last: 3605 0164 015323671638.
_FOURS = re.compile(r"(?<!\d)\d{4} \d{4} $")
#: Counters beside each other (14880 944 351): nobody begins a number with five digits and a blank.
_COUNTERS = re.compile(r"\d{5,} ")
_OLD = re.compile("[老小阿][\u3400-\u9fff] ?$")        # 老周, 阿明
_CALLED = re.compile("[电打拨话机号]|联系|短信|找我|[Tt][Ee][Ll]|[Cc]all|[Mm]ob|[Pp]hone")
_TAIWAN_MOBILE = re.compile(
    r"(?<!\d)(?:(?:\(?(?:\+|00)?886\)?)[ -]?(?:\(?0\)?)?9\d{2}|09\d{2}|\(09\d{2}\))"
    r"(?:[ .-]?\d{3}[ .-]?\d{3}|[ .-]\d{2}[ .-]\d{2}[ .-]\d{2}|[ -]?\d{6}|\d[ -]?\d{5})(?!\d)"
)
_HONGKONG_MOBILE = re.compile(r"(?<!\d)(\(?(?:\+|00)?85[23]\)?[ -]?)?([5-79]\d{3}[ -]?\d{4})(?!\d)")
_AREA = r"(?:10|2\d|[3-9]\d{2})"
_LANDLINES = (
    re.compile(rf"[(0](?<!\d.)(?:(?<=\()0?{_AREA}\) ?-?|(?<=0){_AREA}(?:[ -]{{0,3}}|[./]))[2-8](?:\d{{2,3}}[ -]?\d{{4}}"
        rf"|\d{{3}}[ -]\d{{3}})(?!\d)"),
    re.compile(r"[(0](?<!\d.)(?:(?<=\()0?[2-8]\d{0,2}\) ?|(?<=0)[2-8]\d{0,2}[ -])\d{3,4}[ -]?\d{3,4}(?!\d)"),       # of Taiwan
    re.compile(rf"\+(?:86[ -]?\(?0?{_AREA}|886[ -]?\(?0?[2-8]\d{{0,2}})\)?[ -]?[2-8]\d{{2,3}}[ -]?\d{{3,4}}(?!\d)"),
    re.compile(r"[(+0](?<!\d.)(?:00)?852\)?[ -]?[23]\d{3}[ -]?\d{4}(?!\d)"),
    re.compile(r"[2-8](?<![\d-].)\d{2,3}[ -]?\d{4}(?![\d-]| \d)"),
)
_PHONE_WORD = re.compile("电话|座机|固话|宅电|[来致去]电|打|拨|TEL|[Tt]el")
#: (家) behind a number, somebody by name and title behind it, a name alone before it in its row, and lists of people.
_HOME_AFTER = re.compile(r" ?\((?:H|[\u3400-\u9fff]{0,3}(?:(?<![专商厂国])家|宅|宿舍|寝室)[里中]?)\)|[ ,]?这?是(?:我|我们|咱"
    r"|俺|他|她)家")
_NAMED_BEHIND = re.compile(r"[ ,(]{0,2}[\u3400-\u9fff]{1,3}?(?:先生|女士|小姐|太太|阿姨|大爷|大妈|大姐|大哥)")
_IN_HOUSE = re.compile("(?:在|不在|在自己|住)家(?![具电长居用里庭])")
_ROW_OF_ONE = re.compile(r"(?:^|[ ,;:、。])[\u3400-\u9fff]{2,4}[ ,:]{1,3}$")
_ROLL = re.compile("通讯录|通信录|同学录|同窗录|校友录|名册|联系表|联络簿|街坊|邻居")
_ID_WORD = re.compile("身份|身分|证件|公民|居民|居留|国民|ID|证号|户籍|户口")
_HK_MOBILE_WORD = re.compile("(?:手机|手提|流动|移动电话|[Ww]hats[Aa]pp|WHATSAPP|[Ss]ignal|[Mm]obile|[Tt]elegram)[^,;。]{0,6}$")
#: Calls for a number of eight digits, which in Hong Kong and Macau is a mobile one if it begins so, ...
_HK_CALL = re.compile("(?:先生|小姐|女士|[\u3400-\u9fff][太生收]|[Tt][Ee][Ll]|电话?|打|拨|联络|联系|[Cc]all|短信)[^,;。0-9]{0,4}$")
#: ... and words of there: in the mainland eight digits are an office's.
_HK = re.compile(
    r"\.hk(?![a-z])|香港|九龙|新界|港岛|港币|港元|HKD|HK\\$|港铁|澳门|两地牌|中港|旺角|尖沙咀|铜锣湾|湾仔|中环|沙田|荃湾|屯门|元朗|将军澳|观塘|深水埗|油麻地"
    "|大埔|北角|西贡|粉岭|上水|葵涌|青衣|红磡|[嘅唔咗俾哋搵嘢冇佢啲喺嗰咁]"
)
_CARD_WORD = re.compile(
    "卡|账号|帐号|账户|帐户|户名|银行|[农工建中交招民光邮]行|信用社|储蓄|转账|汇款|打款|打钱|收款|汇到|开户|[Cc]ard|CARD"
    "|[Vv][Ii][Ss][Aa]|支付宝"
    "|农信|存折|JCB|运通|[Aa]mex|AMEX|[Mm]aster|MASTER|万事达|银联"
)
#: The head of a table of cards, or what is said of one farther away.
_CARD_TABLE = re.compile("银行卡|卡号|开户行|工资卡|信用卡|储蓄卡|借记卡")
_WHOLE_RESIDENT = re.compile(r"(?<!\d)\d{17}[\dXx](?![0-9A-Za-z])")
_CLAUSE = re.compile("[,。;!?]")
_NEAR, _BESIDE = 14, 40     # characters between an address and its number: ，联系电话：; with a word of telephones in them
_APART = re.compile("[。!?]")
_LABEL = re.compile(
    "(?:tel|phone|telephone|mobile|mob|mp|cell|call|wechat|weixin|whatsapp|line|sms|wx|vx|v|qq|q|t|m|p|h|hp|ph|fax"
    "|e?mail|e|msn|id|sfzh?|no)$", re.I)
_TAIL = re.compile("[A-Za-z]{1,12}$")
_HEAD = re.compile("[A-Za-z]{1,12}")
_FILE = re.compile(r"\.(?:jpe?g|png|gif|html?|pdf|mp[34]|txt|zip|rar|docx?|xlsx?|com|cn|net)(?![A-Za-z])", re.I)
_TOKEN = re.compile("[!-+.-:<-~-]{1,80}$")
_DIGITS = re.compile(r"\D")
_LISTED = re.compile(r"[ (·•]{0,2}[1-9]\d?")
#: A word of telephones right before a number is nearer than the head of its column.
_CALL_LABEL = re.compile("(?:电话|手机|[Tt]el|TEL|拨打|致电)(?:号码?|是|为|[:： ]){0,4}$")
_ROW_LEFT, _ROW_RIGHT = re.compile(r"\d[\d-]{0,14} $"), re.compile(r" \d[\d-]{0,14}")


def find_identities(view: View) -> Iterator[Hit]:
    """Identity numbers. Those of 15 digits, which have no check digit, and Taiwan's, which look like any code, want a label."""
    for pattern in (_RESIDENT, _SPACED_RESIDENT):
        for m, start, end in view.numbers.find(pattern):
            if is_resident(_plain(m[0])) and _is_free(view, start, end, proved=True, student=True):
                yield Hit(start, end, "identity")
    for m, start, end in view.numbers.find(_OLD_RESIDENT):
        if is_old_resident(_plain(m[0])) and _is_told(view, start, end) and _is_free(view, start, end):
            yield Hit(start, end, "identity")
    for m, start, end in view.numbers.find(_TAIWAN):
        if is_taiwan(_plain(m[0])) and _is_told(view, start, end) and _is_free(view, start, end):
            yield Hit(start, end, "identity")
    for m, start, end in view.numbers.find(_HONGKONG):
        whole = m[3] + m[5] == "()"
        if (whole or (not m[3] + m[5] and _is_told(view, start, end))) and is_hongkong(m[1], m[2], m[4]):
            yield Hit(start, end, "identity")


def _is_told(view: View, start: int, end: int) -> bool:
    if any(is_resident(m[0]) for m in _WHOLE_RESIDENT.finditer(view.around(start, 80))):
        return True
    return _ID_WORD.search(view.before(start, 24)) is not None or _ID_WORD.search(view.after(end, 10)) is not None


def find_cards(view: View) -> Iterator[Hit]:
    """Numbers of bank cards: UnionPay's by themselves, others in groups of four or after a word of banks."""
    for m, start, end in view.numbers.find(_CARD_ANYHOW):
        named = _CARD_WORD.search(view.before(start, 30) + view.after(end, 8))
        if named and is_card(_plain(m[0])) and _is_free(view, start, end, proved=True):
            yield Hit(start, end, "card")
    for m, start, end in view.numbers.find(_CARD):
        number = _plain(m[0])
        told = _CARD_WORD.search(view.before(start, 30)) is not None
        if not is_card(number) or not _is_free(view, start, end, proved=told):
            continue
        plain = m[1] is None and not (number.startswith("62") and len(number) in (16, 19))
        told = told or _is_in_row(view, start, end)
        if told or (len(number) >= 16 and len(set(number)) > 3 and not plain):
            yield Hit(start, end, "card")


def _is_in_row(view: View, start: int, end: int) -> bool:
    """Whether the number of somebody's identity stands in the same row, or its table is of cards."""
    about = f"{view.before(start, 80)}\n{view.after(end, 80)}"
    if any(is_resident(m[0]) for m in _WHOLE_RESIDENT.finditer(about)):
        return True
    return _CARD_TABLE.search(view.around(start, 200)) is not None


def find_mobiles(view: View) -> Iterator[Hit]:
    """Mobile numbers of the mainland and Taiwan; of Hong Kong and Macau with their code, or after a word for mobiles."""
    for pattern in (_MOBILE, _TAIWAN_MOBILE):
        for m, start, end in view.numbers.find(pattern):
            called = not _COUNTERS.match(m[0]) or _is_called(view, start, m[0])
            if called and _is_free(view, start, end) and not _is_thing(view, m[0], start, end):
                yield Hit(start, end, "mobile")
    for m, start, end in view.numbers.find(_ANYHOW):
        number = re.sub(r"\D", "", m[0])
        sound = _SOUND.fullmatch(number) and m[0].count(".") in (0, 2)
        if sound and _is_called(view, start, m[0]) and _is_free(view, start, end) and not _is_thing(view, number, start, end):
            yield Hit(start, end, "mobile")
    for m, start, end in view.spelt.find(_SPELT):
        number = "".join(HANZI_DIGITS.get(c, c) for c in _plain(m[0]).replace("·", ""))
        sound = _SOUND.fullmatch(number) and len(set(number)) > 3
        called = m[1] is None or _is_called(view, start, m[0])
        if sound and called and _is_free(view, start, end) and not _is_thing(view, number, start, end):
            yield Hit(start, end, "mobile")
    for m, start, end in view.numbers.find(_HONGKONG_MOBILE):
        before = "" if m[1] else view.before(start, 16)
        told = m[1] or _HK_MOBILE_WORD.search(before) or (_HK_CALL.search(before) and _HK.search(view.around(start, 150)))
        if told and _is_free(view, start, end):
            yield Hit(start, end, "mobile")


def _is_called(view: View, start: int, number: str) -> bool:
    """Whether a number in odd groups is one to call: after a word of telephones, in brackets, among offers."""
    if _CALLED.search(view.before(start, 16)) is not None or number[0] == "(":
        return True
    if _COUNTERS.match(number):
        return False
    about = view.around(start, 40)
    return bool(
        PRIVATE.search(about) or OWN.search(about) or NAMED.search(view.before(start, 16)) or _OLD.search(view.before(start, 4))
    )


def _is_thing(view: View, number: str, start: int, end: int) -> bool:
    """Whether a number is the carrier's own, or behind a label of a thing."""
    if _plain(number) == "13800138000":
        return True
    if number[0] == "0" and _FOURS.search(view.before(start, 12)) and _CARD_WORD.search(view.before(start, 30)):
        return True
    if view.before(start, 1) == "第" and view.after(end, 1):
        return True
    if THING.search(_own(view, start)):
        return True
    return THING.search(view.before(start, 16)) is not None and read_head(view, start, end) != "call"


def _own(view: View, start: int) -> str:
    """What stands before a number on its own line."""
    return view.folded[max(view.lines[view.line_of(start)], start - 24):start]


def find_landlines(view: View) -> Iterator[Hit]:
    """Numbers of homes: after a word for somebody's own, after a name with its title, on a page about one person."""
    for pattern in _LANDLINES:
        for m, start, end in view.numbers.find(pattern):
            if _is_home(view, m[0], start, end) and _is_free(view, start, end):
                yield Hit(start, end, "landline")


def _is_home(view: View, number: str, start: int, end: int) -> bool:
    before, after = view.before(start, 40), view.after(end, 16)
    near = before[-16:]
    if number[0] not in "0(+" and not _PHONE_WORD.search(near):
        return False
    if _HOME_AFTER.match(after) or (OWN.search(near) and not has_office(near)):
        return True
    home = AT_HOME.search(near)
    if home and not has_office(_CLAUSE.split(near[:home.start()])[-1] + near[home.start():]):
        return True
    if _IN_HOUSE.search(view.around(start, 40)) and _PHONE_WORD.search(near) and not has_office(
        near.replace("咨询", "") + _CLAUSE.split(after)[0]
    ):
        return True
    if is_card_of_one(view, start) and not has_office(near) and not FOOT.search(view.around(start, 60)):
        return True
    if has_office(view.around(start, 60)):
        return False
    if NAMED.search(before) or _NAMED_BEHIND.match(after):
        return True
    if _ROW_OF_ONE.search(before) and _ROLL.search(view.around(start, 300)):
        return True
    return PRIVATE.search(view.around(start, 40)) is not None and not has_office(view.around(start, 200))


def find_landlines_beside(view: View, homes: Sequence[Hit]) -> Iterator[Hit]:
    """Numbers beside the address of a home: with an area code, or of eight digits in a text of Hong Kong."""
    homes = [hit for hit in homes if hit.kind == "address"]
    for pattern in _LANDLINES if homes else ():
        for m, start, end in view.numbers.find(pattern):
            n = bisect_left(homes, (start,))
            left = view.folded[max(homes[n - 1].end, start - _BESIDE - 1):start] if n else ""
            right = view.folded[end:min(homes[n].start, end + _BESIDE + 1)] if n < len(homes) else ""
            coded = m[0][0] in "0(+" or _PHONE_WORD.search(left[-8:]) or _HK.search(view.around(start, 150))
            told = _PHONE_WORD.search(view.before(start, 16)) is not None
            if coded and (_leads(left, told=told) or _leads(right, told=told)) and _is_free(view, start, end):
                yield Hit(start, end, "landline")


def _leads(gap: str, *, told: bool) -> bool:
    """Whether what stands between an address and a number lets them be of one home."""
    if not 0 < len(gap) <= _BESIDE or "\n" in gap or has_office(gap):
        return False
    return (len(gap) <= _NEAR and not _APART.search(gap)) or told or _PHONE_WORD.search(gap) is not None


def _plain(number: str) -> str:
    """A number without what parts its digits."""
    return re.sub(r"[ .()-]", "", number)


def _is_free(view: View, start: int, end: int, *, proved: bool = False, student: bool = False) -> bool:
    """Whether a number stands by itself: in no larger number, word, address or amount, and, if not `proved`, under no label
    of a thing.

    A pupil's number of the mainland is G or L and the number of identity: `student` lets these stand before it.
    """
    text = view.folded
    last, after = text[start - 1] if start else "\n", text[end:end + 8].split("\n")[0]
    before = view.before(start, 80)
    if last.isascii() and last.isalpha() and not (student and last in "GL"):
        word = _TAIL.search(before)
        if word is None or not _LABEL.fullmatch(word[0]):
            return False
    elif last in "._/=&#%$¥￥-+*@" and not _may_follow(last, before[:-1]):
        return False
    if (token := _TOKEN.search(before)) and IN_URL.search(token[0]):
        return False
    own = _own(view, start)
    head = None if _CALL_LABEL.search(own) else read_head(view, start, end)
    if not proved and (head == "thing" or NUMBERED.search(own) or (head is None and NUMBERED.search(before))):
        return False
    return _may_end(after) and (head == "call" or not _in_row(view, start, end))


def _in_row(view: View, start: int, end: int) -> bool:
    """Whether a number that blanks part stands in a row of other numbers: 138 1234 5678 9012, not another whole one."""
    if " " not in view.folded[start:end]:
        return False
    left, right = _ROW_LEFT.search(view.before(start, 16)), _ROW_RIGHT.match(view.after(end, 16))
    return any(m is not None and len(_DIGITS.sub("", m[0])) < 7 for m in (left, right))


def _may_follow(sign: str, before: str) -> bool:
    """Whether a sign before a number only parts it from what stands there."""
    if not before or sign in "#%$¥￥&_@*+":
        return not before and sign in "#-*+"
    last = before[-1]
    if last.isdigit():
        listed = sign == "." and _LISTED.fullmatch(before) is not None      # 1.138…
        return listed or (sign == "/" and len(_DIGITS.sub("", before[-12:])) >= 7)
    if last.isascii() and last.isalpha():
        word = _TAIL.search(before)
        return word is not None and len(word[0]) > (sign == "/") and _LABEL.fullmatch(word[0]) is not None
    return sign in "-/.=" and (not last.isascii() or last in " )")


def _may_end(after: str) -> bool:
    """Whether what follows a number lets it end there."""
    if not after:
        return True
    first = after[0]
    if first.isascii() and first.isalpha():
        word = _HEAD.match(after)
        return word is not None and after[word.end():word.end() + 1] != "@" and _LABEL.fullmatch(word[0]) is not None
    if first in "_=&%*" or (first == "@" and after[1:2].isascii()) or _FILE.match(after):
        return False
    if first in ".-/" and after[1:2].isdigit():
        return len(after) >= 7 and after[1:7].replace("-", "0" if first == "/" else "-").isdigit()     # another number
    return UNIT_AFTER.match(after) is None
