"""taosha.toml: what is right is taken, what is wrong is named with its file, table and key."""

from __future__ import annotations

import math
import pickle
import tomllib
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.check import ignores
from pipeline.errors import UsageError
from pipeline.options import (
    BoilerplateOptions,
    CheckOptions,
    EncodingOptions,
    NearOptions,
    Options,
    PinyinOptions,
    RepeatsOptions,
    RunOptions,
    ScriptOptions,
    load_check_options,
    load_options,
    load_run_options,
)
from pipeline.read import paths

ROOT = Path(__file__).resolve().parents[1]


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "taosha.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_example_is_the_defaults_and_names_each() -> None:
    example = ROOT / "taosha.example.toml"
    assert load_options(example) == Options()
    named = {table: set(values) for table, values in tomllib.loads(example.read_text("utf-8")).items()}
    assert load_check_options(example) == CheckOptions()
    assert load_run_options(example) == RunOptions()
    apart = {"check": asdict(CheckOptions()), "run": asdict(RunOptions())}
    assert named == {table: set(values) for table, values in (asdict(Options()) | apart).items()}


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
        ("[boilerplate]\nmax_loss = nan\n", "max_loss must be from 0 to 1, not NaN"),
        ("[repeats]\nmin_chars = 0\n", r"\[repeats\]: min_chars must be from 1 to 1,000,000, not 0"),
        ("[near]\nnum_perm = 31\n", r"\[near\]: num_perm must be from 32 to 1,024, not 31"),
        ("[near]\nmemory = 99999999999999999999999999999\n", "memory must be from 1,048,576 to"),
        (f"[near]\nseed = {'9' * 5000}\n", "no TOML"),
        ("[near]\nsources = " + "[" * 5000 + "]" * 5000 + "\n", "nested too deeply"),
        ("[near]\nseed = 1\nseed = 2\n", "no TOML"),
        ("[near]\nmemory = 1000\n", "memory must be from 1,048,576 to .*, not 1000"),
    ],
)
def test_errors_name_the_place(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as info:
        load_options(write(tmp_path, text))
    assert "taosha.toml" in str(info.value)


@pytest.mark.parametrize(
    "make, values, problem",
    [
        (ScriptOptions, {"target": "traditional"}, "target must be one of simplified, .*, not .traditional"),
        (ScriptOptions, {"target": None}, "target must be one of"),
        (PinyinOptions, {"toneless": "yes"}, "toneless must be true or false, not .yes"),
        (PinyinOptions, {"tone": True}, "there is no option 'tone': choose from toneless, lone"),
        (BoilerplateOptions, {"drop": "本站"}, "drop must be a list of strings"),
        (BoilerplateOptions, {"max_loss": "0.5"}, "max_loss must be a number"),
        (NearOptions, {"num_perm": 10**5000}, "num_perm must be from 32 to 1,024"),
        (NearOptions, {"seed": 1.0}, "seed must be a whole number"),
        (NearOptions, {"seed": True}, "seed must be a whole number"),
        (Options, {"script": {"target": "none"}}, "script must be a table"),
    ],
)
def test_python_is_checked_as_toml_is(make: Callable[..., Any], values: dict[str, Any], problem: str) -> None:
    with pytest.raises(UsageError, match=f"^{problem}"):
        make(**values)
    with pytest.raises(UsageError, match=problem):
        replace(make(), **values)


def test_values_without_names_are_checked_too() -> None:
    assert ScriptOptions("none").target == "none"
    with pytest.raises(UsageError, match="target must be one of"):
        ScriptOptions("klingon")    # type: ignore[arg-type]
    with pytest.raises(UsageError, match="and no more"):
        EncodingOptions(True, True, True, True)     # type: ignore[call-arg]


def test_options_are_frozen_and_cross_process_borders() -> None:
    options = Options(boilerplate=BoilerplateOptions(drop=["本站"]))    # type: ignore[arg-type]
    assert options.boilerplate.drop == ("本站",)
    assert pickle.loads(pickle.dumps(options)) == options
    assert hash(options) != hash(Options())
    with pytest.raises(FrozenInstanceError):
        options.script.target = "none"      # type: ignore[misc]


@pytest.mark.parametrize(
    "make, name, low, high",
    [
        (BoilerplateOptions, "max_loss", 0.0, 1.0),
        (RepeatsOptions, "min_chars", 1, 1_000_000),
        (NearOptions, "num_perm", 32, 1024),
        (NearOptions, "seed", 0, 2**32 - 1),
        (NearOptions, "shingle", 2, 16),
        (NearOptions, "memory", 1 << 20, 1 << 50),
    ],
)
def test_ranges(make: Callable[..., Any], name: str, low: float, high: float) -> None:
    assert getattr(make(**{name: low}), name) == low
    assert getattr(make(**{name: high}), name) == high
    for value in (low - 1, high + 1, math.nan, math.inf):
        with pytest.raises(UsageError, match=f"^{name} must be "):
            make(**{name: value})


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="a file that never ends")
def test_a_file_that_never_ends_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="/dev/zero: no TOML: it has more than 1,048,576 bytes"):
        load_options("/dev/zero")
    monkeypatch.setattr(paths, "_MOST_OF_LIST", 1 << 20)
    with pytest.raises(UsageError, match=r"@/dev/zero: the list cannot be read .it has more than 1,048,576 bytes"):
        paths.find_inputs(["@/dev/zero"])
    monkeypatch.setattr(ignores, "_MOST_BYTES", 1 << 20)
    with pytest.raises(UsageError, match=r"/dev/zero: cannot be read .it has more than 1,048,576 bytes"):
        ignores._text_of(Path("/dev/zero"))


def test_a_line_of_a_list_that_is_no_name_is_told(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"a\n" + b"x" * 70_000)
    with pytest.raises(UsageError, match="line 2 is longer than any name"):
        paths.find_inputs([f"@{tmp_path / 'list'}"])


def test_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="check the name given to --config"):
        load_options(tmp_path / "nowhere.toml")
