"""Names of the documents of a run: an id stands for one record, whatever ids the records came with and in which order."""

from __future__ import annotations

import random
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.run.order import _name_apart
from tests.run_corpus import clean, digests, make_records, rows, write_records

#: Ids that are what a name made of another id would be, too.
DIGESTS = [sha256(bytes([k])).digest() for k in range(4)]
DIGESTS.append(DIGESTS[0][:8] + bytes(24))      # begins as another one does
HEX = [d.hex() for d in DIGESTS]
IDS = ["1", "2", f"1#{HEX[0][:16]}", f"1#{HEX[1][:16]}", f"1#{HEX[0][:16]}#{HEX[0]}", f"2#{HEX[0][:16]}#{HEX[1]}", "1#"]
RECORDS = st.lists(st.tuples(st.sampled_from(IDS), st.integers(0, len(DIGESTS) - 1)), max_size=14)


def name_apart(records: list[tuple[str, int]]) -> list[tuple[str, str | None]]:
    ids, digests_ = [id for id, _ in records], [DIGESTS[k] for _, k in records]
    named = _name_apart(pa.table({"id": pa.array(ids, pa.string()), "digest": pa.array(digests_, pa.binary())}))
    return list(zip(named["id"].to_pylist(), named["shared_id"].to_pylist(), strict=True))


@settings(max_examples=200)
@given(RECORDS, st.randoms())
def test_an_id_stands_for_one_record(records: list[tuple[str, int]], dice: random.Random) -> None:
    named = name_apart(records)
    stands_for: dict[str, int] = {}
    for (id, digest), (name, shared) in zip(records, named, strict=True):
        assert stands_for.setdefault(name, digest) == digest
        assert (shared is None) == (name == id)
        assert shared in (None, id)
        assert name == id or name.startswith(f"{id}#")
        made = {n for n, other in named if other is not None}
        if all(other == digest for own, other in records if own == id) and not any(n.startswith(id) for n in made):
            assert name == id, "an id of its own stays"
    for record, own in set(zip(records, named, strict=True)):
        assert all(n == own for r, n in zip(records, named, strict=True) if r == record), "equal records have one name"
    order = dice.sample(range(len(records)), len(records))
    assert name_apart([records[k] for k in order]) == [named[k] for k in order], "in any order of the input"
    again = name_apart([(name, digest) for (name, _), (_, digest) in zip(named, records, strict=True)])
    assert [shared for _, shared in again] == [None] * len(records), "once is enough"


def test_files_that_count_from_1_keep_all_their_records(tmp_path: Path) -> None:
    """As in MNBVC and most exports: an id is one of its file."""
    records = make_records(30)[:30]
    files = [[{**r, "id": str(k + 1)} for k, r in enumerate(records[a:a + 10])] for a in (0, 10, 20)]
    files[2][0] = dict(files[0][0])         # the same record in two files
    files[2].append({"id": "99", "text": records[20]["text"]})
    found = []
    for k, order in enumerate(((0, 1, 2), (2, 0, 1))):
        for n in order:
            write_records(tmp_path / f"in{k}" / "in" / f"{n}.jsonl", files[n])
        outcome = clean(tmp_path / f"in{k}" / "in", tmp_path / f"out{k}")
        assert outcome.quarantined == 0
        assert outcome.manifest["counts"]["note/shared-id"] == 30
        found.append(digests(tmp_path / f"out{k}"))
    assert found[0] == found[1]
    corpus, audit = rows(tmp_path / "out0" / "clean.jsonl"), rows(tmp_path / "out0" / "audit.jsonl")
    assert len({r["id"] for r in corpus}) == len(corpus) == 30
    assert {r["id"] for r in corpus if "#" not in r["id"]} == {"99"}
    (twin,) = [r for r in audit if r["fate"] == "duplicate"]
    assert twin["id"] == twin["kept"]
    assert twin["kept"].startswith("1#")
    told: dict[str, Any] = {r["id"]: r["notes"] for r in audit}
    assert all(told[r["id"]] == ([] if r["id"] == "99" else [{"kind": "shared-id", "text": r["id"].split("#")[0]}]) for r in corpus)
    assert clean(tmp_path / "in0" / "in", tmp_path / "out0").unchanged
    again = [{"id": r["id"], "text": r["text"]} for r in corpus]
    one = clean(write_records(tmp_path / "one.jsonl", again), tmp_path / "o")
    assert "note/shared-id" not in one.manifest["counts"], "its output is named apart already"
