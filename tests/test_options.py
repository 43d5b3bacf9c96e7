"""taosha.toml: what is right is taken, what is wrong is named with its file, table and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.options import Options, load_options


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
    ],
)
def test_errors_name_the_place(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as info:
        load_options(write(tmp_path, text))
    assert "taosha.toml" in str(info.value)


def test_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="check the name given to --config"):
        load_options(tmp_path / "nowhere.toml")
