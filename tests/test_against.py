"""What a run is compared with: the index as it was opened, and all that was named."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import typer

from pipeline import cli
from pipeline.near.index import Index
from pipeline.run.known import Against
from tests import run_corpus
from tests.test_cli import ARTICLE, taosha


def test_a_run_names_the_index_that_it_was_compared_with(tmp_path: Path) -> None:
    """What another process adds between the opening and the run must not make the next run say that nothing has changed."""
    source = run_corpus.write_records(tmp_path / "in.jsonl", [{"id": "a", "text": ARTICLE}])
    index = Index.create(tmp_path / "index")
    was = sha256((index.folder / "index.json").read_bytes()).hexdigest()
    added = Index.open(index.folder).add(["earlier"], [ARTICLE])
    outcome = run_corpus.clean(source, tmp_path / "out", against=Against(index))
    assert outcome.manifest["against"]["settings"] == was
    assert len(run_corpus.rows(tmp_path / "out" / "clean.jsonl")) == 1
    again = run_corpus.clean(source, tmp_path / "out", against=Against(added))
    assert not again.unchanged
    assert run_corpus.rows(tmp_path / "out" / "clean.jsonl") == []
    assert run_corpus.clean(source, tmp_path / "out", against=Against(Index.open(index.folder))).unchanged


@pytest.mark.parametrize("words", [
    ("clean", "in", "-o", "out/", "--against", "a", "--against=b"), ("clean", "in", "-o", "out/", "--where", "1", "--where", "2"),
    ("clean", "in", "-o", "out/", "--stages", "pinyin", "--stages", "repeats"), ("restore", "run", "--id", "a", "--id", "a"),
    ("check", "in", "--select", "TS301", "--select", "TS302"),
])
def test_an_option_that_would_be_passed_over_is_told(words: tuple[str, ...]) -> None:
    assert "times, and takes one value: give it once" in taosha(*words, code=2)


def _valued() -> Iterator[tuple[str, str]]:
    """Each command, and each of its options that takes a value."""
    app = typer.main.get_command(cli.app)
    for name, command in app.commands.items():      # type: ignore[attr-defined]
        yield from ((name, param.opts[0]) for param in command.params if param.param_type_name == "option" and not param.is_flag)


@pytest.mark.parametrize(("command", "option"), list(_valued()))
def test_an_option_that_is_empty_is_told(command: str, option: str) -> None:
    """A variable that is not set would mean all documents (`--id`), no condition (`--where`), no file (`--metrics`)."""
    assert f"{option} is empty, as of a variable that is not set" in taosha(command, option, "", code=2)
    if option.startswith("--"):
        assert f"{option} is empty" in taosha(command, f"{option}=", code=2)


def test_others_may_come_again(tmp_path: Path) -> None:
    """`check` takes several to compare with; of settings the last counts, as scripts that add to a line expect."""
    (tmp_path / "in.txt").write_text(ARTICLE, "utf-8")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "same.txt").write_text(ARTICLE, "utf-8")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "other.txt").write_text("今天下雨，明天也下雨。", "utf-8")
    shown = taosha("check", tmp_path / "in.txt", "--against", tmp_path / "a", "--against", tmp_path / "b", code=1)
    assert "same.txt" in shown
    taosha("clean", tmp_path / "in.txt", "-o", f"{tmp_path}/out/", "-q", "--workers", "2", "--workers", "1")
