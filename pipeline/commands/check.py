"""`taosha check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pipeline.commands import READING, FindingsFormat, Given, find_check_options, find_columns, find_options, takes

if TYPE_CHECKING:
    from pipeline.check import CheckResult

__all__ = ["check"]


@takes(
    "inputs", "corpora", "since", "select", "extend_select", "ignore", "findings_format", "findings_file", "statistics",
    "force", "add_ignore", "exit_zero", "quiet_check", "config", "input_format", *READING[1:], "min_chinese",
)
def check(given: Given) -> None:
    """Check documents before they enter a corpus. Readable, enough Chinese left, no duplicate? Exits with 1 on findings."""
    from pipeline.check import add_ignores, check_inputs
    from pipeline.show.terminal import say

    _refuse_statistics(given)
    given.findings_file = _find_findings_target(given)
    result = check_inputs(
        given.inputs, given.corpora or [], find_options(given.config), check=find_check_options(given), since=given.since,
        columns=find_columns(given), format=given.input_format or None, output=given.findings_file,
    )
    if given.add_ignore is not None:
        say(f"{add_ignores(result.findings, given.add_ignore):,} lines added to .taosha-ignore beside the documents")
        return
    if given.quiet_check:
        result.findings = [f for f in result.findings if f.level == "error"]
    _print(given, result)
    if result.exit_code and not given.exit_zero:
        raise typer.Exit(result.exit_code)


def _find_findings_target(given: Given) -> str:
    """Where the findings go, links followed; empty for the screen. Raises UsageError for what they may not replace.

    They replace those of the last check; files of others with `--force`; what is compared with, and files of a run, never.
    """
    from pipeline.corpus.manifest import find_corpus
    from pipeline.corpus.targets import check_unread, find_target, list_read
    from pipeline.run.workplace import check_aside
    from pipeline.show.findings import is_findings

    if not given.findings_file:
        return ""
    target = find_target(given.findings_file, "list of findings", (), is_findings, force=True)
    for path in [*(given.corpora or []), *([Path(given.config)] if given.config else [])]:
        check_unread(target, list_read(path))
    corpus = find_corpus(target.parent)
    check_aside(target, None if corpus is None else target.parent / corpus, [])
    return str(find_target(given.findings_file, "list of findings", (), is_findings, force=given.force))


def _refuse_statistics(given: Given) -> None:
    """Counts are for people and programs; what shows findings at their places has no place for them."""
    known = (FindingsFormat.text, FindingsFormat.concise, FindingsFormat.json)
    if given.statistics and given.findings_format not in known and not given.findings_file:
        from pipeline.errors import UsageError

        raise UsageError(f"--statistics is printed as text or json, not as {given.findings_format}: leave one out, or write "
                         "the findings to a file with -o")


def _print(given: Given, result: CheckResult) -> None:
    from pipeline.show.findings import FORMATS
    from pipeline.show.findings.text import make_statistics, make_statistics_json, make_summary, make_text
    from pipeline.show.terminal import Terminal, print_report, say

    kind = given.findings_format
    text = kind == FindingsFormat.text
    if given.findings_file:
        _write(given.findings_file, f"{make_text(result).plain}{make_summary(result)}\n" if text else FORMATS[kind](result))
    if given.statistics and kind == FindingsFormat.json and not given.findings_file:
        print_report(make_statistics_json(result))
    elif given.statistics:
        say(make_statistics(result))
    elif text and not given.findings_file:
        if result.findings:
            Terminal().print(make_text(result))
    elif not given.findings_file:
        print_report(FORMATS[kind](result))
    if (text or given.findings_file) and not given.quiet_check:
        say(make_summary(result))


def _write(name: str, text: str) -> None:
    from pipeline.atomic import open_atomic

    with open_atomic(Path(name)) as file:
        file.write(text.encode())
