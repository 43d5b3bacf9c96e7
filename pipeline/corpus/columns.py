"""The row of a corpus, typed, once: its JSON Schema, its Arrow schema and the features of its card are made from this list.

Signals are columns of Parquet, and in JSONL, on request, the object `signals`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pyarrow as pa

from pipeline.signals.language import LANGUAGES
from pipeline.signals.quality import BUCKETS
from pipeline.signals.table import SIGNALS

__all__ = ["COLUMNS", "SIGNAL_COLUMNS", "Column", "arrow_schema", "columns_of", "json_schema"]


class Column(NamedTuple):
    """One column."""

    name: str
    type: str               # of Hugging Face's features: string, int64, float64; `list` of strings; `signals`, an object of the
                            # signals; `extra`, a JSON object
    null: bool              # whether it may hold none
    about: str
    more: dict[str, Any] | None = None      # what JSON Schema can say besides


_SCRIPTS = ["simplified", "traditional", "mixed", "japanese", "korean", "other", None]

_ID = "The record's own id, or 16 hexadecimal digits made from its source and content."
_TEXT = "The clean text: one paragraph a line, LF between, the title first."
_PUBLISHED = (
    "ISO 8601, with the time where the page gives one, as far as the page's words can be read so; else as the record gave it."
)
_SCRIPT = "What the original was written in, where the script stage ran."
_DUPLICATES = "Ids of the documents dropped in favour of this one, sorted; its own where an equal record was there again."
_EXTRA = (
    "Every field of the record that means nothing to the cleaner, as it was: an object in JSONL, where the key is missing if there "
    "is none; the same object as JSON text in Parquet."
)
_SIGNALS = "What was measured on the text, see docs/signals.md; the key is there on request. In Parquet each is a column."
_FOREIGN = "Passages in another language in a Chinese text: `start-end language`, in code points of `text`."

#: In their order.
COLUMNS = (
    Column("id", "string", False, _ID, {"minLength": 1}),
    Column("text", "string", False, _TEXT, {"minLength": 1}),
    Column("title", "string", True, "The title: one of the first lines of the text, without the name of the site."),
    Column("source", "string", False, "Where the document came from: its file, or the source or url of its record."),
    Column("published", "string", True, _PUBLISHED),
    Column("source_name", "string", True, "The publication that the page names as its source."),
    Column("author", "string", True, "Who wrote it, as the page or the record says."),
    Column("script", "string", True, _SCRIPT, {"enum": _SCRIPTS}),
    Column("n_chars", "int64", False, "Code points of text.", {"minimum": 1}),
    Column("sha256", "string", False, "Of text in UTF-8.", {"pattern": "^[0-9a-f]{64}$"}),
    Column("duplicates", "list", False, _DUPLICATES),
    Column("signals", "signals", True, _SIGNALS),
    Column("extra", "extra", True, _EXTRA),
)
#: What `signals` holds. In Parquet these stand in its place.
SIGNAL_COLUMNS = (
    Column("language", "string", True, "The language of the text.", {"enum": [*LANGUAGES, None]}),
    Column("quality", "string", False, "The bucket that quality_score falls in.", {"enum": [*BUCKETS]}),
    *(Column(s.name, s.type, False, s.about, {"minimum": 0} | ({"maximum": s.most} if s.most is not None else {}))
      for s in SIGNALS),
    Column("foreign", "list", False, _FOREIGN),
)

_ARROW = {
    "string": pa.string(), "int64": pa.int64(), "float64": pa.float64(), "list": pa.list_(pa.string()), "extra": pa.string(),
}
_JSON = {"string": "string", "int64": "integer", "float64": "number", "list": "array", "signals": "object", "extra": "object"}
_OPTIONAL = ("signals", "extra")    # of JSONL


def columns_of(*, parquet: bool, signals: bool = False, extra: bool = False) -> list[Column]:
    """The columns of a corpus in their order: in JSONL `signals` is there on request, and `extra` where a record has any."""
    if parquet:
        return [own for c in COLUMNS for own in (SIGNAL_COLUMNS if c.type == "signals" else (c,))]
    left_out = [name for name, there in (("signals", signals), ("extra", extra)) if not there]
    return [c for c in COLUMNS if c.name not in left_out]


def arrow_schema() -> pa.Schema:
    """The schema of a corpus in Parquet, the same for every run."""
    return pa.schema([pa.field(c.name, _ARROW[c.type], c.null) for c in columns_of(parquet=True)])


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a line of a corpus in JSONL: `pipeline/data/clean.schema.json`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One line of clean.jsonl, as written by taosha",
        "type": "object",
        "properties": {c.name: _property(c) for c in COLUMNS},
        "required": [c.name for c in COLUMNS if c.type not in _OPTIONAL],
        "additionalProperties": False,
    }


def _property(column: Column) -> dict[str, Any]:
    """A property of JSON. What is not known is an empty string there, never null: readers guess types from the first lines."""
    items: dict[str, Any] = {"items": {"type": "string"}} if column.type == "list" else {}
    if column.type == "signals":
        inside = {c.name: _property(c) for c in SIGNAL_COLUMNS}
        items = {"properties": inside, "required": list(inside), "additionalProperties": False}
    more = {key: ["" if v is None else v for v in value] if key == "enum" else value for key, value in (column.more or {}).items()}
    about = column.about + (" Empty where it is not known." if column.null and column.type == "string" else "")
    return {"type": _JSON[column.type]} | items | more | {"description": about}
