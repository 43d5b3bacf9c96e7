"""The stages, in their one order: STAGES is the way of a document through the cleaner.

A stage is a name and one pure function `propose(texts, options) -> Proposal`. It never returns text, so it cannot
delete silently; `pipeline.edits.apply` makes its edits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pipeline.edits import Proposal
from pipeline.record import Texts
from pipeline.stages import boilerplate, encoding, personal, pinyin, repeats, script

__all__ = ["STAGES", "Stage"]


class Stage(NamedTuple):
    """A name, which is also the field of `Options` with its options, a pure function, and what the others must know of it.

    Cleaning runs until nothing changes that a stage could see. `respells` says that a stage puts another writing of the same
    characters there, `folds` that a stage compares in the canonical form, in which both scripts are one: it need not look again
    where all that changed is such a writing. `tests/test_laws.py` holds them to it.
    """

    name: str
    propose: Callable[[Texts, Any], Proposal]
    colour: str             # of its cuts, where they are shown; a name that rich knows
    words: bool = False     # what it does to the text is done to metadata that is words of the page as well
    folds: bool = False
    respells: bool = False
    rests: Callable[[Any], bool] = lambda options: False    # with these options it changes nothing, and is not called


STAGES: tuple[Stage, ...] = (
    Stage("encoding", encoding.propose, "yellow"),
    Stage("boilerplate", boilerplate.propose, "red", folds=True),
    Stage("repeats", repeats.propose, "magenta", folds=True),
    Stage("pinyin", pinyin.propose, "cyan", words=True),
    Stage("script", script.propose, "green", words=True, respells=True),
    Stage("personal", personal.propose, "blue", words=True, rests=personal.only_counts),
)
