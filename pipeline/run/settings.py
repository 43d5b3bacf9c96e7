"""What a run does, apart from its input and output."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pipeline.account import AuditMode
from pipeline.options import NearOptions, Options

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run does, apart from its input and output."""

    options: Options = field(default_factory=Options)
    stages: tuple[str, ...] | None = None       # None: all
    audit: AuditMode = "full"
    verify: bool = False        # every account is read back as it was written, not a sample alone

    def of_cleaning(self) -> Settings:
        """What reading and cleaning depends on. The rest can change and leaves what was cleaned as it is."""
        own = self.options.near
        near = NearOptions(num_perm=own.num_perm, seed=own.seed, shingle=own.shingle)
        audit: AuditMode = "sealed" if self.audit == "sealed" else "full"
        return Settings(replace(self.options, near=near), self.stages, audit, self.verify)
