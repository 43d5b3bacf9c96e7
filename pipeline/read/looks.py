"""What the first bytes of a file look like, whatever its suffix says: a page of HTML, JSON, or a table of values with commas.

Only what is plain is called so: a text that merely holds some tags, or an article that begins with a bracket, is a text.
"""

from __future__ import annotations

import codecs
import csv
import re

from pipeline.read.wide import find_wide

__all__ = ["HEAD", "WORDS", "bare_head", "find_look"]

#: Bytes that are looked at.
HEAD = 4096

# Measured: 3,576 of the 3,581 pages of the crawl and all 336 of the labelled sets are seen as such (what is not is style sheets and
# pictures sent as pages), and none of 53,694 texts of the corpora and the crawl.

#: How the looks are called for people.
WORDS = {
    "html": "a page of HTML", "xml": "XML", "jsonl": "JSON, one object a line", "json": "JSON, one value over the whole file",
    "csv": "a table of values (CSV)",
}

# Tags that open a page; bounded: linear. Comments before them are cut first.
_PAGE = re.compile(rb"<(?:!doctype\s{1,9}html|html|head|body|meta|title|script|style|link)\b", re.I)
_INSIDE = re.compile(rb"<(?:html|body)[\s>]", re.I)      # in what a crawler or XML put around a page; linear
_COMMENT = re.compile(rb"\A(?:<!--(?:[^-]|-(?!->)){0,2000}-->\s{0,200}){1,5}")      # each character fits one choice: linear
_XML = re.compile(rb"<\?xml[\s?]", re.I)
_TAG = re.compile(rb"</(?:p|div|a|li|ul|td|tr|table|span|h[1-6]|font|strong|b)>", re.I)     # a literal: linear
#: Closing tags of HTML that make a fragment a page: crawled bodies have one in 20 to 100 bytes, articles on HTML show some in code.
_LEAST_TAGS, _BYTES_A_TAG = 8, 250
_OBJECT = re.compile(rb'\{\s{0,200}"(?:[^"\\\n]|\\.){1,200}"\s{0,20}:')       # an object with its first key; bounded: linear
_LIST = re.compile(rb'\[\s{0,200}(?:\{\s{0,200}"(?:[^"\\\n]|\\.){1,200}"\s{0,20}:|\])')
#: Names of columns, one of which the head line of a table of documents has.
_COLUMNS = frozenset((
    "id", "uid", "url", "link", "href", "title", "text", "content", "body", "date", "time", "author", "source", "label", "category",
    "summary", "abstract", "question", "answer", "编号", "序号", "标题", "標題", "正文", "内容", "內容", "网址", "網址", "链接",
    "連結", "作者", "日期", "时间", "時間", "来源", "來源", "类别", "類別", "标签", "標籤", "摘要", "问题", "問題", "答案",
    "发布时间", "發布時間",
))


def bare_head(head: bytes) -> bytes:
    """First bytes without byte order mark and white space, as UTF-8 where they are UTF-16 or UTF-32."""
    if codec := find_wide(head):
        head = head.decode(codec, "ignore").encode()
    return head.removeprefix(codecs.BOM_UTF8).lstrip()


def find_look(head: bytes) -> str:
    """`html`, `xml`, `json`, `jsonl`, `csv`, or empty for what looks like nothing but text.

    >>> find_look(b"<!DOCTYPE html><p>"), find_look(b'{"id": 1, "text": "x"}'), find_look("党建引领".encode())
    ('html', 'jsonl', '')
    """
    head = bare_head(head)
    if head.startswith(b"<"):
        return _look_of_markup(head)
    if _LIST.match(head):
        return "json"
    if _OBJECT.match(head):
        lines = head.split(b"\n")
        whole = len(lines) == 1 or any(len(line) > 1 and line[:1] == b"{" and line.rstrip()[-1:] == b"}" for line in lines)
        return "jsonl" if len(lines[0]) > 1 and whole else "json"      # a broken line is one fault, no other kind of file
    return "csv" if _is_table(head) else ""


def _look_of_markup(head: bytes) -> str:
    page = head[found.end():] if (found := _COMMENT.match(head)) else head
    if _PAGE.match(page) or _INSIDE.search(page):
        return "html"
    if _XML.match(page):
        return "xml"
    n = len(_TAG.findall(page))
    return "html" if n >= _LEAST_TAGS and n * _BYTES_A_TAG >= len(page) else ""


def _decode(head: bytes) -> str:
    """First bytes as text, in one of two charsets: what is a column is told by a few words that both can write."""
    try:
        return head.decode()
    except UnicodeDecodeError as error:
        return head.decode("utf-8" if error.start >= len(head) - 3 else "gb18030", "ignore")


def _is_table(head: bytes) -> bool:
    """Whether the head line names columns and the lines after it, quoted line breaks counted, have as many values."""
    text = _decode(head)
    if "\0" in text:
        return False
    first = text.partition("\n")[0].strip()
    for comma in (",", "\t"):
        names = [name.strip().strip('"').lower() for name in first.split(comma)]
        if len(names) > 1 and len(set(names)) == len(names) and all(0 < len(n) <= 30 for n in names) and _COLUMNS & set(names):
            try:
                rows = list(csv.reader(text.splitlines(keepends=True), delimiter=comma))
            except csv.Error:
                return False
            rows = [row for row in rows if row]
            whole = rows[1:-1] if len(rows) > 2 else rows[1:]
            return bool(whole) and all(len(row) == len(names) for row in whole)
    return False
