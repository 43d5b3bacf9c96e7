"""`taosha stats`."""

from __future__ import annotations

from pipeline.commands import Given, takes

__all__ = ["stats"]


@takes("run_folder", "stats_as_json")
def stats(given: Given) -> None:
    """Show what a run's documents are: how their signals are spread, and what became of them."""
    from pipeline.corpus.manifest import read_manifest
    from pipeline.show.stats import find_stats, print_stats
    from pipeline.show.terminal import print_json

    found = find_stats(read_manifest(given.run_folder))
    if given.stats_as_json:
        print_json(found, indent=True)
    else:
        print_stats(found)
