"""A fault: an input, or one document of it, that could not be read, with its place and what to do about it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

__all__ = ["RAW_LIMIT", "Fault"]

#: Bytes of a faulty document that the quarantine repeats. A larger one is found by its place in the input.
RAW_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that could not be read."""

    source: str             # name of the input
    reason: str             # kebab-case: empty-file, no-known-encoding, json-cut …
    message: str            # one line: what is wrong and what to do next
    line: int | None = None     # 1-based, for JSONL
    byte: int | None = None     # offset in the input where the document starts
    raw: bytes = b""

    def place(self) -> str:
        """Where, for people: `pages.jsonl, line 3 (byte 120)`."""
        at = f", line {self.line} (byte {self.byte})" if self.line is not None else ""
        return f"{self.source}{at}"

    def as_row(self) -> dict[str, Any]:
        """The line of output/quarantine.jsonl; `raw_base64` holds the bytes where they are not too many."""
        row: dict[str, Any] = {
            "source": self.source, "line": self.line, "byte": self.byte, "reason": self.reason, "message": self.message,
        }
        if len(self.raw) <= RAW_LIMIT:
            row["raw_base64"] = base64.b64encode(self.raw).decode()
        return row
