"""What a run does, apart from its input and output."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.account import AuditMode
from pipeline.options import Options

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run does, apart from its input and output."""

    options: Options = field(default_factory=Options)
    stages: tuple[str, ...] | None = None       # None: all
    audit: AuditMode = "full"
