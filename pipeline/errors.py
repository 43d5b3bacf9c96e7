"""The errors, as a tree. Each message is one line that names the document, the place and the next step.

    TaoshaError                   everything this package raises on purpose                  exit code 70, but for
    ├── UsageError                a wrong option, name or setting: mend the call            exit code 2
    ├── InputError                an input that cannot be read at all                        exit code 3
    │   └── UndecodableError      bytes that are no text in any known encoding
    ├── OutputError               the output cannot be written: disk full, no permission     exit code 4
    ├── AuditError                an audit that does not fit its output or input             exit code 5
    ├── IndexMismatchError        an index made with other settings, or damaged              exit code 6
    └── StageError                a stage failed on a document: a bug; the document is quarantined

Exit code 1 is that of findings, and no error has it. What nobody foresaw ends with 70 too, see `pipeline.cli`.
"""

from __future__ import annotations

__all__ = [
    "AuditError", "IndexMismatchError", "InputError", "OutputError", "StageError", "TaoshaError", "UndecodableError",
    "UsageError",
]


class TaoshaError(Exception):
    """Base of all errors that this package raises on purpose."""

    exit_code = 70


class UsageError(TaoshaError):
    """A wrong option, name or setting."""

    exit_code = 2


class InputError(TaoshaError):
    """An input that cannot be read."""

    exit_code = 3


class UndecodableError(InputError):
    """Bytes that are no text in any known encoding."""


class OutputError(TaoshaError):
    """The output cannot be written."""

    exit_code = 4


class AuditError(TaoshaError):
    """An audit that does not fit its output or input."""

    exit_code = 5


class IndexMismatchError(TaoshaError):
    """An index made with other settings, of another version, or damaged."""

    exit_code = 6


class StageError(TaoshaError):
    """A stage failed on a document. Arguments: the stage's name and what went wrong."""

    def __init__(self, stage: str, problem: str) -> None:
        super().__init__(f"stage {stage}: {problem}")
        self.stage, self.problem = stage, problem

    def __reduce__(self) -> tuple[type[StageError], tuple[str, str]]:
        """Errors cross process borders."""
        return StageError, (self.stage, self.problem)
