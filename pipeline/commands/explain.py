"""`taosha explain`."""

from __future__ import annotations

from pipeline.commands import READING, Given, find_columns, find_options, find_stages, takes

__all__ = ["explain"]


@takes("document", "id", "number", "stages", "config", *READING, "account_as_json")
def explain(given: Given) -> None:
    """Show what cleaning does to a document: in colour, what each stage took out and why, and the metadata it found.

    Of several documents the list is shown; --id or --number chooses one. Ids are those that `taosha clean` gives for the same
    names on the command line.
    """
    from pipeline.show.explain import explain_document

    explain_document(
        given.document, find_options(given.config), find_stages(given.stages), format=given.read_as or None,
        columns=find_columns(given), id=given.id, number=given.number, as_json=given.account_as_json,
    )
