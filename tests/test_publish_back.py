"""A publishing that meets a file it cannot replace: the run of before stands again, whatever fails and whatever kill follows."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pipeline import world
from pipeline.corpus.manifest import NoRunError, read_manifest
from pipeline.corpus.pending import COMMIT, MARK, NEW, find_pending
from pipeline.errors import OutputError
from pipeline.run import whole
from pipeline.run.publish import finish_pending, publish
from tests.run_corpus import FILES, clean, digests, make_records, write_records

#: What changes what stands under a name, or makes it last; and what else may be called by a process that lives.
CHANGES = ("rename", "remove", "sync", "make_folder", "remove_tree")
CALLS = (*CHANGES, "open", "open_folder", "scan", "_make_folders")
PUT = ("clean.jsonl", "clean-2.jsonl", "audit.jsonl", "manifest.json")
GONE = ("report.html", "audit.jsonl.zst")
OLD_FILES = {name: f"old {name}" for name in ("clean.jsonl", "audit.jsonl", "manifest.json", "report.html")}
NEW_FILES = {name: f"new {name}" for name in PUT}


class KilledError(BaseException):
    """The process is dead: nothing that it calls is done any more."""


class Faulty:
    """A world in which the calls of `errors` fail, and that ends before the call `kill`, or after it."""

    def __init__(
        self, patch: pytest.MonkeyPatch, *, counted: Sequence[str] = CHANGES, errors: dict[int, int] | None = None,
        kill: int = 0, after: bool = False, obstacle: Path | None = None,
    ) -> None:
        self.made, self.dead, self.failed = 0, False, False
        self.counted, self.errors, self.kill, self.after, self.obstacle = counted, errors or {}, kill, after, obstacle
        for name in CALLS:
            patch.setattr(world, name, self._wrap(name, getattr(world, name)))

    def _wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self.dead:
                raise KilledError
            self.made += name in self.counted
            now = name in self.counted and self.made == self.kill
            if now and not self.after:
                self.dead = True
                raise KilledError
            number = self.errors.get(self.made) if name in self.counted else None
            if name in ("rename", "remove") and self.obstacle is not None and self.obstacle in map(Path, args):
                number = errno.EPERM
            if number:
                self.failed = True
                raise OSError(number, os.strerror(number), *(args[:1] if name != "sync" else ()))
            try:
                return function(*args, **kwargs)
            finally:
                if now:
                    self.dead = True
                    raise KilledError
        return call


# What is under the names of a small folder.

def _begin(folder: Path) -> Path:
    """A folder with a run, and the work folder of the next one with its files."""
    work = folder / ".taosha-0123456789abcdef"
    (work / NEW).mkdir(parents=True)
    (work / MARK).touch()
    for top, files in ((folder, OLD_FILES), (work / NEW, NEW_FILES)):
        for name, text in files.items():
            (top / name).write_text(text)
    return work


def _see(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def _judge(folder: Path, work: Path, what: str) -> None:
    """The files of before, or the new ones, or some of one kind and a list; and whoever comes next ends with the new ones."""
    there = _see(folder)
    assert there.items() <= OLD_FILES.items() or there.items() <= NEW_FILES.items(), f"{what}: two runs: {there}"
    if there not in (OLD_FILES, NEW_FILES):
        assert find_pending(folder) == work, f"{what}: files are gone and nothing says which come"
    finish_pending(folder)
    if _see(folder) == OLD_FILES:
        publish(work, PUT, GONE)
    assert _see(folder) == NEW_FILES, what
    assert not (work / COMMIT).exists()


def _tries(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    for n in range(1, 1000):
        (tmp_path / str(n)).mkdir()
        yield n, tmp_path / str(n)


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_each_call_leaves_no_mix(tmp_path: Path, after: bool) -> None:
    kills = 0
    for n, folder in _tries(tmp_path):
        work = _begin(folder)
        with pytest.MonkeyPatch.context() as patch:
            faulty = Faulty(patch, kill=n, after=after)
            try:
                publish(work, PUT, GONE)
            except KilledError:
                kills += 1
        if not faulty.dead:
            break
        _judge(folder, work, f"kill {n}")
    assert kills > 15


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_of_the_one_that_finishes_leaves_no_mix(tmp_path: Path, after: bool) -> None:
    """Killed at a call, and the next one at each of its own."""
    kills = 0
    for n in range(1, 30):
        for m in range(1, 30):
            folder = tmp_path / f"{n} {m}"
            folder.mkdir()
            work = _begin(folder)
            with pytest.MonkeyPatch.context() as patch, suppress(KilledError):
                Faulty(patch, kill=n, after=after)
                publish(work, PUT, GONE)
            with pytest.MonkeyPatch.context() as patch:
                faulty = Faulty(patch, kill=m, after=after)
                try:
                    finish_pending(folder)
                except KilledError:
                    kills += 1
            _judge(folder, work, f"kills {n}, {m}")
            if not faulty.dead:
                break
    assert kills > 60


@pytest.mark.parametrize("number", [errno.EPERM, errno.EBUSY, errno.EIO])
def test_an_error_at_each_call_and_a_kill_at_each_after_it_leave_no_mix(tmp_path: Path, number: int) -> None:
    """The putting back is killed at each of its calls; or meets another error at each."""
    tried = 0
    for n in range(1, 40):
        for how in ("kill", "kill after", "error"):
            for m in range(n + 1, 60):
                folder = tmp_path / f"{n} {how} {m}"
                folder.mkdir()
                work = _begin(folder)
                with pytest.MonkeyPatch.context() as patch:
                    errors = {n: number, **({m: errno.EIO} if how == "error" else {})}
                    faulty = Faulty(patch, errors=errors, kill=0 if how == "error" else m, after=how == "kill after")
                    try:
                        publish(work, PUT, GONE)
                    except (KilledError, OSError, OutputError):
                        tried += 1
                _judge(folder, work, f"error {n}, {how} {m}")
                if faulty.made < m:
                    break
    assert tried > 150


def test_one_error_at_each_rename_and_removal_leaves_all_of_one_run(tmp_path: Path) -> None:
    """Or, where the corpus was replaced already, the list stays: the next one to come puts the rest in place."""
    ends = []
    for n, folder in _tries(tmp_path):
        work = _begin(folder)
        with pytest.MonkeyPatch.context() as patch:
            faulty = Faulty(patch, counted=("rename", "remove"), errors={n: errno.EBUSY})
            try:
                publish(work, PUT, GONE)
            except (OSError, OutputError) as error:
                ends.append(str(error))
        assert _see(folder) in (OLD_FILES, NEW_FILES) or (work / COMMIT).exists()
        assert _see(folder)["clean.jsonl"] in (OLD_FILES["clean.jsonl"], NEW_FILES["clean.jsonl"]), "one stands there at all times"
        if _see(folder) == OLD_FILES:
            assert find_pending(folder) is None
            assert not list((work / "old").glob("*"))
            assert {path.name for path in (work / NEW).iterdir()} == set(PUT)
        if not faulty.failed:
            break
        _judge(folder, work, f"error {n}")
    named = [end for end in ends if "cannot be replaced (Device or resource busy); free it and run again" in end]
    assert len(named) == len(OLD_FILES) - 1 + len(PUT), "each file that goes or comes is named where it is to stand"
    assert not any(NEW in Path(end.partition(":")[0]).parts for end in ends)


def test_what_a_killed_run_had_set_aside_does_not_come_back(tmp_path: Path) -> None:
    work = _begin(tmp_path)
    (work / "old").mkdir()
    (work / "old" / "audit.jsonl.zst").write_text("of a run long ago")
    with pytest.MonkeyPatch.context() as patch:
        Faulty(patch, obstacle=tmp_path / "clean.jsonl")
        with pytest.raises(OutputError):
            publish(work, PUT, GONE)
    assert _see(tmp_path) == OLD_FILES


def test_a_folder_under_a_name_stays_with_what_is_in_it(tmp_path: Path) -> None:
    work = _begin(tmp_path)
    (tmp_path / "audit.jsonl.zst").mkdir()
    (tmp_path / "audit.jsonl.zst" / "precious").touch()
    with pytest.raises(OutputError, match=r"audit\.jsonl\.zst: this is a folder"):
        publish(work, PUT, GONE)
    assert _see(tmp_path) == OLD_FILES
    assert (tmp_path / "audit.jsonl.zst" / "precious").exists()


def test_where_it_cannot_be_put_back_the_list_stays_and_readers_say_so(tmp_path: Path) -> None:
    work = _begin(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        Faulty(patch, counted=("rename",), errors={4: errno.EPERM, 5: errno.EIO})
        with pytest.raises(OutputError, match=r"manifest\.json: cannot be replaced"):
            publish(work, PUT, GONE)
    assert find_pending(tmp_path) == work
    with pytest.raises(NoRunError, match="killed while it put its files in place"):
        read_manifest(tmp_path)
    _judge(tmp_path, work, "an error in the putting back")


# A whole run over another.

@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inputs of an earlier run and of a new one, and what each comes to."""
    top = tmp_path_factory.mktemp("sources")
    for name, n in (("old", 20), ("new", 24)):
        clean(write_records(top / f"{name}.jsonl", make_records(n, seed=n)), top / name)
    return top


def test_an_error_at_each_rename_and_removal_of_a_run_over_another(sources: Path, tmp_path: Path) -> None:
    before, after = digests(sources / "old"), digests(sources / "new")
    back = forth = 0
    for n, out in _tries(tmp_path):
        clean(sources / "old.jsonl", out)
        held: list[Faulty] = []
        with pytest.MonkeyPatch.context() as patch:
            def armed(
                work: Path, put: Sequence[str], gone: Sequence[str], n: int = n, patch: pytest.MonkeyPatch = patch,
                held: list[Faulty] = held,
            ) -> None:
                errors = {n: (errno.EPERM, errno.EBUSY)[n % 2]}
                held.append(Faulty(patch, counted=("rename", "remove"), errors=errors))
                publish(work, put, gone)

            patch.setattr(whole, "publish", armed)
            try:
                clean(sources / "new.jsonl", out)
            except OutputError:
                assert held[0].failed
        assert digests(out) in (before, after) or find_pending(out) is not None
        if digests(out) == before:
            assert read_manifest(out)["counts"], "the run of before can be read"
            back += 1
        else:
            forth += 1
        clean(sources / "new.jsonl", out)
        assert digests(out) == after
        assert sorted(path.name for path in out.iterdir()) == sorted(FILES)
        if not held[0].failed:
            break
    assert back >= len(FILES)
    assert forth >= 1


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_replaced_is_named_and_costs_nothing(sources: Path, tmp_path: Path, name: str) -> None:
    clean(sources / "old.jsonl", tmp_path)
    for _ in range(2):      # it goes on meeting it
        with pytest.MonkeyPatch.context() as patch:
            Faulty(patch, obstacle=tmp_path / name)
            with pytest.raises(OutputError, match=rf"{name}: cannot be replaced \(Operation not permitted\); free it and run"):
                clean(sources / "new.jsonl", tmp_path)
        assert digests(tmp_path) == digests(sources / "old")
    assert clean(sources / "old.jsonl", tmp_path).unchanged
    clean(sources / "new.jsonl", tmp_path)
    assert digests(tmp_path) == digests(sources / "new")
