"""Texts in audits of format 1, which stood once for a stretch: still read, no longer written.

The rule of this file: the first document of a stretch has them as `shared`, and they count until the next one that has that key.
In the edits of these a number in place of a text is the place of the text in that list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.errors import AuditError

__all__ = ["put_back"]

Step = dict[str, Any]


def put_back(steps: Sequence[Step], shared: Sequence[str]) -> None:
    """Put the texts in place of their numbers. Raises AuditError for a number that the list does not have."""
    for row in (row for part in steps for rows in part.get("cut", {}).values() for row in rows):
        if isinstance(row[1], int):
            if not 0 <= row[1] < len(shared):
                raise AuditError(f"an edit names shared text {row[1]}, and the list of shared texts before it has {len(shared)}")
            row[1] = shared[row[1]]
