"""`taosha restore`."""

from __future__ import annotations

from pipeline.commands import Given, takes

__all__ = ["restore"]


@takes("audit_file", "id", "corpus", "originals", "force")
def restore(given: Given) -> None:
    """Rebuild every original text. The corpus and the audit of a run are all that it needs."""
    from pipeline.corpus.restored import restore_into
    from pipeline.show.terminal import print_json

    restore_into(given.audit_file, given.corpus, given.id or None, given.originals, print_json, force=given.force)
