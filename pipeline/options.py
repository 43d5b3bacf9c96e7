"""Every option of every stage, with its one default. Frozen: a run prints them into its manifest and cannot change them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "BoilerplateOptions", "EncodingOptions", "NearOptions", "Options", "PinyinOptions", "RepeatsOptions", "ScriptOptions",
]


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


@dataclass(frozen=True, slots=True)
class RepeatsOptions:
    """Options of the repeats stage."""

    #: Equal lines shorter than this many characters are never dropped, captions apart.
    min_chars: int = 15


@dataclass(frozen=True, slots=True)
class PinyinOptions:
    """Options of the pinyin stage."""

    #: Also strip toneless readings where they are clearly machine noise (POLICY.md, Inline pinyin, 3).
    toneless: bool = True


@dataclass(frozen=True, slots=True)
class ScriptOptions:
    """Options of the script stage."""

    target: Literal["simplified", "taiwan", "hongkong", "none"] = "simplified"


@dataclass(frozen=True, slots=True)
class NearOptions:
    """Options of the search for near-duplicates across documents."""

    num_perm: int = 128
    seed: int = 1
    shingle: int = 5        # characters of the canonical form
    keep: Literal["longest", "earliest", "source", "id"] = "longest"


@dataclass(frozen=True, slots=True)
class Options:
    """All options of a run."""

    encoding: EncodingOptions = field(default_factory=EncodingOptions)
    boilerplate: BoilerplateOptions = field(default_factory=BoilerplateOptions)
    repeats: RepeatsOptions = field(default_factory=RepeatsOptions)
    pinyin: PinyinOptions = field(default_factory=PinyinOptions)
    script: ScriptOptions = field(default_factory=ScriptOptions)
    near: NearOptions = field(default_factory=NearOptions)
