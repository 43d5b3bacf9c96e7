"""What a page says of itself in its head: title, date, author, names of the site, language, address.

Sources, best first: JSON-LD (schema.org), Open Graph and article: properties, Dublin Core and plain `<meta>` names, `<time>`,
`<title>`. The title is the headline as the page shows it, without the name of the site that `<title>` puts behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from pipeline.chinese.canonical import canonical_text
from pipeline.chinese.dates import to_iso

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

__all__ = ["read_metadata"]

#: Bytes of JSON-LD of one page that are looked at.
JSON_LD_BYTES = 1 << 20

#: Names of `<meta>`, lower-case, best first.
_TITLE = ("og:title", "twitter:title", "articletitle", "headline", "dc.title")
_PUBLISHED = ("article:published_time", "og:published_time", "og:release_date", "pubdate", "publishdate", "publish-date",
              "publishtime", "datepublished", "dc.date", "dc.date.issued", "date", "weibo: article:create_at", "apub:time",
              "og:time", "createdate")
_AUTHOR = ("article:author", "author", "og:article:author", "dc.creator", "byl")
_SOURCE = ("contentsource", "mediaid", "source", "og:article:source", "source_name")
_SITE = ("og:site_name", "sitename", "application-name")

# A separator between blanks, or one that stands in no headline: alternatives of fixed length, linear.
_PARTS = re.compile(r"\s+[-–—|·«»<>]{1,2}\s+|\s*[_|｜]+\s*|\s*--+\s*|\s*>>\s*")
# The name of a site behind a bare hyphen; a class repeated up to a bound, at the end.
_SITE_TAIL = re.compile(
    r"\s*[-–—]\s*[^-–—，。？！]{0,14}(?:网|频道|论坛|博客|门户|日报|晚报|时报|大学|学院|贴吧|百科|首页|在线|中心|文库|官网|\.com|\.cn|\.net)$")
_NO_AUTHOR = re.compile(r"https?:|www\.|@|[/\\<>{}]", re.IGNORECASE)


def read_metadata(tree: LexborHTMLParser, lines: Sequence[str]) -> dict[str, str]:
    """What the head says, of the keys `title published author source_name site language canonical`; those that are there.

    `lines` are the lines of the body: a title that stands among them is the title.
    """
    metas = _read_metas(tree)
    said = _read_json_ld(tree)
    found: dict[str, str] = {}
    if title := _find_title(tree, metas, said, lines):
        found["title"] = title
    dates = (said.get("published"), *(metas.get(k) for k in _PUBLISHED), _first_time(tree))
    if published := next((iso for d in dates if d and (iso := to_iso(d))), None):
        found["published"] = published
    authors = (said.get("author"), *(metas.get(k) for k in _AUTHOR))
    if author := next((a for a in authors if a and len(a) <= 40 and not _NO_AUTHOR.search(a)), None):
        found["author"] = author
    for key, names in (("source_name", _SOURCE), ("site", _SITE)):
        if value := next((v for k in names if (v := metas.get(k)) and len(v) <= 40 and not _NO_AUTHOR.search(v)), None):
            found[key] = value
    root = tree.root
    if root is not None and (language := root.attributes.get("lang")):
        found["language"] = language.strip()[:35]
    link = tree.css_first("link[rel=canonical]")
    if link is not None and (address := link.attributes.get("href")):
        found["canonical"] = address.strip()[:2000]
    return found


def _read_metas(tree: LexborHTMLParser) -> dict[str, str]:
    metas: dict[str, str] = {}
    for node in tree.css("meta"):
        own = node.attributes
        name = own.get("property") or own.get("name") or own.get("itemprop")
        value = _fold(own.get("content"))
        if name and value:
            metas.setdefault(name.strip().lower(), value)
    return metas


def _read_json_ld(tree: LexborHTMLParser) -> dict[str, str]:
    said: dict[str, str] = {}
    for node in tree.css('script[type="application/ld+json"]'):
        text = node.text()
        if len(text) > JSON_LD_BYTES:
            continue
        try:
            content = orjson.loads(text)
        except orjson.JSONDecodeError:
            continue
        for thing in _things(content):
            for key, names in (("headline", ("headline",)), ("published", ("datePublished", "pubDate")), ("author", ("author",))):
                value = next((_name(thing[n]) for n in names if n in thing), None)
                if value:
                    said.setdefault(key, value)
    return said


def _things(content: Any) -> Iterator[dict[str, Any]]:
    """The objects of a JSON-LD block: itself, those of a list, those of a `@graph`."""
    for thing in content if isinstance(content, list) else [content]:
        if isinstance(thing, dict):
            yield thing
            graph = thing.get("@graph")
            if isinstance(graph, list):
                yield from (x for x in graph if isinstance(x, dict))


def _name(value: Any) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("name")
    return _fold(value) if isinstance(value, str) else None


def _fold(value: str | None) -> str | None:
    return " ".join(value.split()) if value else None


def _first_time(tree: LexborHTMLParser) -> str | None:
    node = tree.css_first("time[datetime]")
    return node.attributes.get("datetime") if node is not None else None


def _find_title(
    tree: LexborHTMLParser, metas: dict[str, str], said: dict[str, str], lines: Sequence[str]
) -> str | None:
    """The headline: a line of the page that the head repeats, else what the head says without the name of the site."""
    node = tree.css_first("title")
    whole = _fold(node.text()) if node is not None else None
    named = [t for t in (said.get("headline"), *(metas.get(k) for k in _TITLE)) if t]
    headings = [t for h in tree.css("h1") if (t := _fold(h.text()))]
    wholes = [canonical_text(t) for t in (whole, *named) if t]
    heads = {t[0] for t in (whole, *named) if t}     # most lines cannot be it: one look at the first character
    best = ""
    for line in (*headings[:3], *lines):
        if 4 <= len(line) <= 120 and len(line) > len(best) and line[0] in heads:
            folded = canonical_text(line)
            if len(folded) > 3 and any(t.startswith(folded) and 3 * len(folded) >= len(t) for t in wholes):
                best = line
    if best:
        return best
    if named:
        return _cut_site(named[0])
    if whole:
        return _cut_site(whole)
    return headings[0] if headings else None


def _cut_site(title: str) -> str:
    """A title without the names of the site and its channels behind it.

    >>> _cut_site("党建引领_新闻_中国网"), _cut_site("Covid-19 疫情"), _cut_site("今日要闻-中国新闻网")
    ('党建引领', 'Covid-19 疫情', '今日要闻')
    """
    first = next((part for part in _PARTS.split(title) if part.strip()), title).strip()
    return _SITE_TAIL.sub("", first).strip() or first
