"""What is known by its label or its form: QQ, WeChat, passports and plates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.stages.personal.contexts import FOR_SALE, PUBLIC_ACCOUNT
from pipeline.stages.personal.kinds import Hit
from pipeline.stages.personal.view import PROVINCES, View

__all__ = ["find_passports", "find_plates", "find_qq", "find_wechat"]

_GLUE = r"[ :：=为是号码(（\[【〔\"“'/及或和、,加>→-]{0,6}"
_QQ_LABEL = re.compile(
    rf"(?:(?<![A-Za-z/_.])[Qq][Qq]|扣扣|扣Q|企鹅|(?<![A-Za-z])Q ?:|加[Qq])(?:号码?|帐号|账号|联系|加我?"
    rf"|私?聊|找我|:)?{_GLUE}(?:\d{{5,11}}[、,/ 或]{{1,2}}){{0,3}}$"
)
_QQ = re.compile(r"(?<![0-9A-PR-Za-pr-z@._+-])[1-9]\d{4,10}(?![0-9A-Za-z@_%]|[.-]\d| ?[人元万个岁年亿])")
_GROUP = re.compile(
    "群(?!主|友)|讨论组|交流|粉丝团|公众|客服|官方|企业|售后|售前|在线|投稿|咨询|会员|合作|空间|音乐|友链|链接|报料|爆料|浏览器"
)
#: Numbers that QQ gives to companies.
_SERVICE = re.compile("[48]00[0-9]{6}|938[0-9]{6}")
_WECHAT = re.compile(r"(?<![A-Za-z0-9_@./-])(?:[A-Za-z][A-Za-z0-9_-]{5,19}|[1-9]\d{4,10})(?![A-Za-z0-9_@-]|\.[A-Za-z])")
_WECHAT_LABEL = re.compile(
    rf"(?:微信|薇信|威信|(?<![A-Za-z])(?:[Ww]e[Cc]hat|WECHAT|[Ww]ei[Xx]in|WEIXIN|[Vv][Xx]|[Ww][Xx]|WeChat)|[Vv]信"
    rf"|加[Vv]|微信[^:\n]{{1,12}},号)(?:号码?|ID|id|帐号|账号)?(?:详?聊|私聊|联系|沟通|找我)?({_GLUE})$")
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
        label = _QQ_LABEL.search(view.before(start, 40))
        if label is None or _GROUP.search(view.before(start, 40)[max(label.start() - 4, 0):]) or _SERVICE.fullmatch(m[0]):
            continue
        yield Hit(start, end, "qq")


def find_wechat(view: View) -> Iterator[Hit]:
    """Names after a label of WeChat; those of public accounts are public."""
    for m, start, end in view.labels.find(_WECHAT):
        before = view.before(start, 30)
        label = _WECHAT_LABEL.search(before)
        if label is None or PUBLIC_ACCOUNT.search(view.around(start, 30)):
            continue
        whose = before[max(label.start() - 8, 0):label.start() + 2]
        if not _PERSON.search(whose) and (FOR_SALE.search(before) or _OF_MEDIUM.search(before) or whose.endswith("群微信")):
            continue
        plain = m[0].isalpha()
        if plain and not re.search("[:：是为号]", before[label.start():]):
            continue
        yield Hit(start, end, "wechat")


def find_passports(view: View) -> Iterator[Hit]:
    """Numbers of passports and travel permits, after their label."""
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
