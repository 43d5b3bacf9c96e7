"""Every option of every stage, with its one default. Frozen: a run prints them into its manifest and cannot change them.

pydantic checks each value when its class is made, wherever the value comes from (TOML, command line, Python): a wrong type,
an unknown name and a value out of its range are UsageErrors. Types are strict (`1` is not `true`, `"15"` is no number), but a
list will do for a tuple, as TOML knows no other.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import field, fields, is_dataclass, replace
from functools import wraps
from os import PathLike
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, cast, dataclass_transform, get_args

from pydantic import ConfigDict, Field, Strict, ValidationError
from pydantic.dataclasses import dataclass

from pipeline import world
from pipeline.errors import UsageError
from pipeline.wording import describe

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = [
    "BoilerplateOptions", "CheckOptions", "EncodingOptions", "NearOptions", "Options", "PassagesOptions", "PersonalOptions",
    "PinyinOptions", "RepeatsOptions", "RunOptions", "ScriptOptions", "SignalsOptions", "VerdictsOptions", "load_check_options",
    "load_options", "load_run_options", "need_options",
]

Made = TypeVar("Made")

#: A list of strings, as TOML gives it, or a tuple; the strings themselves are strict.
Strings = Annotated[tuple[str, ...], Strict(False)]


@dataclass_transform(frozen_default=True, kw_only_default=False)
def _options(made: type[Made]) -> type[Made]:
    """Make a frozen dataclass whose values are checked by pydantic, and whose errors are ours: one line, in words."""
    checked = dataclass(frozen=True, slots=True, config=ConfigDict(strict=True, extra="forbid"))(made)
    check: Callable[..., None] = checked.__init__

    @wraps(check)
    def make(self: object, *values: Any, **named: Any) -> None:
        try:
            check(self, *values, **named)
        except ValidationError as error:
            raise UsageError("; ".join(_explain(checked, e) for e in error.errors(include_url=False))) from None

    checked.__init__ = make     # type: ignore[method-assign]
    return cast(type[Made], checked)


def _explain(options: Any, error: ErrorDetails) -> str:
    """What is wrong with one value, and what is wanted: `max_loss must be from 0 to 1, not 1.5`."""
    names, at, kind = [f.name for f in fields(options)], error["loc"][0], error["type"]
    if kind == "unexpected_positional_argument":
        return f"there are {len(names)} options and no more: {', '.join(names)}"
    name = names[at] if isinstance(at, int) else at
    if kind == "unexpected_keyword_argument":
        return f"there is no option {name!r}: choose from {', '.join(names)}"
    about = options.__pydantic_fields__[name]
    given = _shorten(error["input"])
    if kind in ("greater_than_equal", "less_than_equal", "finite_number"):
        low = next((m.ge for m in about.metadata if hasattr(m, "ge")), None)
        high = next((m.le for m in about.metadata if hasattr(m, "le")), None)
        return f"{name} must be from {low:,} to {high:,}, not {given}"
    if kind == "literal_error":
        return f"{name} must be one of {', '.join(map(str, get_args(about.annotation)))}, not {given}"
    wanted = _WORDS.get(about.annotation, "a table of its options")
    return f"{name} must be {wanted}, not {given}"


_WORDS: dict[Any, str] = {
    bool: "true or false", int: "a whole number", float: "a number", str: "a string", tuple[str, ...]: "a list of strings",
}


def _shorten(value: object, most: int = 60) -> str:
    """A value as JSON and TOML write it, cut where it is long. Integers of thousands of digits cannot be written."""
    try:
        shown = json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        return "one so large"
    except TypeError:       # a date, or what only Python has
        return describe(value)
    return shown if len(shown) <= most else f"{shown[:most]}…"


def need_options(options: object, wanted: type[Made]) -> Made:
    """The options, or the defaults for None. Raises UsageError where they are not of this class."""
    if options is not None and not isinstance(options, wanted):
        given = type(options).__name__ if is_dataclass(options) else describe(options)
        raise UsageError(f"options must be made by {wanted.__name__}(...), and this is {given}")
    return wanted() if options is None else options


@_options
class EncodingOptions:
    """Options of the encoding stage."""

    repair_mojibake: bool = True
    #: Join the lines of paragraphs that were broken at a fixed width, and drop single spaces between hanzi: see `encoding.unwrap`.
    unwrap: bool = False
    drop_spaces: bool = False


@_options
class BoilerplateOptions:
    """Options of the boilerplate stage."""

    #: A document that would lose more than this share of its sentence-like text is kept as it was, and flagged.
    max_loss: Annotated[float, Field(ge=0, le=1)] = 1.0
    #: Phrases that mark a line as boilerplate, and lines that are never cut; both compared in canonical form.
    drop: Strings = ()
    protect: Strings = ()
    #: Keep pages that only list others (portals, boards, search results), line by line as any page; else they are not written.
    listings: bool = False


@_options
class RepeatsOptions:
    """Options of the repeats stage."""

    #: Equal lines shorter than this many characters are never dropped, captions apart.
    min_chars: Annotated[int, Field(ge=1, le=1_000_000)] = 15


@_options
class PinyinOptions:
    """Options of the pinyin stage."""

    #: Also strip toneless readings where they are clearly machine noise (docs/policy.md, Readings, 3).
    toneless: bool = True
    #: Also strip a single toneless reading of one hanzi in plain prose that has no other Latin letter (docs/pinyin.md, 5).
    lone: bool = True


@_options
class ScriptOptions:
    """Options of the script stage."""

    target: Literal["simplified", "taiwan", "hongkong", "none"] = "simplified"
    #: Taiwan's words as they are, or the mainland's for them (滑鼠, 鼠标), where a traditional document becomes simplified.
    words: Literal["keep", "mainland"] = "keep"


@_options
class PersonalOptions:
    """Options of the stage of personal data."""

    #: What becomes of numbers and addresses of people: count changes nothing, mask puts a mark of its kind for each, drop takes
    #: it out.
    mode: Literal["count", "mask", "drop"] = "count"


@_options
class NearOptions:
    """Options of the search for near-duplicates across documents."""

    num_perm: Annotated[int, Field(ge=32, le=1024)] = 128
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 1
    shingle: Annotated[int, Field(ge=2, le=16)] = 5        # characters of the canonical form
    #: Which of several duplicates stays: the longest clean text (then the earliest, then the smallest id), the earliest
    #: (then the longest), the one whose source stands first in `sources` (then the longest), or the smallest id.
    keep: Literal["longest", "earliest", "source", "id"] = "longest"
    sources: Strings = ()
    memory: Annotated[int, Field(ge=1 << 20, le=1 << 50)] = 256 << 20     # bytes of band keys held before they spill to disk


@_options
class SignalsOptions:
    """Options of the signals of documents."""

    #: Write them into JSONL too, as the object `signals`; in Parquet they are columns.
    in_jsonl: bool = False


@_options
class VerdictsOptions:
    """Which documents are set aside for what they are. Their texts stand in the audit."""

    #: Texts in another language than Chinese, texts that were decoded wrongly beyond repair, and spam (docs/signals.md).
    foreign: bool = True
    garbled: bool = True
    spam: bool = True
    #: Texts of fewer visible characters than this.
    short: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    #: What every document must be, as an expression over signals and metadata; all where it is empty.
    where: str = ""


@_options
class PassagesOptions:
    """Options of passages that many documents share: disclaimers, tails of agencies, chain letters."""

    #: Kept documents, and sites, from which a paragraph is one. They are listed in the manifest.
    min_documents: Annotated[int, Field(ge=2, le=1_000_000)] = 20
    min_sites: Annotated[int, Field(ge=1, le=1_000_000)] = 5
    #: Whether they are cut from the documents.
    shared: Literal["keep", "drop"] = "keep"


@_options
class Options:
    """All options of a run."""

    encoding: EncodingOptions = field(default_factory=EncodingOptions)
    boilerplate: BoilerplateOptions = field(default_factory=BoilerplateOptions)
    repeats: RepeatsOptions = field(default_factory=RepeatsOptions)
    pinyin: PinyinOptions = field(default_factory=PinyinOptions)
    script: ScriptOptions = field(default_factory=ScriptOptions)
    personal: PersonalOptions = field(default_factory=PersonalOptions)
    near: NearOptions = field(default_factory=NearOptions)
    signals: SignalsOptions = field(default_factory=SignalsOptions)
    verdicts: VerdictsOptions = field(default_factory=VerdictsOptions)
    passages: PassagesOptions = field(default_factory=PassagesOptions)


@_options
class CheckOptions:
    """Options of `taosha check`: which rules are on. A run does not know them."""

    #: Codes, names or families of rules; nothing selected: those that are on by default.
    select: Strings = ()
    extend_select: Strings = ()     # as well
    ignore: Strings = ()
    #: Hanzi that must be left after cleaning.
    min_chinese: Annotated[int, Field(ge=0, le=1_000_000_000)] = 50


@_options
class RunOptions:
    """What moves the rows of a run, and where. The output does not depend on it, and its manifest does not say it."""

    engine: Literal["local", "spark"] = "local"
    #: Of the engine spark: its master, as Spark has it; nothing: as Spark is configured, else all cores of this machine.
    master: str = ""
    #: The address of this machine by which workers on others reach it; nothing: it listens on loopback alone.
    bind: str = ""


#: Every table of a `taosha.toml` with its default: those of the options of a run, and those that are not among them.
_APART = {"check": CheckOptions(), "run": RunOptions()}
_TABLES: dict[str, Any] = {f.name: getattr(Options(), f.name) for f in fields(Options)} | _APART


def load_options(path: str | PathLike[str]) -> Options:
    """Options from a `taosha.toml`: one table a stage, `[near]` for near-duplicates. Raises UsageError naming file and key."""
    return Options(**{name: table for name, table in _load(path).items() if name not in _APART})


def load_check_options(path: str | PathLike[str]) -> CheckOptions:
    """The table `[check]` of the same file; all of it is checked. Raises UsageError naming file and key."""
    return cast(CheckOptions, _load(path)["check"])


def load_run_options(path: str | PathLike[str]) -> RunOptions:
    """The table `[run]` of the same file; all of it is checked. Raises UsageError naming file and key."""
    return cast(RunOptions, _load(path)["run"])


def _load(path: str | PathLike[str]) -> dict[str, Any]:
    """The tables of a file over their defaults."""
    made = dict(_TABLES)
    for name, table in _parse(path).items():
        if name not in _TABLES:
            raise UsageError(f"{path}: there is no table [{name}]: choose from {', '.join(_TABLES)}")
        if not isinstance(table, dict):
            some = fields(_TABLES[name])[0].name
            how = f"write [{name}], and its options below it, such as {some} = …"
            raise UsageError(f"{path}: {name} is a table, not {describe(table)}: {how}")
        try:
            made[name] = replace(_TABLES[name], **table)
        except UsageError as error:
            raise UsageError(f"{path}: [{name}]: {error}") from None
    return made


#: A file of options has some kilobytes; one may be named that never ends.
MOST_BYTES = 1 << 20


def _parse(path: str | PathLike[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(world.read(path, MOST_BYTES).decode("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; check the name given to --config") from error
    except RecursionError:
        raise UsageError(f"{path}: no TOML that can be read: nested too deeply") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: no TOML: byte {error.start:,} is no UTF-8; save it as UTF-8") from None
    except ValueError as error:     # TOMLDecodeError, a number of thousands of digits, a NUL in the path
        raise UsageError(f"{path}: no TOML: {error}") from error
