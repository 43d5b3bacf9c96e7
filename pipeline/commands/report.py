"""`taosha report`."""

from __future__ import annotations

from pipeline.commands import Given, takes

__all__ = ["report"]


@takes("run_folder", "page", "documents", "force")
def report(given: Given) -> None:
    """Write one page about a run. It shows what went and why, duplicates, and documents with their cuts marked."""
    from pipeline.corpus.restored import tell_changes
    from pipeline.corpus.targets import check_unread, find_report_target, list_read
    from pipeline.show.report import write_page
    from pipeline.show.terminal import say, warn
    from pipeline.show.visible import one_line

    path = find_report_target(given.page or str(given.run_folder / "report.html"), force=given.force)
    check_unread(path, list_read(given.run_folder))
    if changed := tell_changes(given.run_folder):
        warn(f"{changed}; the page shows what stands there now")
    write_page(given.run_folder, path, documents=given.documents)
    say(one_line(path))
