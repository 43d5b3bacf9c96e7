"""The stages, in their one order: the folder listing is the way of a document through the cleaner.

A stage is a name and one pure function `propose(texts, options) -> Proposal`. It never returns text, so it cannot
delete silently; `pipeline.edits.apply` makes its edits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pipeline.edits import Proposal
from pipeline.record import Texts
from pipeline.stages import boilerplate, encoding, pinyin, repeats, script

__all__ = ["STAGES", "Stage"]


class Stage(NamedTuple):
    """A name, which is also the field of `Options` with its options, and a pure function.

    `unseen` says that the stages see no difference in what it does: they compare in the canonical form, in which both
    scripts are one. A document in which nothing else changed need not go through them again.
    """

    name: str
    propose: Callable[[Texts, Any], Proposal]
    unseen: bool = False


STAGES: tuple[Stage, ...] = (
    Stage("encoding", encoding.propose),
    Stage("boilerplate", boilerplate.propose),
    Stage("repeats", repeats.propose),
    Stage("pinyin", pinyin.propose),
    Stage("script", script.propose, unseen=True),
)
