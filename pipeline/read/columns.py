"""Which fields of a record hold what: the names that the user gave, else the usual names.

A name may lead into objects (`a.b`) and through lists, whose values are joined with line breaks: the paragraphs of MNBVC's
`段落` are objects in a list, and `段落.内容` is the text.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["COLUMNS", "Columns", "Raw", "read_column"]


class Raw(str):
    """Bytes that are no UTF-8, in Base64; where they are the text, `data` is decoded as a file is.

    >>> Raw(b"\\xff\\xfe") == "//4=", Raw(b"\\xff\\xfe").data
    (True, b'\\xff\\xfe')
    """

    __slots__ = ("data",)
    data: bytes

    def __new__(cls, data: bytes) -> Raw:
        """The bytes as they ride along."""
        own = super().__new__(cls, base64.b64encode(data).decode())
        own.data = data
        return own

    def __reduce__(self) -> tuple[type[Raw], tuple[bytes]]:
        """How it is made again in another process."""
        return Raw, (self.data,)


@dataclass(frozen=True, slots=True, order=True)
class Columns:
    """Names of fields, by what they hold; each a choice in order of preference. A field of HTML is read as a page."""

    text: tuple[str, ...] = ("text", "content", "raw_content", "正文", "内容", "內容", "段落.内容", "html", "raw_html")
    id: tuple[str, ...] = ("id",)
    source: tuple[str, ...] = ("source", "url", "网址", "網址", "链接")
    title: tuple[str, ...] = ("title", "标题", "標題")
    published: tuple[str, ...] = ("published", "date", "发布时间", "日期")
    source_name: tuple[str, ...] = ("source_name",)
    author: tuple[str, ...] = ("author", "作者")

    @classmethod
    def of(cls, **names: str | None) -> Columns:
        """The usual names, with one name in place of those of each field that is given.

        >>> Columns.of(text="body.zh").text, Columns.of(text=None).id
        (('body.zh',), ('id',))
        """
        return cls(**{key: (name,) for key, name in names.items() if name})


COLUMNS = Columns()


def read_column(row: Mapping[str, Any], name: str) -> Any:
    """The value of a field; None where there is none. A field whose own name holds a dot goes before a path.

    >>> read_column({"段落": [{"内容": "一"}, {"内容": "二"}]}, "段落.内容"), read_column({"a.b": 1, "a": {"b": 2}}, "a.b")
    ('一\\n二', 1)
    """
    if name in row:
        value = row[name]
        return _join(value) if isinstance(value, list) and value and all(isinstance(v, str) for v in value) else value
    if "." not in name:
        return None
    found = list(_follow(row, name.split(".")))
    if len(found) == 1:
        return found[0]
    return _join(found) if found and all(isinstance(v, str) for v in found) else None


def _join(lines: list[str]) -> str:
    if any(isinstance(line, Raw) for line in lines):
        return Raw(b"\n".join(line.data if isinstance(line, Raw) else line.encode("utf-8", "surrogatepass") for line in lines))
    return "\n".join(lines)


def _follow(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _follow(one, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _follow(value[path[0]], path[1:])
