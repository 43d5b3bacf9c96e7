"""What is known of HTML's elements, and of the words that sites write into class and id.

Names of elements and roles are those of the HTML standard (4.3 sections, 4.4 grouping, 4.9 tables; ARIA in HTML). The words
of `TOKENS` are what web designers call the parts of a page; each is looked for as a whole token, never inside a longer one.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.marks import Kind, Region, Token

__all__ = [
    "BLOCKS", "BLOCK_INSIDE", "BOXES", "CODE_BLOCKS", "KINDS", "LISTS", "RAW", "REGIONS", "ROLES", "SKIPPED", "TOKENS", "VOID",
]


def _by_name(table: Mapping[int, str]) -> dict[str, int]:
    """A table of names by value, turned round; a name that stands under several has all their bits."""
    found: dict[str, int] = {}
    for value, names in table.items():
        for name in names.split():
            found[name] = found.get(name, 0) | int(value)
    return found


#: What block an element makes of its text.
KINDS = _by_name({
    Kind.PARAGRAPH: "p",
    Kind.HEADING: "h1 h2 h3 h4 h5 h6 summary",
    Kind.ITEM: "li dt dd",
    Kind.CELL: "td th",
    Kind.CODE: "pre listing xmp plaintext",
    Kind.QUOTE: "blockquote",
    Kind.CAPTION: "figcaption caption legend",
    Kind.CONTROL: "button label",
})
_OTHER_BLOCKS = (
    "address article aside body center details dialog dir div dl fieldset figure footer form frameset header hgroup hr html main "
    "marquee menu nav ol section search table tbody tfoot thead tr ul"
)
#: Elements that begin and end a line.
BLOCKS = frozenset({*KINDS, *_OTHER_BLOCKS.split()} - {"button", "label"})

_SKIPPED = (
    "script style noscript noembed noframes template head title iframe object embed applet audio video canvas svg math select "
    "datalist input textarea map area param source track link meta base rp colgroup col frame"
)
#: Elements whose inside is no text of the page: no browser with scripts draws it, or it is a choice of a form.
SKIPPED = frozenset(_SKIPPED.split())

REGIONS = _by_name({
    Region.NAV: "nav", Region.HEADER: "header", Region.FOOTER: "footer", Region.ASIDE: "aside", Region.MAIN: "main",
    Region.ARTICLE: "article", Region.FORM: "form",
})
ROLES = _by_name({
    Region.NAV: "navigation menu menubar", Region.HEADER: "banner", Region.FOOTER: "contentinfo", Region.ASIDE: "complementary",
    Region.MAIN: "main", Region.ARTICLE: "article", Region.FORM: "search",
})

#: Elements without an end (HTML, 13.3, what the serialisation of a fragment leaves without an end tag).
VOID = frozenset((
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link", "meta",
    "param", "source", "track", "wbr",
))
#: Elements whose text stands in the markup as it is, without character references (HTML, 13.3).
RAW = frozenset(("script", "style", "xmp", "iframe", "noembed", "noframes", "plaintext"))

#: Elements that are drawn as boxes of their own inside a line: what stands on both sides of one is apart.
BOXES = frozenset((
    "applet", "audio", "button", "canvas", "embed", "iframe", "img", "input", "object", "select", "svg", "textarea", "video",
))
LISTS = frozenset(("ol", "ul", "dl", "menu", "dir"))
#: Elements whose class may say that they hold code.
CODE_BLOCKS = frozenset(("pre", "code", "div", "figure"))
#: Elements in the cells of a table that say that it lays the page out.
BLOCK_INSIDE = frozenset((
    "table", "p", "div", "br", "ul", "ol", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "form", "section", "article",
    "hr",
))

#: Words of class and id.
TOKENS = _by_name({
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
    Token.BESIDE: "comment comments pinglun cmt disqus related relate relative relevant recommend recommends tuijian xiangguan "
                  "guess rank ranking paihang hotnews ad ads adv advert advertisement guanggao sponsor",
    Token.REPLY: "reply replies answer answers huifu huida",
    Token.USER: "user profile avatar member userinfo authorinfo card bio",
})
