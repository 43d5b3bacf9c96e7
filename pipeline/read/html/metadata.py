"""What a page says of itself in its head: title, date, author, names of the site, language, address.

Sources, best first: JSON-LD (schema.org), Open Graph and article: properties, Dublin Core and plain `<meta>` names, `<time>`,
`<title>`. The title is the headline as the page shows it, without the name of the site that `<title>` puts behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import orjson

from pipeline.chinese.canonical import canonical_text
from pipeline.chinese.dates import to_iso
from pipeline.read.html.kernels.columns import H1, HTML, META, SCRIPT, TIME, TITLE
from pipeline.read.html.lines import Says

__all__ = ["read_metadata"]

#: Bytes of JSON-LD of one page that are looked at.
JSON_LD_BYTES = 1 << 20

#: Headings that could be the title, and how many are looked at for them: each is read up to its end tag, and they may be nested.
HEADINGS, MOST_HEADINGS = 3, 32

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
# What the parser writes of an attribute, and of a tag: classes up to a sign that they do not hold, linear.
_ATTRIBUTE = re.compile(r'([^\s"]+)="([^"]*)"')
_TAG = re.compile(r"<[^>]*>")
_NO_AUTHOR = re.compile(r"https?:|www\.|@|[/\\<>{}]", re.IGNORECASE)


def read_metadata(markup: bytes, says: Says, lines: Sequence[str]) -> dict[str, str]:
    """What the head says, of the keys `title published author source_name site language canonical`; those that are there.

    `lines` are the lines of the body: a title that stands among them is the title.
    """
    head = _read_head(markup, says)
    metas, said = head.metas, head.said
    found: dict[str, str] = {}
    if title := _find_title(head, lines):
        found["title"] = title
    dates = (said.get("published"), *(metas.get(k) for k in _PUBLISHED), head.time)
    if published := next((iso for d in dates if d and (iso := to_iso(d))), None):
        found["published"] = published
    authors = (said.get("author"), *(metas.get(k) for k in _AUTHOR))
    if author := next((a for a in authors if a and len(a) <= 40 and not _NO_AUTHOR.search(a)), None):
        found["author"] = author
    for key, names in (("source_name", _SOURCE), ("site", _SITE)):
        if value := next((v for k in names if (v := metas.get(k)) and len(v) <= 40 and not _NO_AUTHOR.search(v)), None):
            found[key] = value
    if head.language:
        found["language"] = head.language.strip()[:35]
    if head.canonical:
        found["canonical"] = head.canonical.strip()[:2000]
    return found


@dataclass(slots=True)
class _Head:
    """What stands in the elements that say something of the page."""

    metas: dict[str, str] = field(default_factory=dict)     # content of `<meta>` by name, the first of each
    said: dict[str, str] = field(default_factory=dict)      # by JSON-LD
    title: str | None = None
    headings: list[str] = field(default_factory=list)       # of the first level, the first few
    language: str | None = None
    canonical: str | None = None
    time: str | None = None


def _read_head(markup: bytes, says: Says) -> _Head:
    head, scripts, titles, seen = _Head(), [], 0, 0
    for what, start, end in says:
        if what == META:
            _read_meta(_read_attributes(markup, start, end), head)
        elif what == TITLE and not titles:
            titles, head.title = 1, _read_inside(markup, end, b"</title")
        elif what == H1:
            seen += 1
            if seen > MOST_HEADINGS or len(head.headings) == HEADINGS:
                continue
            if text := _read_inside(markup, end, b"</h1"):
                head.headings.append(text)
        elif what == SCRIPT:
            scripts.append(end)
        elif what == TIME:
            head.time = head.time or _read_attributes(markup, start, end).get("datetime")
        elif what == HTML:
            head.language = head.language or _read_attributes(markup, start, end).get("lang")
        elif head.canonical is None and b"canonical" in markup[start:end]:
            own = _read_attributes(markup, start, end)
            head.canonical = own.get("href") if own.get("rel") == "canonical" else None
    for end in scripts:
        _read_json_ld(markup[end + 1:markup.find(b"</script", end)], head.said)
    return head


def _read_attributes(markup: bytes, start: int, end: int) -> dict[str, str]:
    return {name: unescape(value) for name, value in _ATTRIBUTE.findall(markup[start:end].decode())}


def _read_inside(markup: bytes, start: int, end: bytes) -> str | None:
    """The text in an element whose tag ends at `start`, without the tags in it."""
    return _fold(unescape(_TAG.sub("", markup[start + 1:markup.find(end, start)].decode())))


def _read_meta(own: dict[str, str], head: _Head) -> None:
    name = own.get("property") or own.get("name") or own.get("itemprop")
    value = _fold(own.get("content"))
    if name and value:
        head.metas.setdefault(name.strip().lower(), value)


def _read_json_ld(text: bytes, said: dict[str, str]) -> None:
    if len(text) > JSON_LD_BYTES:
        return
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError:
        return
    for thing in _things(content):
        for key, names in (("headline", ("headline",)), ("published", ("datePublished", "pubDate")), ("author", ("author",))):
            value = next((_name(thing[n]) for n in names if n in thing), None)
            if value:
                said.setdefault(key, value)


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


def _find_title(head: _Head, lines: Sequence[str]) -> str | None:
    """The headline: a line of the page that the head repeats, else what the head says without the name of the site."""
    whole, headings = head.title, head.headings
    named = [t for t in (head.said.get("headline"), *(head.metas.get(k) for k in _TITLE)) if t]
    wholes = [canonical_text(t) for t in (whole, *named) if t]
    heads = {t[0] for t in (whole, *named) if t}     # most lines cannot be it: one look at the first character
    best = ""
    for line in (*headings, *lines):
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
