"""`taosha index`."""

from __future__ import annotations

from pipeline.commands import Given, find_options, takes

__all__ = ["index"]


@takes("index_folder", "add", "verify", "config")
def index(given: Given) -> None:
    """Keep an index of earlier documents. Shows it, extends it, or checks it; `taosha clean --against INDEX` uses it."""
    from pipeline.show.indexed import print_index

    print_index(given.index_folder, given.add or [], find_options(given.config).near, verify=given.verify)
