"""`taosha restore`: every original again, to whoever is shown it, into a list or a folder, and what is said where one is not."""

from __future__ import annotations

import json
import re
import shutil
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import zstandard

from pipeline.corpus import restored
from pipeline.corpus.json_lines import dump_line
from pipeline.corpus.restored import audit_of, audited_documents, corpus_of, restore_into, restored_rows, tell_changes
from pipeline.errors import AuditError, InputError, UsageError
from tests.run_corpus import clean, make_records, write_records
from tests.test_cli import ARTICLE, taosha


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which documents are kept, dropped and quarantined, and two came with one id."""
    top = tmp_path_factory.mktemp("made")
    clean(write_records(top / "in.jsonl", make_records(12)), top / "run")
    return top / "run"


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return Path(shutil.copytree(made, tmp_path / "run"))


def rows_in(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_bytes(b"".join(dump_line(row) for row in rows))


def test_each_row_stands_beside_its_own_text(made: Path) -> None:
    texts = {row["id"]: row["text"] for row in rows_in(corpus_of(made))}
    rows = list(audited_documents(audit_of(made), corpus_of(made)))
    fates = {row["fate"] for row, _ in rows}
    assert {"kept"} < fates
    assert sum(row["fate"] == "kept" for row, _ in rows) == len(texts)
    for row, text in rows:
        assert text == (texts[row["id"]] if row["fate"] == "kept" else row["text"])
    assert audit_of(made).name in rows_of_manifest(made)
    assert corpus_of(made).name in rows_of_manifest(made)


def rows_of_manifest(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "manifest.json").read_bytes())["files"])


def test_a_corpus_that_is_not_of_the_audit_is_told(run: Path) -> None:
    """Whichever row is gone, doubled or out of its place: before a text goes with the account of another."""
    audit, corpus = audit_of(run), corpus_of(run)
    rows = rows_in(corpus)
    for n in range(len(rows)):
        for other in (rows[:n] + rows[n + 1:], rows[:n + 1] + rows[n:], [*rows[1:n + 1], rows[0], *rows[n + 1:]]):
            write_rows(corpus, other)
            if other != rows:
                with pytest.raises(AuditError, match=rf"^{re.escape(str(audit))}: .*(not where it should be|holds more documents)"):
                    list(audited_documents(audit, corpus))
    for path in (audit, corpus):
        path.unlink()
        with pytest.raises(InputError, match=rf"^{re.escape(str(corpus if path == corpus else audit))}: no such file"):
            next(audited_documents(audit if path == audit else run / "manifest.json", corpus))


def test_a_text_that_is_none_is_told_with_its_file(run: Path) -> None:
    audit, corpus = audit_of(run), corpus_of(run)
    for path, fate in ((corpus, "kept"), (audit, "duplicate")):
        rows = rows_in(path)
        n = next(n for n, row in enumerate(rows) if row.get("fate", "kept") == fate)
        write_rows(path, [*rows[:n], rows[n] | {"text": 7}, *rows[n + 1:]])
        with pytest.raises(AuditError, match=rf"^{re.escape(str(path))}: the text of document {rows[n]['id']} is damaged"):
            list(audited_documents(audit, corpus))
        write_rows(path, rows)


SEALED = ": written with `--audit sealed`: what was taken out is gone for good, and the clean text is all there is"


@pytest.mark.parametrize(("row", "text", "why"), [
    ({"sha256": "", "edits": []}, "x", SEALED),
    ({"sha256": "0", "edits": [{"step": 1, "places": {}}]}, "x", ": it keeps places only: only an audit written"),
    ({"sha256": "0", "edits": [{"stage": "pinyin"}]}, "x", ": its edits are damaged (KeyError('step')); make the corpus again"),
    ({"sha256": "0", "edits": [7]}, "x", ": its edits are damaged (TypeError("),
    ({"sha256": sha256(b"x").hexdigest(), "edits": []}, "y", " does not come out as it was; the corpus or the audit was changed"),
])
def test_why_an_original_does_not_come_out(row: dict[str, Any], text: str, why: str) -> None:
    end = "$" if why == SEALED else ""
    with pytest.raises(AuditError, match=rf"^a\.jsonl: document 1{re.escape(why)}{end}"):
        restored._restore(row, text, "a.jsonl: document 1")


def test_what_came_with_an_id_comes_back_by_it(made: Path) -> None:
    audit, corpus = audit_of(made), corpus_of(made)
    whole = list(restored_rows(audit, corpus))
    came: dict[str, list[str]] = {}
    for record in make_records(12):
        came.setdefault(record["id"], []).append(record.get("text", ""))
    for row in whole:
        assert list(row) == ["id", "source", "text"]
        own = list(restored_rows(audit, corpus, row["id"]))
        assert row in own
        assert [other for other in whole if other in own] == own, "in the order of the audit"
        assert {other["text"] for other in own} <= {text for texts in came.values() if row["text"] in texts for text in texts}
    two = [row["text"] for row in restored_rows(audit, corpus, "n006")]
    assert sorted(two) == sorted(set(came["n006"]))
    assert len(two) == 2


def test_an_id_that_nobody_has_costs_nothing(made: Path, tmp_path: Path) -> None:
    """The list that stood there stays as it was."""
    path = tmp_path / "list.jsonl"
    restore_into(made, None, None, str(path), print)
    before = path.read_bytes()
    for output in (str(path), "", f"{tmp_path}/back/"):
        with pytest.raises(InputError, match=r"no document has the id nobody$"):
            restore_into(made, None, "nobody", output, print)
    assert path.read_bytes() == before
    assert rows_in(path) == list(restored_rows(audit_of(made), corpus_of(made)))


def test_where_originals_go(made: Path, tmp_path: Path) -> None:
    """To a list, to whoever is shown them, or into a folder: one that is there, one that ends so, or a name without a suffix."""
    expected = list(restored_rows(audit_of(made), corpus_of(made)))
    shown: list[dict[str, Any]] = []
    restore_into(made / "audit.jsonl", made / "clean.jsonl", None, "", shown.append)
    assert shown == expected
    (tmp_path / "there.d").mkdir()
    for name in ("there.d", "new.d/", "new"):
        restore_into(made, None, None, f"{tmp_path}/{name}", shown.append)
        files = sorted(p.read_text("utf-8") for p in (tmp_path / name).iterdir())
        assert files == sorted(row["text"] for row in expected)
    assert shown == expected


def test_a_list_of_others_and_files_of_the_run_stay(run: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.jsonl"
    mine.write_bytes(b"mine")
    with pytest.raises(UsageError, match="--force"):
        restore_into(run, None, None, str(mine), print)
    (tmp_path / "link.jsonl").symlink_to(run / "quarantine.jsonl")
    before = {p: p.read_bytes() for p in run.iterdir()}
    for name in [*rows_of_manifest(run), "manifest.json", "../link.jsonl"]:
        for audit in (run, run / "audit.jsonl"):
            with pytest.raises(UsageError, match="a file of the run"):
                restore_into(audit, None, None, str(run / name), print, force=True)
    (run / "manifest.json").unlink()        # no run is there any more: its corpus and audit stay
    for name in ("audit.jsonl", "clean.jsonl"):
        with pytest.raises(UsageError, match="a file of the run"):
            restore_into(run / "audit.jsonl", run / "clean.jsonl", None, str(run / name), print, force=True)
    assert {p: p.read_bytes() for p in run.iterdir()} == {p: data for p, data in before.items() if p.name != "manifest.json"}
    restore_into(run / "audit.jsonl", run / "clean.jsonl", None, str(mine), print, force=True)
    assert rows_in(mine) == list(restored_rows(run / "audit.jsonl", run / "clean.jsonl"))


def test_a_compressed_audit_is_found_under_the_plain_name(run: Path) -> None:
    expected = list(restored_rows(audit_of(run), corpus_of(run)))
    (run / "audit.jsonl.zst").write_bytes(zstandard.compress((run / "audit.jsonl").read_bytes()))
    (run / "audit.jsonl").unlink()
    shown: list[dict[str, Any]] = []
    restore_into(run / "audit.jsonl", None, None, "", shown.append)
    assert shown == expected
    (run / "audit.jsonl.zst").unlink()
    with pytest.raises(InputError, match=r"audit\.jsonl: no such file"):
        restore_into(run / "audit.jsonl", None, None, "", shown.append)


def test_what_was_changed_is_named(run: Path, tmp_path: Path) -> None:
    assert tell_changes(run) == ""
    assert tell_changes(tmp_path) == ""
    for names in ("README.md", ""), ("clean.jsonl", "clean.jsonl"), ("audit.jsonl", "audit.jsonl, clean.jsonl"):
        with (run / names[0]).open("ab") as file:
            file.write(b"\n")
        assert tell_changes(run) == (f"{run}: {names[1]}: changed since the run ended" if names[1] else "")
    (run / "clean.jsonl").unlink()
    assert "clean.jsonl" in tell_changes(run)


def test_a_run_without_an_audit_says_so(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_bytes())
    del manifest["files"]["audit.jsonl"]
    (run / "manifest.json").write_bytes(json.dumps(manifest).encode())
    with pytest.raises(InputError, match="--audit off"):
        audit_of(run)
    assert tell_changes(run) == ""


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    hashed = f"{sha256(b'B').hexdigest()[:16]}.txt"
    sources = {"A": hashed, "B": "zz.md", "C": "p.txt", "D": "p.txt/q.txt", "E": "link/e.txt", "F": "d/" * 3000}
    lines = [{"id": id, "source": source, "text": f"{ARTICLE}{id}"} for id, source in sources.items()]
    (folder / "x.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    taosha("clean", folder / "x.jsonl", "-o", f"{folder}/out/", "-q", "--stages", "encoding")
    return folder / "out" / "audit.jsonl"


def test_the_command(audit: Path, tmp_path: Path) -> None:
    (tmp_path / "back").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "back" / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    taosha("restore", audit, "-o", tmp_path / "back")
    texts = [p.read_text("utf-8")[len(ARTICLE):] for p in (tmp_path / "back").rglob("*") if p.is_file()]
    assert sorted(texts) == list("ABCDEF")
    assert not list((tmp_path / "elsewhere").iterdir())
    taosha("restore", audit, "-o", f"{tmp_path}/new.d/")
    assert (tmp_path / "new.d" / "p.txt").is_file()
    taosha("restore", audit, "-o", tmp_path / "all.jsonl")
    assert len((tmp_path / "all.jsonl").read_bytes().splitlines()) == 6
    assert "written as .jsonl" in taosha("restore", audit, "-o", tmp_path / "all.parquet", code=2)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_to_the_output_stays_a_link(audit: Path, tmp_path: Path) -> None:
    (tmp_path / "real.jsonl").write_bytes(b"old")
    (tmp_path / "link.jsonl").symlink_to("real.jsonl")
    assert "--force" in taosha("restore", audit, "-o", tmp_path / "link.jsonl", code=2)
    assert (tmp_path / "real.jsonl").read_bytes() == b"old"
    taosha("restore", audit, "-o", tmp_path / "link.jsonl", "--force")
    assert (tmp_path / "link.jsonl").is_symlink()
    assert len((tmp_path / "real.jsonl").read_bytes().splitlines()) == 6


def test_files_of_others_stay(audit: Path, tmp_path: Path) -> None:
    """What a command replaces is what one of ours wrote, or was said to be replaced."""
    taosha("restore", audit, "-o", f"{tmp_path}/back/")
    before = {p: p.read_bytes() for p in (tmp_path / "back").rglob("*") if p.is_file()}
    taosha("restore", audit, "-o", tmp_path / "back")       # the same once more
    assert {p: p.read_bytes() for p in (tmp_path / "back").rglob("*") if p.is_file()} == before
    mine = tmp_path / "back" / "p.txt"
    mine.write_text("mine", "utf-8")
    message = taosha("restore", audit, "-o", tmp_path / "back", code=4)
    assert "p.txt" in message
    assert "--force" in message
    assert mine.read_text("utf-8") == "mine"
    taosha("restore", audit, "-o", tmp_path / "back", "--force")
    assert mine.read_bytes() == before[mine]
    taosha("restore", audit, "-o", tmp_path / "list.jsonl")
    taosha("restore", audit, "-o", tmp_path / "list.jsonl")
    for command, name in (("clean", "corpus.jsonl"), ("clean", "corpus.parquet"), ("restore", "mine.jsonl"), ("report", "x.html")):
        given = {"clean": tmp_path / "list.jsonl", "restore": audit, "report": audit.parent}[command]
        path = tmp_path / "own" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine", "utf-8")
        assert "--force" in taosha(command, given, "-o", path, code=2)
        assert path.read_text("utf-8") == "mine"
        assert [p.name for p in path.parent.iterdir()] == [name]
        taosha(command, given, "-o", path, "--force")
        assert path.read_bytes() != b"mine"
        taosha(command, given, "-o", path)
        for p in path.parent.iterdir():
            p.unlink()


def test_a_row_that_lacks_what_is_wanted_is_an_error_of_ours(tmp_path: Path) -> None:
    """JSON still, and no longer what a run writes: found by `make fuzz`."""
    records = make_records(8)
    clean(write_records(tmp_path / "in.jsonl", [*records, records[0] | {"id": "again"}]), tmp_path / "run")
    files = [tmp_path / "run" / name for name in ("audit.jsonl", "clean.jsonl")]
    whole = {path: [json.loads(line) for line in path.read_text("utf-8").splitlines()] for path in files}
    expected = [row["text"] for row in restored_rows(files[0], files[1])]
    for path in files:
        rows = whole[path]
        for n in (0, next((n for n, row in enumerate(rows) if row.get("fate", "kept") != "kept"), 1)):
            for key in rows[n]:
                others: tuple[Any, ...] = ("gone", None, 7, "x", ["x"], [{"step": 1}], {})
                for other in others:
                    changed = {k: v for k, v in rows[n].items() if k != key} if other == "gone" else rows[n] | {key: other}
                    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows[:n], changed, *rows[n + 1:]]), "utf-8")
                    for id in (None, str(changed.get("id"))):
                        try:
                            again = [row["text"] for row in restored_rows(files[0], files[1], id)]
                        except (AuditError, InputError):
                            continue
                        assert again == expected if id is None else set(again) <= set(expected), (key, other)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def test_documents_that_are_gone_from_an_audit_are_missed(tmp_path: Path) -> None:
    write_records(tmp_path / "in.jsonl", make_records(9))
    clean(tmp_path / "in.jsonl", tmp_path / "out")
    audit = tmp_path / "out" / "audit.jsonl"
    lines = audit.read_bytes().splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if b'"fate":"kept"' not in line and b'"id":' in line)   # no row of the corpus is
    audit.write_bytes(b"".join(lines[:at] + lines[at + 1:]))
    assert "it has" in taosha("restore", tmp_path / "out", "-o", tmp_path / "back.jsonl", code=5)
    assert not (tmp_path / "back.jsonl").exists()


@pytest.mark.parametrize("command", ["index --add", "clean --against", "check --against"])
def test_half_a_corpus_is_not_taken_for_a_whole_one(tmp_path: Path, command: str) -> None:
    write_records(tmp_path / "in.jsonl", make_records(9))
    clean(tmp_path / "in.jsonl", tmp_path / "out")
    corpus = tmp_path / "out" / "clean.jsonl"
    corpus.write_bytes(b"".join(corpus.read_bytes().splitlines(keepends=True)[:-1]))
    for where in (tmp_path / "out", corpus):
        args: dict[str, tuple[str | Path, ...]] = {
            "index --add": ("index", tmp_path / "index", "--add", where),
            "clean --against": ("clean", tmp_path / "in.jsonl", "-o", f"{tmp_path}/more/", "--against", where),
            "check --against": ("check", tmp_path / "in.jsonl", "--against", where),
        }
        assert "not what its run wrote" in " ".join(taosha(*args[command], code=2 if "check" in command else 5).split())
    corpus.rename(tmp_path / "alone.jsonl")      # a corpus by itself is what it is
    taosha("index", tmp_path / "other", "--add", tmp_path / "alone.jsonl")


@pytest.mark.parametrize("name", ["../out/clean.jsonl", "/etc/hostname", "..", ""])
def test_a_manifest_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    write_records(tmp_path / "in.jsonl", make_records(9))
    clean(tmp_path / "in.jsonl", tmp_path / "out")
    manifest = tmp_path / "out" / "manifest.json"
    said = json.loads(manifest.read_bytes())
    manifest.write_text(json.dumps(said | {"corpus": name}), "utf-8")
    assert "no run is there" in taosha("restore", tmp_path / "out", code=3)
    manifest.write_text(json.dumps(said | {"files": said["files"] | {name: {}}}), "utf-8")
    assert "no run is there" in taosha("restore", tmp_path / "out", code=3)
