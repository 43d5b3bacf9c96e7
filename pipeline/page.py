"""One page of HTML from its bytes to clean text: what a crawler has in its hand."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.chinese.canonical import canonical_text
from pipeline.chinese.dates import to_iso
from pipeline.cleaning import Cleaned, clean_text
from pipeline.options import Options
from pipeline.read.html import read_page
from pipeline.record import replace_surrogates

__all__ = ["clean_page"]


def clean_page(
    data: bytes, *, url: str | None = None, declared: str | None = None, stages: Iterable[str] | None = None,
    options: Options | None = None,
) -> Cleaned:
    """Clean a page of HTML. `declared` is the charset that the server named, `url` where the page was fetched.

    The original that the edits refer to is the text of the page, a block a line, not its markup. What the page's head says of it
    (title, date, author) goes before what is read in its lines, as what a record says does; where both have one title, it is given
    as the stages left it. Raises UndecodableError for bytes that are no text.

    >>> clean_page("<title>引领 - 某网</title><h1>引领</h1><p>坚持党(dǎng)建引领。".encode(), url="http://x.cn/1").text
    '引领\\n坚持党建引领。'
    """
    page = read_page(data, declared=declared)
    cleaned = clean_text(replace_surrogates(page.text)[0], stages=stages, options=options)
    said = dict(page.metadata)
    found = cleaned.metadata.get("title")
    if found and canonical_text(found) == canonical_text(said.get("title", "")):
        del said["title"]       # the same, as the stages left it: in the script that was asked for, without readings
    if "published" in said:
        said["published"] = to_iso(said["published"]) or said["published"]
    if url:
        said["url"] = url
    if page.encoding not in ("utf-8", "ascii"):
        said["encoding"] = page.encoding
    if page.n_replaced:
        said["n_replaced"] = str(page.n_replaced)
    cleaned.metadata = cleaned.metadata | said
    return cleaned
