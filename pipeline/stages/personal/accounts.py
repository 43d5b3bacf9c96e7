"""What is known by its label or its form: QQ, WeChat, passports and plates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.stages.personal.contexts import FOR_SALE, NUMBERED, PUBLIC_ACCOUNT, THING
from pipeline.stages.personal.kinds import Hit
from pipeline.stages.personal.view import PROVINCES, View

__all__ = ["find_passports", "find_plates", "find_qq", "find_wechat"]

_GLUE = r"[ :：=为是号码(（\[【〔\"“'/及或和、,加>→-]{0,6}"
_QQ_LABEL = re.compile(
    rf"(?:(?<![A-Za-z/_.])[Qq][Qq]|扣扣|抠抠|扣Q|企鹅|(?<![A-Za-z])Q ?:|加[Qq])(?:号码?|帐号|账号|联系|加我?"
    rf"|私?聊|找我|:)?{_GLUE}(?:\d{{5,11}}[、,/ 或]{{1,2}}){{0,3}}$"
)
_QQ = re.compile(r"(?<![0-9A-PR-Za-pr-z@._+-])[1-9]\d{4,10}(?![0-9A-Za-z@_%]|[.-]\d| ?[人元万个岁年亿])")
#: QQ is named, then some words, then the number: QQ也行：…, 换了QQ，新的是…
_QQ_SAID = re.compile(r"(?:(?<![A-Za-z/_.])[Qq][Qq]|扣扣|企鹅号)[\u3400-\u9fff]{0,8}(?:,[\u3400-\u9fff]{0,6})?[:是为] ?$")
_NO_NAME = re.compile("[数量版价款人元币级]|时间|日期|版本|大小|电话|手机|微信")
#: Q alone, as people write it: Q284716053, 急的话Q我…
_Q = re.compile(r"(?<![A-Za-z0-9_/.·-])[Qq](?:我|号码?|上?找我|联系)?[ :是]{0,3}$")
_ASKED = re.compile("加|联系|我|私|聊|备注|扣")
_GROUP = re.compile(
    "群(?!主|友)|讨论组|交流|粉丝团|公众|客服|官方|企业|售后|售前|在线|投稿|咨询|会员|合作|空间|音乐|友链|链接|报料|爆料|浏览器"
)
_Q_ALONE = 8                # digits of a number after a bare Q that no word explains: of fewer are names of things (Q235, Q320583)
#: Numbers that QQ gives to companies.
_SERVICE = re.compile("[48]00[0-9]{6}|938[0-9]{6}")
_WECHAT = re.compile(r"(?<![A-Za-z0-9_@./-])(?:[A-Za-z][A-Za-z0-9_-]{5,19}|[1-9]\d{4,10})(?![A-Za-z0-9_@-]|\.[A-Za-z])")
_WECHAT_LABEL = re.compile(
    rf"(?:微信|薇信|威信|(?<![A-Za-z])(?:[Ww]e[Cc]hat|WECHAT|[Ww]ei[Xx]in|WEIXIN|[Vv][Xx]|[Ww][Xx]|WeChat)|[Vv]信"
    rf"|加[Vv]|微信[^:\n]{{1,12}},号)(?:号码?|ID|id|帐号|账号)?(?:详?聊|私聊|联系|沟通|找我)?({_GLUE})$")
#: WeChat is named, then some words, then the name: 我的微信不是手机号，是…
_WECHAT_SAID = re.compile("(?:微信|薇信|[Vv]信)([^:\n。;!?A-Za-z0-9]{1,14})[是为叫:] ?$")
_NO_ACCOUNT = re.compile("小程序|支付|版|开发|接口|登录|群|红包|聊天|文章|公众|平台|昵称|名字|网名")
_OWN_WECHAT = re.compile("(?:我|本人|[卖买]家|他|她|房东|爸|妈)的?(?:新|小|大|私人|个人)?(?:微信|薇信|[Vv]信)")
#: Words of media that people use of their own account too: 我的微信…，搜出来头像是…
_SCANNED = re.compile("扫|搜索?|阅读|回复|二维码")
_OF_MEDIUM = re.compile(
    "(?:[㐀-鿿A-Za-z\"”》][(（] ?|[A-Za-z》」\"”] ?|客户|管理员|报料|爆料|预约|专家)微信(?:号码?|ID|id)? ?[:：为]? ?[(（]?$"
)
_PERSON = re.compile("老师|先生|女士|小姐|小[㐀-鿿][(（]|[姐哥][(（]|联系人|本人|我|同学|作者|[经]理|姓名|手机|电话")

_PASSPORT_LABEL = re.compile(
    r"(?:护照|[Pp]assport|PASSPORT|通行证|回乡证|台胞证|旅行证)(?:本|证件|证|[一壹]本,?)? ?(?:编?号码?|No\.?|NO\.?|number"
    r"|Number)?[ :为是(#]{0,4}(?:(?:[A-Z]{1,2})?\d{7,9}[、,/ 和及]{1,2}){0,2}$"
)
_PASSPORT_AFTER = re.compile("号?的?(?:中国|我国|普通|因私){0,2}护照")
_PASSPORT = re.compile(r"(?<![0-9A-Za-z])(?:[A-Za-z]{1,2} ?\d{7,8}|\d{9,10}|\d{8})(?![0-9A-Za-z])")

#: Passports and travel permits of the mainland, Hong Kong and Macau by their form, which codes of things have too, ...
_TRAVEL_FORM = re.compile(
    r"(?<![0-9A-Za-z/_.-])(?:[EeGg] ?\d{8}|[Ee][A-HJ-NP-Za-hj-np-z]\d{7}|[KHDSPCWTL]\d{8}"
    r"|(?:KJ|HJ|MA|MB|C[A-HJ-NP-Z]|DE|SE|PE)\d{7})"
    r"(?![0-9A-Za-z_-]|\.\d)"
)
#: ... so something of travel stands about it, or another one does.
_TRAVEL = re.compile("护照|持照|签证|证件|通行证|回乡证|台胞证|出入?境|旅[行游]团|团员|同行人|登机")
_DOCUMENT = re.compile("(?:证件?|护照)(?:号码?|编号)[ :为是]{0,3}$")
_LIST = 60                  # characters from one number of a list to the next: a line of it

_PLATE = re.compile(
    rf"([{PROVINCES}]) ?([A-HJ-NP-Za-hj-np-z])( ?[·•・.。-]? ?)(?:[0-9A-HJ-NP-Z]{{4}}[挂学港澳]"
    rf"|(?:[DFdf][0-9A-HJ-NP-Za-z]\d{{4}}|\d{{5}}[DFdf])|[0-9A-HJ-NP-Za-hj-np-z]{{5}})(?![0-9A-Za-z警]|-\d)"
)
#: Provinces whose sign is a word or part of one too: 更新A12345.
_AMBIGUOUS = frozenset("云黑新甘蒙吉贵青藏川宁苏鲁晋")
_CAR_WORD = re.compile("车|牌|驾|号码|司机|驶|撞|货|轿")
_ABROAD = re.compile(r"(?<![0-9A-Za-z-])(?:[A-Z]{2,3} ?- ?\d{3,4}|\d{3,4} ?- ?[A-Z]{2,3}|[A-Z]{2} ?\d{2,4})(?![0-9A-Za-z]|-\d)")
_PLATE_LABEL = re.compile(r"(?:车牌|车号|牌照|号牌|牌号)(?:号码?|为|是|[:： (（「]){0,4}$")


def find_qq(view: View) -> Iterator[Hit]:
    """Numbers after a label of QQ, also several in a row; groups and the accounts of services are public."""
    for m, start, end in view.labels.find(_QQ):
        before = view.before(start, 40)
        label = _QQ_LABEL.search(before) or _find_said(view, before, m[0], end)
        if label is None or _GROUP.search(before[max(label.start() - 4, 0):]) or _SERVICE.fullmatch(m[0]):
            continue
        yield Hit(start, end, "qq")


def _find_said(view: View, before: str, number: str, end: int) -> re.Match[str] | None:
    """How QQ is named before a number without a label right before it, if it is."""
    said = _QQ_SAID.search(before)
    if said is not None:
        return said if len(number) > 5 and not _NO_NAME.search(said[0]) else None
    q = _Q.search(before)
    if q is None or NUMBERED.search(before[:q.start()]):
        return None
    asked = len(q[0]) > 1 or len(number) >= _Q_ALONE or _ASKED.search(before[:q.start()] + view.after(end, 8))
    return q if asked else None


def find_wechat(view: View) -> Iterator[Hit]:
    """Names after a label of WeChat; those of public accounts are public."""
    for m, start, end in view.labels.find(_WECHAT):
        before = view.before(start, 30)
        label = _WECHAT_LABEL.search(before) or _find_told(before, m[0])
        around = view.around(start, 30)
        if label is None or PUBLIC_ACCOUNT.search(_SCANNED.sub("", around) if _OWN_WECHAT.search(before) else around):
            continue
        whose = before[max(label.start() - 8, 0):label.start() + 2]
        if not _PERSON.search(whose) and (FOR_SALE.search(before) or _OF_MEDIUM.search(before) or whose.endswith("群微信")):
            continue
        plain = m[0].isalpha()
        if plain and not re.search("[:：是为号]", before[label.start():]):
            continue
        yield Hit(start, end, "wechat")


def _find_told(before: str, name: str) -> re.Match[str] | None:
    """How somebody's WeChat is named before a name without a label right before it, if it is."""
    said = None if name.isalpha() else _WECHAT_SAID.search(before)
    if said is None or _NO_ACCOUNT.search(said[1]):
        return None
    return said if _PERSON.search(before) or _OWN_WECHAT.search(before) else None


def find_passports(view: View) -> Iterator[Hit]:
    """Numbers of passports and travel permits, after their label, or of their form where travel is spoken of."""
    last = -_LIST
    for m, start, end in view.numbers.find(_TRAVEL_FORM):
        before = view.before(start, 40)
        if not _DOCUMENT.search(before) and (NUMBERED.search(before) or THING.search(before)):
            continue
        strong = m[0][0] in "EeGg"
        if (strong and last > max(start - _LIST, view.begin(start))) or _TRAVEL.search(view.around(start, _LIST if strong else 16)):
            yield Hit(start, end, "passport")
            last = end
    for m, start, end in view.labels.find(_PASSPORT):
        if _PASSPORT_LABEL.search(view.before(start, 40)) or (m[0][0].isalpha() and _PASSPORT_AFTER.match(view.after(end, 12))):
            yield Hit(start, end, "passport")


def find_plates(view: View) -> Iterator[Hit]:
    """Plates of the mainland by their form; of Taiwan and Hong Kong after a label. Police cars are public."""
    for m, start, end in view.plates.find(_PLATE):
        digits = sum(c.isdigit() for c in m[0])
        told = _CAR_WORD.search(view.before(start, 16) + view.after(end, 8)) is not None
        if digits >= 3 and (told or (m[2].isupper() and not m[3].strip(" ·•・") and (m[1] not in _AMBIGUOUS or m[3]))):
            yield Hit(start, end, "plate")
    for _, start, end in view.labels.find(_ABROAD):
        if _PLATE_LABEL.search(view.before(start, 16)):
            yield Hit(start, end, "plate")
