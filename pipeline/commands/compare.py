"""`taosha compare`."""

from __future__ import annotations

from pipeline.commands import Given, takes

__all__ = ["compare"]


@takes("dropped", "run")
def compare(given: Given) -> None:
    """Show a duplicate beside the one that stayed. How similar are they, and where do they differ?"""
    from pipeline.show.compared import print_comparison

    print_comparison(given.run, given.dropped)
