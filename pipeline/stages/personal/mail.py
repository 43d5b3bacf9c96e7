"""Addresses of e-mail: whose they are. Those of roles, offices, machines and examples are nobody's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.stages.personal.contexts import FOOT, HANDED_IN, IN_URL, ORG, PUBLIC_MAIL, SELF, is_card_of_one
from pipeline.stages.personal.kinds import Hit
from pipeline.stages.personal.view import View

__all__ = ["find_emails"]

# Possessive runs of bounded length on both sides of one sign: an attempt reads at most some 130 characters and gives none back.
_LOCAL = r"(?<![A-Za-z0-9._%+-])([A-Za-z0-9][A-Za-z0-9._%+-]{0,63}+)"
_EMAIL = re.compile(
    _LOCAL + r"(?: ?@ ?| ?[(\[{【] ?(?:at|AT|At|@|a|艾特|圈a) ?[)\]}】] ?| ?艾特 ?| (?:at|AT) (?=[a-zA-Z0-9]{2,12} ?(?:dot|DOT"
        r"|\(dot|\.))|#(?=(?:163|126|qq|gmail|sina|sohu|hotmail|139|yeah|foxmail)\.))"
    r"((?:[A-Za-z0-9-]{1,40}+(?:\.|[。点](?=com|cn|net|org)| ?[(\[{] ?(?:dot|DOT|点) ?[)\]}] ?| (?:dot"
    r"|DOT) )){1,5}[A-Za-z]{2,12})(?![A-Za-z@]|-[A-Za-z]|[\]:~ ]{0,4}[$#])"
)
#: Addresses of nobody: roles, machines, and the domains that RFC 2606 keeps for examples.
_ROLE = re.compile(
    "(?:info|service|services|kefu|admin|administrator|webmaster|support|contact|sales|sale|hr|job|jobs|zhaopin|office|bgs|news"
    "|editor|tougao|press|media|git|root"
    "|postmaster|noreply|no-reply|donotreply|help|marketing|market|business|feedback|hello|team|mail|email|enquiry|inquiry"
    "|security|user|username|name|you|me|someone|xxx"
    "|example|test|foo|abc|license|licensing|copyright|abuse|cs|legal|privacy|subscribe|unsubscribe|list|bug|bugs|dev|jubao"
    "|tousu|hezuo|fankui|kf|bd|bp|xfb|shangwu|zixun|baoming|jianyi|xinfang|jiwei|zsb|zhaosheng|yjszs|yzb|caiwu|renshi|xingzheng|jiaowu|xiaoshou|shouhou|caigou|yewu|jishu|yys|council|library|ad"
    "|ads)[0-9]{0,2}", re.I)
_NOBODY = re.compile(
    r"(?:.*\.)?(?:test|invalid|localhost|local|domain\.com|contoso\.[a-z]+|fabrikam\.com|openssh\.com|libssh\.org"
    r"|your[a-z-]*\.[a-z]+|(?:[a-z]+\.)*gov(?:\.cn|\.tw|\.hk)?|png|jpg|gif|js|css|html?|py)", re.I
)

_DOT = re.compile(r" ?[(\[{] ?(?:dot|DOT|点) ?[)\]}] ?| (?:dot|DOT) |[。点]")
#: What runs on behind a domain without a blank: …@qq.comQQ群.
_RUN_ON = re.compile(
    r"(?<=\.com|\.net|\.org|.\.cn|.\.tw|.\.hk)(?:qq|QQ|[Tt]el|TEL|https?|HTTP|www|WWW|msn|MSN|[Vv][Xx]|[Ww][Xx]|[Ff]ax|FAX)$"
)
#: What an office asks for, and sometimes one of its people.
_PAPERS = re.compile("材料|回执")
_DEPARTMENT = re.compile("college|culture|open|news|info|service|office|dept|center|support|admin|team|group|media|press")
_OF_DEPARTMENT = re.compile("[ ,]?\\([^()]{0,6}[部处科室组]\\)")
_EXAMPLE = re.compile(r"(?:^|\.)example\.", re.I)
_TOP = re.compile(r"\.(?:com|net|org|edu|info|biz|name|pro|vip|top|xyz|club|app|dev|ren|[A-Za-z]{2})$", re.I)
_FREE_MAIL = re.compile(
    r"^(?:vip\.|mail\.)?(?:163|126|qq|foxmail|sina|sohu|yeah|139|189|gmail|hotmail|outlook|live|msn|yahoo|icloud|aliyun|tom"
    r"|21cn|263"
    r"|msa\.hinet|pchome|me|proton|protonmail)\."
)
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}[-)] ?\d{7,8}")
#: The commonest surnames in pinyin, four of five people; a name is one of them with one or two more syllables.
_SURNAMES = (
    "wang|li|zhang|liu|chen|yang|huang|zhao|wu|zhou|xu|sun|ma|zhu|hu|guo|he|lin|gao|luo|zheng|liang|xie|song|tang|deng|han|feng"
    "|cao|peng|zeng|xiao|tian|dong|pan|yuan|cai|jiang|yu|du|ye|cheng|wei|su|lu|ding|ren|shen|yao|cui|zhong|tan|fan|liao|wen|shi"
    "|jin|jia|xia|fu|fang|zou|xiong|bai|meng|qin|qiu|hou|yan|xue|lei|long|tao|mao|hao|gong|shao|wan|qian|dai|mo|kong|xiang|tsai"
    "|chang|hsu|lai|hsieh|chiu|kuo|tsao|chan|wong|cheung|lam|leung"
)
_SYLLABLE = "(?:[bpmfdtnlgkhjqxrzcswy]?h?[iuv]?(?:ang|eng|ing|ong|an|en|in|un|ao|ai|ei|ou|ia|ie|iu|ua|uo|ui|ue|a|o|e|i|u|v)r?)"
_SURNAME = re.compile(_SURNAMES)
_FULL = re.compile(f"(?:{_SURNAMES}){_SYLLABLE}{{1,2}}|[a-z]{{1,2}}(?=[a-z]{{3}})(?:{_SURNAMES})")
#: zhangjp, wangxm: a surname too long to be another word's beginning, and initials.
_INITIALS = re.compile(
    "(?:wang|zhang|chen|yang|huang|zhao|zhou|zheng|liang|song|tang|feng|peng|zeng|xiao|jiang|cheng|shen|zhong|fang|qian)[a-z]{1,2}"
)
_FIRST_NAMES = (
    "john|david|michael|mike|peter|paul|mary|jenny|amy|kevin|jack|tom|tony|eric|jason|james|robert|daniel|lily|lucy|linda|grace"
    "|alice|anna|helen|emily|charlotte|henry|frank|steven|stephen|andy|alex|ben|chris|ivy|joyce|kelly|vivian|vincent|william"
    "|ray|sam|simon"
)
_FIRST_NAME = re.compile(_FIRST_NAMES)


def find_emails(view: View) -> Iterator[Hit]:
    """Addresses of e-mail but those of a role (info@), of authorities (gov.cn) and of offices."""
    for m, start, end in view.signs.find(_EMAIL):
        local, domain = m[1], m[2]
        domain = _DOT.sub(".", domain)
        if run_on := _RUN_ON.search(domain):
            end -= len(domain) - run_on.start()
            domain = domain[:run_on.start()]
        before = view.before(start, 60)
        if not _TOP.search(domain) or (before.endswith("/") and IN_URL.search(before.rpartition(" ")[2])):
            continue
        house = any(len(part) > 3 and local.lower().startswith(part) for part in domain.lower().split(".")[:-1])
        if _ROLE.fullmatch(local) or _NOBODY.fullmatch(domain) or local in domain or house or before.endswith("://"):
            continue
        if _is_department(local, domain) and not SELF.search(before[-30:]):
            continue
        if _EXAMPLE.search(domain) and not _is_name(local):
            continue
        if not _is_office(view, start, end, before, local, domain):
            yield Hit(start, end, "email")


def _is_office(view: View, at: int, end: int, before: str, local: str, domain: str) -> bool:
    """Whether an address of e-mail is of no one person by the words before it, or among the contacts of an office.

    There an address at an office's own domain is of a person only where it is written as a name.
    """
    if _OF_DEPARTMENT.match(view.after(end, 12)):
        return True
    name = _is_name(local)
    if PUBLIC_MAIL.search(before[-12:]) or HANDED_IN.search(before[-30:]):
        return not SELF.search(before[-8:])
    if _PAPERS.search(before[-20:]) and not name:
        return True
    if SELF.search(before[-30:]):
        return False
    if is_card_of_one(view, at):
        return False
    around = view.around(at, 80)
    if FOOT.search(around):
        return True
    others = ORG.search(around) or _LANDLINE.search(around)
    return others is not None and not _FREE_MAIL.search(domain) and not name


def _is_department(local: str, domain: str) -> bool:
    """Whether one of several parts before the @ is a word for a department, or the house's own name: fudan_culture@fudan.edu.cn."""
    parts = re.split("[._-]", local.lower())
    house = {part for part in domain.split(".")[:-1] if len(part) > 2}
    return len(parts) > 1 and any(part in house or _DEPARTMENT.fullmatch(part) for part in parts)


def _is_name(local: str) -> bool:
    """Whether the part before the @ is a name in pinyin (wanglei, lei.wang, l.wang, zhwang), or two words."""
    letters = [part for part in re.split(r"[0-9._-]+", local.lower()) if part]
    if len(letters) > 1 and all(len(part) > 1 for part in letters) and not local.isupper():
        return any(_SURNAME.fullmatch(part) or _FULL.fullmatch(part) for part in letters)
    return bool(letters) and any(_FULL.fullmatch(p) or _FIRST_NAME.fullmatch(p) or _INITIALS.fullmatch(p) for p in letters)
