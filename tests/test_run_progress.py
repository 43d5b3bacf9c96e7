"""How far a run is: every phase is told in its order, no second is silent, and what is told is what was done."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.engines import Engine
from pipeline.engines.local import LocalEngine
from pipeline.read.paths import find_inputs
from pipeline.run import progress
from pipeline.run.progress import PHASES, Event, Teller, count_memory
from pipeline.run.settings import Settings
from pipeline.run.whole import run
from tests.engines_conformance import RandomEngine
from tests.run_corpus import make_records, set_unit_bytes, write_records

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("engine", ["here", "workers", "random"])
def test_a_run_tells_its_phases_and_ends_with_all_of_it(tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records())
    set_unit_bytes(monkeypatch, 9000)
    heard: list[Event] = []
    movers: dict[str, AbstractContextManager[Engine]] = {
        "here": LocalEngine(1), "workers": LocalEngine(2), "random": RandomEngine(1),
    }
    outcome = run(find_inputs([str(source)]), tmp_path / "clean.jsonl", Settings(), told=heard.append, engine=movers[engine])
    phases = list(dict.fromkeys(event.phase for event in heard))
    assert phases == list(PHASES)
    assert [PHASES.index(event.phase) for event in heard] == sorted(PHASES.index(event.phase) for event in heard)
    for before, after in pairwise(heard):
        assert after.seconds >= before.seconds
        assert after.bytes >= before.bytes
        assert after.done >= before.done or after.phase != before.phase
    assert all(0 <= event.done <= event.total for event in heard if event.total)
    last = heard[-1]
    assert last.bytes == source.stat().st_size
    counts = outcome.manifest["counts"]
    assert last.documents == counts["documents"] + 1, "and the line without a text"
    assert last.done == last.total == counts["documents"]
    assert last.memory > 10 << 20
    again: list[Event] = []
    run(find_inputs([str(source)]), tmp_path / "clean.jsonl", Settings(), told=again.append, workers=1)
    assert {event.phase for event in again} <= {"prepare"}, "nothing is done"


def test_documents_are_told_while_a_unit_is_cleaned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.run.clean.BATCH_DOCS", 10)
    source = write_records(tmp_path / "in.jsonl", make_records(60))
    heard: list[Event] = []
    run(find_inputs([str(source)]), tmp_path / "clean.jsonl", Settings(), told=heard.append, workers=1)
    assert {10, 20, 30, 40} <= {event.documents for event in heard}


def test_no_second_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nothing is done, by one thread at a time, and not a word after the end."""
    monkeypatch.setattr(progress, "BEAT", 0.02)
    heard: list[Event] = []
    busy = threading.Lock()

    def told(event: Event) -> None:
        assert busy.acquire(blocking=False)
        time.sleep(0.001)
        heard.append(event)
        busy.release()

    with Teller(told) as teller:
        teller.begin("near-duplicates", 7)
        time.sleep(0.3)
        for _ in range(7):
            teller.add(1)
    assert len(heard) > 12
    n = len(heard)
    time.sleep(0.1)
    assert len(heard) == n
    assert {(event.phase, event.total) for event in heard[1:]} == {("near-duplicates", 7)}


def test_one_who_fails_to_hear_ends_the_run_and_not_its_thread(tmp_path: Path) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(20))

    def told(event: Event) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(find_inputs([str(source)]), tmp_path / "clean.jsonl", Settings(), told=told, workers=1)


def test_memory_counts_what_was_started() -> None:
    before = count_memory()
    child = subprocess.Popen([sys.executable, "-c", "x = bytearray(90 << 20); print(len(x), flush=True); input()"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    if sys.platform == "linux":
        assert count_memory() - before > 80 << 20
    child.communicate(b"\n")


_COMPILED = """
import sys, tempfile
from pathlib import Path
from pipeline.jit.finding import COMPILED, FOUND
from pipeline.run.clean import warm_up
from tests.run_corpus import clean, make_records, write_records

def compiled():
    return {(name.replace(":", "."), types) for name, types in COMPILED + FOUND}

warm_up()
before = compiled()
with tempfile.TemporaryDirectory() as folder:
    clean(write_records(Path(folder) / "in.jsonl", make_records()), Path(folder))
later = ("pipeline.near", "pipeline.corpus.cut", "pipeline.corpus.line_kernels")
print(sorted((k, types) for k, types in compiled() - before if not k.startswith(later)))
"""


def test_kernels_of_cleaning_are_all_compiled_before_a_worker_starts() -> None:
    """numba's cache does not bear that many processes compile one kernel at once. Those of near come where they are used,
    those of writing in one process."""
    done = subprocess.run([sys.executable, "-c", _COMPILED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
