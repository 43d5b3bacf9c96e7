"""Sketches and keys at their edges: datasketch's permutations without datasketch, keys at the end of int64, a full TMPDIR."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import datasketch
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.errors import OutputError
from pipeline.near.candidates import KeyTable, candidates, plan_partitions, sort_rows
from pipeline.near.sketch import permutations


@given(st.integers(32, 1024), st.integers(0, 2**32 - 1))
@example(128, 1)
@example(64, 1)
@example(1024, 2**32 - 1)
def test_the_permutations_are_those_of_datasketch(num_perm: int, seed: int) -> None:
    a, b = datasketch.MinHash(num_perm, seed=seed, scheme="affine32").permutations
    ours = permutations(num_perm, seed)
    assert ours[0].dtype == ours[1].dtype == np.uint32
    assert ours[0].tolist() == a.tolist()
    assert ours[1].tolist() == b.tolist()


def test_datasketch_is_imported_only_to_hand_out_its_objects_and_to_check() -> None:
    code = (
        "import sys, tempfile\nfrom pathlib import Path\nfrom pipeline.near import near_duplicates\n"
        "from pipeline.near.index import Index\n"
        "from pipeline.near.sketch import sketch, to_datasketch\nfrom pipeline.options import NearOptions\n"
        "from pipeline.record import Texts\n"
        "assert near_duplicates(['今天天气很好', '今天天氣，很好！']) == [1, None]\n"
        "index = Index.create(Path(tempfile.mkdtemp()) / 'i').add(['a'], ['今天天气很好'])\n"
        "assert 'datasketch' not in sys.modules\n"
        "index.check()\n"
        "assert 'datasketch' in sys.modules\n"
        "row = sketch(Texts.of(['今天天气很好']), NearOptions()).signatures[0]\n"
        "assert to_datasketch(row, NearOptions()).jaccard(to_datasketch(row, NearOptions())) == 1.0\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_keys_at_the_end_of_int64_come_back_sorted() -> None:
    top = 2**63 - 1
    keys = np.array([top, top - 2, top, top - 1, 0, top - 3], np.int64)
    sorted_keys, ids = sort_rows(keys, np.arange(6))
    assert sorted_keys.tolist() == sorted(keys.tolist())
    assert ids.tolist() == [4, 5, 1, 3, 0, 2]


def test_partitions_fit_the_int16_that_sorts_them() -> None:
    assert plan_partitions(0) == plan_partitions(1 << 21) == 1
    assert plan_partitions((1 << 21) + 1) == 2
    assert plan_partitions(10**13) == 1 << 15


def test_no_signatures_no_pairs() -> None:
    assert candidates(np.empty((0, 128), np.uint32), np.empty(0, np.int64), 40).tolist() == []
    assert candidates(np.zeros((1, 128), np.uint32), np.zeros(1, np.int64), 40).tolist() == []


def test_a_place_for_keys_that_cannot_be_written_to_is_an_output_error(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match=r"keys of near-duplicates cannot be put aside .* let TMPDIR name a folder"),
        KeyTable(1, 0, tmp_path / "nothing") as table,
    ):
        table.add(np.zeros((3, 4), np.int64), np.arange(3))
