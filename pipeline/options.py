"""Every option of every stage, with its one default. Frozen: a run prints them into its manifest and cannot change them."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, field, fields, replace
from os import PathLike
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pipeline.errors import UsageError

__all__ = [
    "BoilerplateOptions", "EncodingOptions", "NearOptions", "Options", "PinyinOptions", "RepeatsOptions", "ScriptOptions",
    "load_options",
]


def _need(name: str, value: float, low: float, high: float = math.inf) -> None:
    """Raise UsageError where a value is out of its range; nan is out of any."""
    if not low <= value <= high:
        wanted = f"from {low:,} to {high:,}" if high < math.inf else f"at least {low:,}"
        raise UsageError(f"{name} must be {wanted}, not {value!r}")


@dataclass(frozen=True, slots=True)
class EncodingOptions:
    """Options of the encoding stage."""

    repair_mojibake: bool = True


@dataclass(frozen=True, slots=True)
class BoilerplateOptions:
    """Options of the boilerplate stage."""

    #: A document that would lose more than this share of its sentence-like text is kept as it was, and flagged.
    max_loss: float = 0.6
    #: Phrases that mark a line as boilerplate, and lines that are never cut; both compared in canonical form.
    drop: tuple[str, ...] = ()
    protect: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise UsageError for a value out of its range."""
        _need("max_loss", self.max_loss, 0, 1)


@dataclass(frozen=True, slots=True)
class RepeatsOptions:
    """Options of the repeats stage."""

    #: Equal lines shorter than this many characters are never dropped, captions apart.
    min_chars: int = 15

    def __post_init__(self) -> None:
        """Raise UsageError for a value out of its range."""
        _need("min_chars", self.min_chars, 1)


@dataclass(frozen=True, slots=True)
class PinyinOptions:
    """Options of the pinyin stage."""

    #: Also strip toneless readings where they are clearly machine noise (POLICY.md, Inline pinyin, 3).
    toneless: bool = True
    #: Also strip a single toneless reading of one hanzi in plain prose that has no other Latin letter (docs/pinyin.md, 5).
    lone: bool = True


@dataclass(frozen=True, slots=True)
class ScriptOptions:
    """Options of the script stage."""

    target: Literal["simplified", "taiwan", "hongkong", "none"] = "simplified"
    #: Taiwan's words as they are, or the mainland's for them (滑鼠, 鼠标), where a traditional document becomes simplified.
    words: Literal["keep", "mainland"] = "keep"


@dataclass(frozen=True, slots=True)
class NearOptions:
    """Options of the search for near-duplicates across documents."""

    num_perm: int = 128
    seed: int = 1
    shingle: int = 5        # characters of the canonical form
    #: Which of several duplicates stays: the longest clean text (then the earliest, then the smallest id), the earliest
    #: (then the longest), the one whose source stands first in `sources` (then the longest), or the smallest id.
    keep: Literal["longest", "earliest", "source", "id"] = "longest"
    sources: tuple[str, ...] = ()
    memory: int = 256 << 20     # bytes of band keys held before they spill to disk

    def __post_init__(self) -> None:
        """Raise UsageError for a value out of its range."""
        _need("num_perm", self.num_perm, 32, 1024)
        _need("seed", self.seed, 0, 2**32 - 1)
        _need("shingle", self.shingle, 2, 16)
        _need("memory", self.memory, 1 << 20)


@dataclass(frozen=True, slots=True)
class Options:
    """All options of a run."""

    encoding: EncodingOptions = field(default_factory=EncodingOptions)
    boilerplate: BoilerplateOptions = field(default_factory=BoilerplateOptions)
    repeats: RepeatsOptions = field(default_factory=RepeatsOptions)
    pinyin: PinyinOptions = field(default_factory=PinyinOptions)
    script: ScriptOptions = field(default_factory=ScriptOptions)
    near: NearOptions = field(default_factory=NearOptions)


def load_options(path: str | PathLike[str]) -> Options:
    """Options from a `taosha.toml`: one table a stage, `[near]` for near-duplicates. Raises UsageError naming file and key."""
    try:
        tables = tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; check the name given to --config") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: no TOML: {error}") from error
    options = Options()
    for name, table in tables.items():
        if name not in {f.name for f in fields(Options)} or not isinstance(table, dict):
            raise UsageError(f"{path}: there is no table [{name}]: choose from {', '.join(f.name for f in fields(Options))}")
        options = replace(options, **{name: _load_table(getattr(options, name), table, f"{path}: [{name}]")})
    return options


def _load_table(default: Any, table: dict[str, Any], place: str) -> Any:
    """The options of one table over their defaults, each checked against the type of its default and its choices."""
    hints = get_type_hints(type(default))
    for key, value in table.items():
        if key not in hints:
            raise UsageError(f"{place}: there is no option {key!r}: choose from {', '.join(hints)}")
        if isinstance(value, list):
            table[key] = value = tuple(value)
        hint = hints[key]
        if get_origin(hint) is Literal:
            if value not in get_args(hint):
                raise UsageError(f"{place}: {key} must be one of {', '.join(map(str, get_args(hint)))}, not {value!r}")
            continue
        wanted = type(getattr(default, key))
        if wanted is float and type(value) is int:
            table[key] = value = float(value)
        if type(value) is not wanted or (wanted is tuple and not all(isinstance(v, str) for v in value)):
            raise UsageError(f"{place}: {key} must be {_TYPES[wanted]}, not {value!r}")
    try:
        return replace(default, **table)
    except UsageError as error:
        raise UsageError(f"{place}: {error}") from None


_TYPES = {bool: "true or false", int: "a whole number", float: "a number", str: "a string", tuple: "a list of strings"}
