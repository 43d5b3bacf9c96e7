"""What is shown is made visible: no escape sequence, no hidden mark, no forged line, no command for a CI."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.corpus.audit import read_audit
from pipeline.show.terminal import make_visible
from pipeline.show.visible import dump_visible, escape, one_line, write_out
from tests.test_cli import ARTICLE, ROOT

#: Characters that matter, and all others.
_SOME = st.sampled_from("\x1b[];:#\n\r\t \u3000\x9b\u202e\u2066\u2028\ufeff\x00a\x7f党\U000e0041\ud800")
HOSTILE = st.text(st.one_of(_SOME, st.characters()))
#: A line that a runner of workflow commands obeys: it trims white space, and looks for the older form anywhere.
COMMAND = re.compile(r"^\s*::|##\[", re.M)


def is_safe(text: str, kept: str = "\n\t") -> bool:
    """Whether a text has no character without a shape and no line that is a command."""
    hidden = [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in kept and c not in SHAPED]
    return not hidden and not COMMAND.search(text)


#: Format characters that have a shape: signs before numbers in Arabic, Syriac and Kaithi, hieroglyph joiners, shorthand, music.
SHAPED = {chr(c) for c in (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD, *range(0x13430, 0x13440),
                           *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B))}


@given(HOSTILE)
def test_every_text_becomes_safe(text: str) -> None:
    assert is_safe(escape(text))
    assert is_safe(one_line(text), "\t")
    assert escape(escape(text)) == escape(text)
    visible = write_out(text)
    assert make_visible(Text(visible)).plain == escape(visible)


@pytest.mark.parametrize("text", ["党建：“引领”\t（一）😀é한국어\n", "a::b #[x] # #[", "C:\\x1b", "𠮷𪚥", ": :", "##", "\n\n:x"])
def test_what_is_safe_stays(text: str) -> None:
    assert escape(text) == text


JSON = st.recursive(
    HOSTILE | st.integers(-2**63, 2**64 - 1) | st.none() | st.booleans(),
    lambda inner: st.lists(inner) | st.dictionaries(HOSTILE, inner),
)


@given(JSON)
def test_json_is_safe_and_means_the_same(value: Any) -> None:
    for ascii_only in (False, True):
        for indent in (False, True):
            shown = dump_visible(value, indent=indent, ascii_only=ascii_only)
            assert is_safe(shown)
            assert not ascii_only or shown.isascii()
            assert json.loads(shown) == value


def test_nothing_is_printed_elsewhere() -> None:
    prints = re.compile(r"(?<![\w.])print\(|stdout\.(?:buffer|write)|stderr\.write|Console\(")
    own = {"show/terminal.py", "show/progress.py", "show/log.py", "cli.py", "jit/warming.py"}   # a compiler tells its parent
    for path in (ROOT / "pipeline").rglob("*.py"):
        code = "\n".join(line.partition("#")[0] for line in path.read_text("utf-8").split("\n"))
        code = re.sub(r'""".*?"""', "", code, flags=re.S)
        if path.relative_to(ROOT / "pipeline").as_posix() not in own:
            assert not prints.search(code), path


EVIL = "党\x1b]0;PWNED\x07建\x9b31m\u202e引\n::error::pwned\n  ::set-output name=x::y\n##[error]pwned\r::warning::x"


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose names, ids, sources, texts and errors are all hostile, and a run over it."""
    folder = tmp_path_factory.mktemp("evil")
    (folder / "in").mkdir()
    body = "\n".join(f"{ARTICLE}这是第{i}段，讲的是第{i}件小事。" for i in "一二三四五六")
    evil = [{"id": f"a{EVIL}", "source": EVIL, "title": EVIL, "author": EVIL, EVIL: 1, "text": f"{body}{EVIL}(dǎng)"},
            {"id": f"b{EVIL}", "text": f"{body}{EVIL}(dǎng)\n最后，大家都说好。"}, {"id": EVIL, "text": 5},
            {"id": f"c{EVIL}", "text": EVIL}]
    name = "x\n::error::pwned\x1b[31m.jsonl"
    (folder / "in" / name).write_text("".join(json.dumps(row) + "\n" for row in evil) + "{\x1b\n", "utf-8")
    (folder / "in" / "y\n::error::pwned.txt").write_bytes(b"")
    (folder / "in" / "z\n::error::pwned.p\x1bdf").write_bytes(b"")
    (folder / "evil.txt").write_text(f"::error::first{EVIL}\n{EVIL}党(dǎng)建", "utf-8")
    run(folder, "clean", "in", "-o", "out/")
    return folder


def run(folder: Path, *args: str) -> str:
    """What a command shows, on both streams."""
    with contextlib.chdir(folder):
        result = CliRunner().invoke(app, list(args))
    assert isinstance(result.exception, SystemExit | None), result.exception
    return result.output


@pytest.mark.parametrize(
    "command",
    ["clean in -o out/", "clean in -o out/ --json", "clean in --dry-run", "explain evil.txt", "explain evil.txt --json",
     "check in", "check in evil.txt --format json", "check in --against out", "restore out/audit.jsonl", "report out",
     "index i::n --add out --check", "clean in -o x::y.jsonl"],
)
def test_commands_show_nothing_hidden(evil: Path, command: str) -> None:
    shown = run(evil, *command.split())
    assert shown
    assert is_safe(shown, "\n")


def test_annotations_are_ours_alone(evil: Path) -> None:
    shown = run(evil, "check", "in", "evil.txt", "--format", "github")
    ours = re.compile(r"::(?:error|notice) (?:file=[^:,\n]+,)?(?:line=\d+,)?(?:col=\d+,)?title=TS\d{3} [a-z-]+::")
    lines = shown.splitlines()
    assert all(ours.match(line) for line in lines)
    assert is_safe("\n".join(ours.sub("", line) for line in lines), "\n")


WRONG = [
    ["compare", EVIL], ["explain", EVIL], ["check", EVIL], ["clean", EVIL, "-o", EVIL], ["restore", EVIL], ["report", EVIL],
    ["index", EVIL], [EVIL], ["clean", f"--{EVIL}"], ["clean", "in", "--stages", EVIL], ["clean", "in", "--format", EVIL],
    ["explain", "evil.txt", "--config", EVIL], ["clean", "in", "-o", f"{EVIL}.gz"],
]


@pytest.mark.parametrize("args", WRONG)
def test_errors_are_one_line(evil: Path, args: list[str]) -> None:
    shown = run(evil, *args)
    assert is_safe(shown, "\n")
    assert len(shown.splitlines()) == 1


def test_a_comparison_shows_nothing_hidden(evil: Path) -> None:
    audit = read_audit(evil / "out" / "audit.jsonl")
    (dropped,) = [row["id"] for row in audit if row["fate"] == "duplicate"]
    shown = run(evil, "compare", dropped, "--run", "out")
    assert "was dropped for" in shown
    assert is_safe(shown, "\n")


def test_a_terminal_gets_colours_and_no_sequence_of_the_document(evil: Path) -> None:
    reader, writer = pty.openpty()
    command = [sys.executable, "-m", "pipeline", "explain", "evil.txt"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    running = subprocess.Popen(command, stdout=writer, stderr=writer, cwd=evil, env=environment)
    os.close(writer)
    shown = b""
    while True:
        try:
            block = os.read(reader, 1 << 16)
        except OSError:
            break
        if not block:
            break
        shown += block
    assert running.wait(60) == 0
    os.close(reader)
    text = shown.decode()
    assert re.search(r"\x1b\[[0-9;]*m", text), "in colour"
    assert is_safe(re.sub(r"\x1b\[[0-9;]*m", "", text).replace("\r\n", "\n"), "\n")
    assert "\\x1b]0;PWNED" in text
