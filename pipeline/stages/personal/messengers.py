"""Accounts of messengers: QQ and WeChat, however they are named and whatever joins the name to the account.

The law of this file: an account is what stands behind any name of the messenger, in any of the spellings that people hide it in,
with any of the joints of talk between them (号是, 换成了, 还是原来那个), or before a name in brackets. Names that are words of
other things too (加V, 卫星, 扣) want a plainer account behind them. Groups and accounts of the public are public.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from pipeline.stages.personal.checksums import is_date
from pipeline.stages.personal.contexts import FOR_SALE, NUMBERED, PRIVATE, PUBLIC_ACCOUNT
from pipeline.stages.personal.kinds import Hit
from pipeline.stages.personal.view import View

__all__ = ["find_qq", "find_wechat"]

#: What joins a name and its account: signs, and words of talk, none of which names a thing with numbers of its own (支付, 版本).
#: An alternation of words without repeats, a bounded number of times over at most forty characters: linear.
_SIGNS = r" |+:;=(\[【〔\"“'/及或和、,加>→~①②③④⑤-"
_TALK = (
    "号码?|ID|Id|id|is|帐号|账号|[小大新旧副主私]号|同号|同步|同名|吧|哈|呀|哦|啦|名|是|为|叫做?|[换改变][成为到]?|了|的|我|[他她你]|本人|[那这]个|原来|现在|新|"
    "就|还|也行|也|都?可以?|搜索?|查找|一下|添加|请|联系|详|私?聊|沟通|咨询|找|备注|存|留|写|有|[一两二三几]个|分别|只|不是手机号|直接|"
    "或者|早就?|不用|以前|之前|原先|一直|账户|帐户|[大小]写|全拼|拼音|字母|名字|私人|个人|备用|常用|一样|电话|手机|微信|QQ|qq|填|报|注册|转账|对方|登录名|记得|麻烦"
)
_JOINT = rf"(?:[{_SIGNS}]|{_TALK}){{0,10}}"
_LATIN = r"(?<![A-Za-z0-9/_.])(?<![a-z]\+)"

_QQ_NAME = (
    rf"(?:{_LATIN}(?:OI[CS]Q|oi[cs]q|[Qq] ?[Qq])|扣 ?扣|抠抠|叩叩|蔻蔻|寇寇|球球|秋秋|丘丘|求求|企 ?鹅|腾讯号|扣儿|鹅号|🐧"
    rf"|扣Q|[+加][→ ]?我?扣|{_LATIN}[Qq] ?[:;]|加[Qq]"
    r"|扣(?=[我: ])|(?<![\u3400-\u9fff])扣(?=$))"
)
_QQ_LABEL = re.compile(rf"{_QQ_NAME}(?:{_JOINT}|[^\n。]{{0,12}}:"
    rf"|[\u3400-\u9fff,]{{0,10}}号码?[\u3400-\u9fff]{{0,3}}[是为] ?)(?:[1-9]\d{{4,10}}[、,/ 或和与及]{{1,3}}){{0,3}}$")
_QQ = re.compile(
    r"(?<![0-9A-PR-Za-pr-z@._])(?<![0-9A-PR-Za-pr-z]-)(?:[1-9]\d{4,10}|[1-9]\d{0,3}(?: \d{1,4}){1,9})(?![0-9A-Za-z@_%]"
    r"|[.-]\d| ?(?:[人元万岁亿只级次条块件%]|个(?![人性])|年(?![龄纪])|分(?!享)|多[人个]))"
)
#: What has numbers of its own beside QQ.
_NO_NAME = re.compile("[数量版价款元币级]|时间|日期|大小|音乐|游戏|飞车|炫舞|农场|空间|等级|用户|人[^家]|验证|激活|序列|口令|密码")
#: Q alone, as people write it: Q284716053, 急的话Q我…
_Q = re.compile(r"(?<![A-Za-z0-9_/.·-])[Qq](?:我|号码?|上?找我|联系|[换改][成为]|的|是|也[行可]以?)?(?:,? ?号码?)?[ :是]{0,3}$")
_ASKED = re.compile("加|联系|我|私|聊|备注|扣")
_GROUP = re.compile(
    "群(?!主|友)|讨论组|交流|粉丝团|公众|客服|官方|企业|售后|售前|在线|投稿|咨询|会员|合作|空间|音乐|友链|链接|推广|报料|爆料|浏览器"
)
#: An account of a medium for its readers (报料：联系QQ…), and one in the foot of a site.
_REPORTED = re.compile("(?:[报爆]料|投稿|来稿)[^,。;!?:]{0,3}:[^,。;!?:我]{0,8}$")
_FOOT = re.compile("[Cc]opyright|COPYRIGHT|©|版权所有|ICP备|[Rr]eserved")
_CLAUSE = re.compile("[。,;!?]|:(?=.)")
_Q_ALONE = 8                # digits of a number after a bare Q that no word explains: of fewer are names of things (Q235, Q320583)
_DATE = 8
_WEAK_NAME = re.compile("球球|秋秋|丘丘|求求|企鹅|扣")     # words of other things too: six digits, and no comma between
#: Somebody's number where people talk of friends and groups: 他的号是…, 发到我小号 …
_ACCOUNT = re.compile("(?:[我他她你]的?|用)?(?:(?:[大小新老旧原]号|(?<=[我他她]的)号)码?(?:是|:)?|[换改]成了?) ?$")
_CHAT = re.compile("QQ|qq|扣扣|好友|群主|[昵网]称|网名|头像|聊天记录|加(?:我|你|个|一下|的?时候)|备注|私聊")
_AFTER_QQ = re.compile(r"[ ,]?(?:\( ?|(?:这?就?是)(?:我|本人|[他她]|对方|[卖买]家)?的?(?:新|小)?)(?:QQ|qq|扣扣|企鹅)")
#: A line of what QQ keeps of a chat, with what was said below it: 2019-06-02 20:14:33 小K(3286163876).
#: One such line is no chat, two are; what has several numbers is nobody's name (订单, 浏览), and a date is none.
_SPEAKER = re.compile(r"\((?!1[3-9]\d{9})[1-9]\d{4,10}\)")
_TIME = r"\d{4}-\d\d-\d\d \d{1,2}:\d\d:\d\d "
_SPOKEN = re.compile(rf"^ ?{_TIME}([^\n]{{1,24}})$")
_SAID_BELOW = re.compile(rf"(?: {{0,4}}\n){{1,3}}(?! ?{_TIME}) {{0,8}}[^ \n]")
#: Numbers that QQ gives to companies.
_SERVICE = re.compile("[48]00[0-9]{6,7}|938[0-9]{6}|1000[0-9]")

#: An account, or one that its name runs into: VX-jojo_888, vxlinlin520.
_WECHAT = re.compile(
    r"(?<![A-Za-z0-9_@./-])(?:((?:[VvWw][Xx]|[Vv])-|(?:[VvWw][Xx]|[Ww]e[Cc]hat|[Ww]ei[Xx]in)(?!id_))(?=[A-Z]?[a-z])(?=[A-Za-z][A-Za-z_-]{0,18}[\d_]))?"
    r"([A-Za-z][A-Za-z0-9_-]{4,19}|[1-9]\d{4,10})(?![A-Za-z0-9_@-]|\.[A-Za-z0-9])"
)
_WECHAT_NAME = (
    rf"(?:[微薇威围维徽溦] ?[信芯心]|{_LATIN}(?:[Ww]e ?[Cc]hat|WECHAT|[Ww]ei ?[Xx]in|WEIXIN|[VvWw] ?[Xx])(?![A-Za-z])"
    rf"|(?<![A-Za-z0-9])(?:[VvWw]|[Ww]ei) ?[信心]"
    "|[微薇威围][xX](?:in)?|绿泡泡|绿色软件)"
)
_WECHAT_LABEL = re.compile(rf"{_WECHAT_NAME}((?:{_JOINT}|[^:\n]{{1,12}},号"
    rf"|[^:\n。;!?]{{0,10}}[是为叫:]) ?)(?:[A-Za-z][\w-]{{4,19}} ?[、,/和或与及] ?)?$")
#: Names that are other words too, before an account with a digit or a bar in it.
_WECHAT_WEAK = re.compile(
    r"(?:[加+] ?我?(?:的|个)?(?:[VvWw微薇威围维徽卫]|卫星)|(?<![A-Za-z0-9])(?<![A-Za-z0-9]-)[Vv](?=:| ?我|\+)"
    r"|(?<![A-Za-z0-9 㐀-鿿-])[Vv](?= $)"
    r"|加我(?:微|微信)?(?=[: ])"
    r"|[+加]wei|[微薇威围维徽](?=[:我])|(?:联系|或者?|留)我?[微薇威](?= |$)|卫星号|🛰)"
    rf"(?:[心{_SIGNS}]|号|是|我|聊|详|信){{0,6}}$"
)
_AFTER_WECHAT = re.compile(
    r"[ ,]?(?:\( ?|(?:这?就?是)(?:我|本人|[他她]|对方|[卖买]家)的?(?:新|小)?)(?:[微薇威围][信]|[Vv]信|[VvWw][Xx])(?!公众|支付|群)"
)
#: Accounts of the public by their first form.
_OF_PUBLIC = re.compile("gh_", re.I)
#: What WeChat names an account whose owner gave it no name.
_FIRST_FORM = re.compile("wxid_[a-z0-9]{8,20}")
#: What begins as an account does, and is the name of a system or a part of one.
_NO_HANDLE = re.compile(r"android|iphone|ipad|windows|mac|ios|app|api|sdk|http|www|web|html|harmony|pc|ver|version|for"
    r"|[vV]?\d", re.I)
_NO_ACCOUNT = re.compile("小程序|支付|版|开发|接口|登录|群|红包|聊天|文章|公众|平台|昵称|名字叫|网名|商户|指数|钱包|卡包|运动"
    "|文件|路径|目录|截图|图片|缓存|备份|包名|插件|脚本|测试|链接|网址|域名|代码|文档")
_OWN_WECHAT = re.compile("(?:我|本人|[卖买]家|他|她|房东|爸|妈|私人|个人)的?(?:新|小|大|私人|个人)?(?:[微薇威围]信|[Vv]信)")
#: Words of media that people use of their own account too: 我的微信…，搜出来头像是…
_SCANNED = re.compile("扫|搜索?|阅读|回复|二维码")
_LISTENED = re.compile("收听|讲座|领取|获取|课程")
_PUBLIC = re.compile("公众|公号|订阅|服务号|官方|官微")
#: A date of eight digits is none either, unless its label says that it is one: 威信20230101, 微信号20230101.
_EXPLICIT = re.compile("号|ID|Id|id")
_ADDED = re.compile("添加|加我|好友|找我|联系我|本人|私聊")
_OF_MEDIUM = re.compile(
    "(?:[㐀-鿿A-Za-z\"”》][(（] ?|[A-Za-z》」\"”] ?|客户|管理员|报料|爆料|预约|专家)微信(?:号码?|ID|id)? ?[:：为]? ?[(（]?$"
)
_ENDED = re.compile("[。;!?]")
_PERSON = re.compile("约稿|博客|博主|老师|先生|女士|小姐|小[㐀-鿿][(（]|[姐哥][(（]|联系人|本人|我|同学|作者|[经]理|姓名|手机|电话")


def _is_date(label: str, number: str) -> bool:
    """Whether a number behind a name of a messenger is a date."""
    return len(number) == _DATE and number.isdecimal() and is_date(int(number[:4]), number[4:]) and not _EXPLICIT.search(label)


def find_qq(view: View) -> Iterator[Hit]:
    """Numbers after a name of QQ, also several in a row, or before one, or of who said what; groups and services are public."""
    yield from _find_speakers(view)
    for m, start, end in view.labels.find(_QQ):
        before = view.before(start, 40)
        number = m[0].replace(" ", "")
        if not 5 <= len(number) <= (11 if number == m[0] else 10):
            continue
        label = _find_qq_label(before, number) or _find_q(view, before, number, end)
        if label is None:
            told = 6 <= len(number) <= 10 and _is_told(view, start, end)
        else:
            asked = _CLAUSE.split(before[max(label.start() - 4, 0):label.start()])[-1] + before[label.start():]
            public = _GROUP.search(asked) or _REPORTED.search(before) or _is_in_foot(view, start, end)
            told = not public and not _SERVICE.fullmatch(number) and not _is_date(label[0], number)
        if told:
            yield Hit(start, end, "qq")


def _find_speakers(view: View) -> Iterator[Hit]:
    """Who speaks in a chat that QQ kept: at least two lines of its form in a document, each with what was said below it."""
    heads, numbers = [], defaultdict(set)
    for m, start, end in view.numbers.find(_SPEAKER):
        spoken = _SPOKEN.search(view.before(start, 60))
        if spoken and not _is_date("", m[0][1:-1]) and _SAID_BELOW.match(view.after_lines(end, 60)):
            begin = view.begin(start)
            heads.append((begin, spoken[1], Hit(start + 1, end - 1, "qq")))
            numbers[begin, spoken[1]].add(m[0])
    n = Counter(begin for begin, _, _ in heads)
    yield from (hit for begin, name, hit in heads if n[begin] > 1 and len(numbers[begin, name]) == 1)


def _is_in_foot(view: View, start: int, end: int) -> bool:
    """Whether an account stands in the foot of a site, and nobody offers something or asks to be added before it."""
    if not _FOOT.search(view.after_lines(end, 30)):
        return False
    before = view.folded[max(start - 30, view.begin(start)):start]
    return not (PRIVATE.search(before) or _ADDED.search(before))


def _is_told(view: View, start: int, end: int) -> bool:
    """Whether a number without a name of QQ before it has one behind it, or is somebody's where people talk of friends."""
    before, after = view.before(start, 40), view.after(end, 16)
    if _ACCOUNT.search(before) and _CHAT.search(view.around(start, 60)):
        return True
    return _AFTER_QQ.match(after) is not None and not _GROUP.search(before[-16:] + after)


def _find_qq_label(before: str, number: str) -> re.Match[str] | None:
    """The name of QQ before a number, with what stands between."""
    label = _QQ_LABEL.search(before)
    if label is None or _NO_NAME.search(label[0]):
        return None
    weak = _WEAK_NAME.match(label[0]) and not label[0].startswith(("扣扣", "企鹅号"))
    return None if weak and (len(number) < 6 or ("," in label[0] and label[0][:2] != "扣我")) else label


def _find_q(view: View, before: str, number: str, end: int) -> re.Match[str] | None:
    """A bare Q before a number, if it is QQ's."""
    q = _Q.search(before)
    if q is None or NUMBERED.search(before[:q.start()]):
        return None
    asked = len(q[0]) > 1 or len(number) >= _Q_ALONE or _ASKED.search(before[:q.start()] + view.after(end, 8))
    return q if asked else None


def find_wechat(view: View) -> Iterator[Hit]:
    """Names after a name of WeChat, or before one; those of public accounts are public."""
    for m, start, end in view.labels.find(_WECHAT):
        own, at = m[2], start + m.start(2) - m.start()
        before = view.before(at, 40)
        if _NO_HANDLE.match(own) and not own.isdigit():
            continue
        if not _is_named(view, before, own, end, glued=m[1] is not None) or _is_public(view, before, at) or _OF_PUBLIC.match(own):
            continue
        yield Hit(at, end, "wechat")


def _is_named(view: View, before: str, own: str, end: int, *, glued: bool) -> bool:
    """Whether an account has WeChat's name before it or behind it, or its own first form, or is somebody's among friends."""
    if _FIRST_FORM.fullmatch(own):
        return True
    plain = own.isalpha()
    label = _WECHAT_LABEL.search(before)
    if label is not None and _is_date(label[0], own):
        return False
    if label is not None and not _NO_ACCOUNT.search(label[1]) and not (plain and not re.search("[:是为叫号户写拼]", label[1])):
        return True
    if plain or own.isdigit():
        return False
    weak = _WECHAT_WEAK.search(before)
    if weak is not None and weak[0][0] in "微薇威" and own.replace("-", "").isalpha():
        weak = None         # 微 kube-proxy
    if glued or weak or _AFTER_WECHAT.match(view.after(end, 16)):
        return True
    return _ACCOUNT.search(before) is not None and _CHAT.search(view.around(end, 40)) is not None


def _is_public(view: View, before: str, at: int) -> bool:
    """Whether an account is one of the public, a medium's or a business's."""
    if _FIRST_FORM.match(view.folded, at):
        return False
    left = view.folded[max(at - 30, view.begin(at)):at]
    around = left + _ENDED.split(view.around(at, 30)[len(left):])[0]
    label = _WECHAT_LABEL.search(before)
    disguised = label is not None and not label[0].startswith(("微信", "WeChat", "wechat", "Wechat"))
    if (_OWN_WECHAT.search(before) or disguised) and not _PUBLIC.search(around):
        return False
    if PUBLIC_ACCOUNT.search(_SCANNED.sub("", around) if _OWN_WECHAT.search(before) or _ADDED.search(around) else around):
        return True
    near = label.start() if label is not None else len(before)
    whose = before[max(near - 8, 0):near + 2]
    if label is None or not label[0].startswith("微信"):
        return False        # who writes the name in disguise is no office
    business = FOR_SALE.search(before) or _LISTENED.search(around[-20:]) or _OF_MEDIUM.search(before) or whose.endswith("群微信")
    return bool(business) and not _PERSON.search(whose)
