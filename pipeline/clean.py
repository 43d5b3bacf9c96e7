"""Texts through the stages: the pure core. No IO, no state; what went in and every edit come out.

A document that a pass changed goes through the stages again until nothing changes, so that cleaning clean text does
nothing: idempotence is by construction, and documents that were clean already cost one pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from pipeline.edits import Edit, Note, apply
from pipeline.options import Options
from pipeline.record import Texts, replace_surrogates
from pipeline.stages import STAGES

__all__ = ["Applied", "Cleaned", "clean_text", "clean_texts"]

#: Passes over one document. The second finds what the first uncovered; more than three were never seen on the corpora.
MAX_PASSES = 8


class Applied(NamedTuple):
    """One edit as made: `start` in the text its stage saw, `[first, last)` the same projected outward into the original."""

    stage: str
    reason: str
    start: int
    taken: str
    put: str
    first: int
    last: int
    score: float


@dataclass(slots=True)
class Cleaned:
    """One text after the stages, with the account of what was done to it."""

    original: str
    text: str
    edits: list[Applied] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    @property
    def title(self) -> str | None:
        """The title, where one was found."""
        return self.metadata.get("title")
