"""taosha.toml: what is right is taken, what is wrong is named with its file, table and key."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UsageError
from pipeline.options import BoilerplateOptions, NearOptions, Options, RepeatsOptions, load_options


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "taosha.toml"
    path.write_text(text, "utf-8")
    return path


def test_values_are_taken(tmp_path: Path) -> None:
    options = load_options(write(tmp_path, '[boilerplate]\nmax_loss = 1\ndrop = ["本站"]\n[script]\ntarget = "none"\n'))
    assert options.boilerplate.max_loss == 1.0
    assert options.boilerplate.drop == ("本站",)
    assert options.script.target == "none"
    assert options.pinyin == Options().pinyin


@pytest.mark.parametrize(
    "text, problem",
    [
        ("[nothing]\n", r"no table \[nothing\]"),
        ("x = 1\n", r"no table \[x\]"),
        ("[pinyin]\ntone = true\n", "no option 'tone'"),
        ('[script]\ntarget = "klingon"\n', "target must be one of simplified"),
        ('[repeats]\nmin_chars = "15"\n', "min_chars must be a whole number"),
        ("[pinyin]\ntoneless = 1\n", "toneless must be true or false"),
        ("[boilerplate]\ndrop = [1]\n", "drop must be a list of strings"),
        ("[boilerplate\n", "no TOML"),
        ("[boilerplate]\nmax_loss = 1.5\n", r"taosha.toml: \[boilerplate\]: max_loss must be from 0 to 1, not 1.5"),
        ("[boilerplate]\nmax_loss = nan\n", "max_loss must be from 0 to 1, not nan"),
        ("[repeats]\nmin_chars = 0\n", r"\[repeats\]: min_chars must be at least 1, not 0"),
        ("[near]\nnum_perm = 31\n", r"\[near\]: num_perm must be from 32 to 1,024, not 31"),
        ("[near]\nmemory = 1000\n", "memory must be at least 1,048,576, not 1000"),
    ],
)
def test_errors_name_the_place(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as info:
        load_options(write(tmp_path, text))
    assert "taosha.toml" in str(info.value)


@pytest.mark.parametrize(
    "make, name, low, high",
    [
        (BoilerplateOptions, "max_loss", 0.0, 1.0),
        (RepeatsOptions, "min_chars", 1, None),
        (NearOptions, "num_perm", 32, 1024),
        (NearOptions, "seed", 0, 2**32 - 1),
        (NearOptions, "shingle", 2, 16),
        (NearOptions, "memory", 1 << 20, None),
    ],
)
def test_ranges(make: Callable[..., Any], name: str, low: float, high: float | None) -> None:
    assert getattr(make(**{name: low}), name) == low
    outside = [low - 1, math.nan]
    if high is not None:
        assert getattr(make(**{name: high}), name) == high
        outside.append(high + 1)
    for value in outside:
        with pytest.raises(UsageError, match=f"^{name} must be "):
            make(**{name: value})


def test_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="check the name given to --config"):
        load_options(tmp_path / "nowhere.toml")
