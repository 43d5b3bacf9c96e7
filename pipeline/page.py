"""One page of HTML from its bytes to clean text: what a crawler has in its hand."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.chinese.canonical import canonical_text
from pipeline.chinese.dates import to_iso
from pipeline.cleaning import Cleaned, choose_stages, clean_text, mask_words
from pipeline.errors import UsageError
from pipeline.options import Options
from pipeline.read.decoded import describe_reading
from pipeline.read.html import read_page
from pipeline.record import merge_said, replace_surrogates
from pipeline.wording import describe

__all__ = ["clean_page"]


def clean_page(
    data: bytes, *, url: str | None = None, declared: str | None = None, stages: Iterable[str] | None = None,
    options: Options | None = None,
) -> Cleaned:
    """Clean a page of HTML. `declared` is the charset that the server named, `url` where the page was fetched.

    The original that the edits refer to is the text of the page, a block a line, not its markup, which is evidence of what its
    lines are: the same text without it may be left with more. What the page's head says of it (title, date, author) goes before
    what is read in its lines, as what a record says does, but for a title that only `<title>` says; where both have one title, it
    is given as the stages left it.
    Where personal data is masked, it is masked in these words too. Raises UndecodableError for bytes that are no text.

    >>> clean_page("<title>引领 - 某网</title><h1>引领</h1><p>坚持党(dǎng)建引领。".encode(), url="http://x.cn/1").text
    '引领\\n坚持党建引领。'
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise UsageError(f"a page is the bytes that a server sent, and this is {describe(data)}; text is for `clean_text`")
    if wrong := [value for value in (url, declared) if not isinstance(value, str | None)]:
        raise UsageError(f"`url` and `declared` are strings, and this is {describe(wrong[0])}")
    page = read_page(bytes(data), declared=declared)
    names = None if stages is None else [s.name for s in choose_stages(stages)]         # it may be an iterator
    cleaned = clean_text(replace_surrogates(page.text)[0], stages=names, options=options, marks=page.marks)
    said = dict(page.metadata)
    found = cleaned.metadata.get("title")
    if found and canonical_text(found) == canonical_text(said.get("title", "")):
        del said["title"]       # the same, as the stages left it: in the script that was asked for, without readings
    if "published" in said:
        said["published"] = to_iso(said["published"]) or said["published"]
    if url:
        said["url"] = url
    said |= describe_reading(page.encoding, page.n_replaced)
    cleaned.metadata = merge_said(cleaned.metadata, said)
    mask_words([cleaned], names, options or Options())
    return cleaned
