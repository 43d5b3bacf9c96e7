"""Columns of the net's input that once said on how many pages of its site a line stands. They are 0 in training and in scoring.

The rule of this file: what a site says of its lines is counted in one place, `template`, and decided in `recurring`.
"""

from __future__ import annotations

__all__ = ["N_SHARES"]

#: How many there are: the weights have a row for each.
N_SHARES = 5
