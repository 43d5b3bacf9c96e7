"""`taosha restore`."""

from __future__ import annotations

from pathlib import Path

from pipeline.commands import Given, takes

__all__ = ["restore"]


@takes("audit_file", "id", "corpus", "originals", "force")
def restore(given: Given) -> None:
    """Rebuild every original text. The corpus and the audit of a run are all that it needs."""
    from pipeline.corpus.restored import corpus_of, restore_into, tell_changes
    from pipeline.show.terminal import print_json, warn

    audit = Path(given.audit_file)
    if changed := tell_changes(audit if audit.is_dir() else audit.parent):
        warn(f"{changed}; each text is checked against its digest all the same, sources and the rest are not")
    corpus = corpus_of(given.corpus) if given.corpus is not None and given.corpus.is_dir() else given.corpus
    output = "" if given.originals == "-" else given.originals
    restore_into(given.audit_file, corpus, given.id or None, output, print_json, force=given.force)
