"""What is known of HTML's elements, and of the words that sites write into class and id.

Names of elements and roles are those of the HTML standard (4.3 sections, 4.4 grouping, 4.9 tables; ARIA in HTML). The words
of `TOKENS` are what web designers call the parts of a page; each is looked for as a whole token, never inside a longer one.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

__all__ = ["BLOCKS", "HIDDEN_STYLE", "KINDS", "REGIONS", "ROLES", "SKIPPED", "TOKENS", "Kind", "Region", "Token"]


class Kind(IntEnum):
    """What block a line is."""

    OTHER = 0
    PARAGRAPH = 1
    HEADING = 2
    ITEM = 3        # of a list
    ROW = 4         # of a table of data: the cells of one row
    CELL = 5        # of a table that lays the page out
    CODE = 6        # text with its own white space
    QUOTE = 7
    CAPTION = 8
    CONTROL = 9     # button, label


class Region(IntFlag):
    """Parts of a page that have an element or a role of their own."""

    NAV = 1
    HEADER = 2
    FOOTER = 4
    ASIDE = 8
    MAIN = 16
    ARTICLE = 32
    FORM = 64


class Token(IntFlag):
    """Parts of a page as named in class and id."""

    MENU = 1
    CRUMB = 2
    HEAD = 4
    FOOT = 8
    SIDE = 16
    COMMENT = 32
    SHARE = 64
    RELATED = 128
    RANK = 256
    AD = 512
    LEGAL = 1024
    LOGIN = 2048
    PAGER = 4096
    TAGS = 8192
    TITLE = 16384
    BYLINE = 32768
    CONTENT = 65536
    LIST = 131072
    USER = 262144


#: Elements that begin and end a line.
KINDS: dict[str, int] = {
    "p": Kind.PARAGRAPH.value, "h1": Kind.HEADING.value, "h2": Kind.HEADING.value, "h3": Kind.HEADING.value, "h4": Kind.HEADING.value, "h5": Kind.HEADING.value,
    "h6": Kind.HEADING.value, "li": Kind.ITEM.value, "dt": Kind.ITEM.value, "dd": Kind.ITEM.value, "td": Kind.CELL.value, "th": Kind.CELL.value, "pre": Kind.CODE.value,
    "listing": Kind.CODE.value, "xmp": Kind.CODE.value, "plaintext": Kind.CODE.value, "blockquote": Kind.QUOTE.value, "figcaption": Kind.CAPTION.value,
    "caption": Kind.CAPTION.value, "legend": Kind.CAPTION.value, "button": Kind.CONTROL.value, "label": Kind.CONTROL.value, "summary": Kind.HEADING.value,
}
BLOCKS = frozenset(KINDS) - {"label", "button"} | frozenset(
    "address article aside body center details dialog dir div dl fieldset figure footer form frameset header hgroup hr html main "
    "menu nav noframes ol optgroup option search section table tbody tfoot thead tr ul marquee".split()
)

#: Elements whose inside is no text of the page.
SKIPPED = frozenset(
    "script style noscript template head iframe object embed applet audio video canvas svg math select datalist input "
    "textarea map area param source track link meta base rp colgroup col frame -comment !doctype".split()
)

REGIONS: dict[str, int] = {
    "nav": Region.NAV.value, "header": Region.HEADER.value, "footer": Region.FOOTER.value, "aside": Region.ASIDE.value, "main": Region.MAIN.value,
    "article": Region.ARTICLE.value, "form": Region.FORM.value,
}
ROLES: dict[str, int] = {
    "navigation": Region.NAV.value, "banner": Region.HEADER.value, "contentinfo": Region.FOOTER.value, "complementary": Region.ASIDE.value,
    "main": Region.MAIN.value, "article": Region.ARTICLE.value, "search": Region.FORM.value, "menu": Region.NAV.value, "menubar": Region.NAV.value,
}

HIDDEN_STYLE = ("display:none", "visibility:hidden")

_WORDS = {
    Token.MENU: "nav menu navbar navi navigation topnav mainnav subnav channel topbar toolbar menubar daohang",
    Token.CRUMB: "crumb crumbs breadcrumb breadcrumbs location position path weizhi curpos bread",
    Token.HEAD: "header head top hd logo banner masthead",
    Token.FOOT: "footer foot bottom ft foots",
    Token.SIDE: "side sidebar aside right left rightbar leftbar sider widget col",
    Token.COMMENT: "comment comments reply replies pinglun cmt discuss disqus feedback",
    Token.SHARE: "share bdshare bdsharebuttonbox sns social weibo weixin qrcode qr fenxiang like follow",
    Token.RELATED: "related relate relative recommend recommends more tuijian xiangguan guess relevant prevnext",
    Token.RANK: "hot rank ranking top10 paihang hotnews popular latest newest",
    Token.AD: "ad ads adv advert advertisement gg guanggao sponsor promo adbox banner",
    Token.LEGAL: "copyright copy disclaimer icp beian license statement declare shengming",
    Token.LOGIN: "login register signin signup reg user-login passport search searchbox",
    Token.PAGER: "page pager pages pagination paging fanye prev next",
    Token.TAGS: "tag tags keyword keywords label labels",
    Token.TITLE: "title headline tit biaoti h1 subject",
    Token.BYLINE: "info meta source author date time pubtime byline editor zuozhe laiyuan publish post-meta",
    Token.CONTENT: "content article text body detail main post entry con zoom neirong artibody txt story editor-content",
    Token.LIST: "list lists newslist item items ul",
    Token.USER: "user profile avatar member userinfo authorinfo card bio",
}
TOKENS: dict[str, int] = {}
for _token, _words in _WORDS.items():
    for _word in _words.split():
        TOKENS[_word] = TOKENS.get(_word, 0) | int(_token)
