"""Boilerplate: being built."""

from __future__ import annotations

from pipeline.edits import Proposal
from pipeline.options import BoilerplateOptions
from pipeline.record import Texts

__all__ = ["propose"]


def propose(texts: Texts, options: BoilerplateOptions) -> Proposal:
    """Nothing yet."""
    return Proposal()
