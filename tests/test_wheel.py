"""The wheel holds the package as it stands here, and the second name."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.tags import sys_tags
from packaging.utils import parse_wheel_filename

from tests.test_cli import ROOT
from tests.tool import load_tool

_TOOL = load_tool("build_wheel")
PARTS, build_wheel, list_materials = _TOOL.PARTS, _TOOL.build_wheel, _TOOL.list_materials


def test_the_wheel_is_complete(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    source = tmp_path / "source"
    shutil.copytree(ROOT / "pipeline", source / "pipeline", ignore=shutil.ignore_patterns("__pycache__", "*.nb?"))
    (source / "docs").mkdir()
    for name in ("pyproject.toml", "setup.py", "taosha.py", "docs/package.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    build = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=source, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    there = set(zipfile.ZipFile(wheel).namelist())
    wanted = {path.relative_to(source).as_posix() for path in (source / "pipeline").rglob("*") if path.is_file()} | {"taosha.py"}
    assert wanted <= there
    assert not any(name.startswith(("tests/", "tools/", "seeds/")) for name in there)
    (metadata,) = (name for name in there if name.endswith("/METADATA"))
    links = re.findall(r"\]\(([^)]*)\)", zipfile.ZipFile(wheel).read(metadata).decode())
    assert [link for link in links if "://" not in link] == [], "an index of packages has nothing for them to lead to"


def test_the_wheel_is_the_same_bytes_whatever_the_clock_and_the_umask(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    first = build_wheel(tmp_path / "a")
    before = os.umask(0o077)
    try:
        tree = tmp_path / "tree"
        for part in (*PARTS, "requirements.lock"):
            if (ROOT / part).is_dir():
                ignore = shutil.ignore_patterns("__pycache__", "*.nb?")
                shutil.copytree(ROOT / part, tree / part, copy_function=shutil.copyfile, ignore=ignore)
            else:
                (tree / part).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / part, tree / part)       # with other dates and modes
        second = build_wheel(tmp_path / "b", tree)
    finally:
        os.umask(before)
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        record = next(name for name in archive.namelist() if name.endswith("RECORD"))
        for name, digest, size in csv.reader(archive.read(record).decode().splitlines()):
            data = archive.read(name)
            own = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            assert (digest, size) == (("", "") if name == record else (f"sha256={own}", str(len(data))))
        bill = json.loads(archive.read(record.replace("RECORD", "sboms/taosha.cdx.json")))
    assert bill == json.loads((tmp_path / "a" / f"{'-'.join(first.name.split('-')[:2])}.cdx.json").read_bytes())


def test_the_wheel_is_refused_where_this_does_not_run(tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        (about,) = (archive.read(name).decode() for name in archive.namelist() if name.endswith(".dist-info/WHEEL"))
    named = {str(tag) for tag in parse_wheel_filename(wheel.name)[3]}
    assert {line.removeprefix("Tag: ") for line in about.splitlines() if line.startswith("Tag: ")} == named
    for platform, code in {"manylinux_2_17_aarch64": 0, "macosx_11_0_arm64": 0, "win_amd64": 1, "macosx_11_0_x86_64": 1}.items():
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--no-deps", "--only-binary=:all:",
                   "--platform", platform, "--target", str(tmp_path / "there"), str(wheel)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == code, done.stderr
    assert named & set(map(str, sys_tags()))


@pytest.mark.parametrize("code", ["import runpy; runpy.run_path('setup.py')", "from pipeline.__main__ import main; main()"])
def test_windows_is_told_where_this_runs(code: str) -> None:
    """Where it is installed from its source, and where the command is called."""
    command = [sys.executable, "-c", f"import sys, setuptools; sys.platform = 'win32'; {code}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert done.stderr.startswith("taosha")
    assert "on Windows" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_bill_names_what_is_locked_and_what_is_needed() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    bill = list_materials(lock, "taosha", "1")
    assert bill == list_materials(lock, "taosha", "1")
    assert bill["bomFormat"] == "CycloneDX"
    names = {c["name"].lower(): c for c in bill["components"]}
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert {line.split(">")[0] for line in needed} <= set(names)
    assert all(c["properties"] for c in names.values())     # each with digests
    assert lock.count("==") == len(names)



@pytest.mark.skipif(not (ROOT / ".git").exists() or not shutil.which("git"), reason="not a checkout")
def test_the_sdist_is_complete_and_installs(tmp_path: Path) -> None:
    """It holds every file of the repository, and a wheel made of it alone works outside of any checkout."""
    pytest.importorskip("setuptools")
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")[:-1]
    files = [name for name in files if (ROOT / name).is_file()]
    for name in files:
        (tmp_path / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / "source" / name)
    build = "import sys; from setuptools import build_meta as b; getattr(b, sys.argv[1])(sys.argv[2])"
    sdist = [sys.executable, "-c", build, "build_sdist", str(tmp_path)]
    subprocess.run(sdist, cwd=tmp_path / "source", check=True, capture_output=True)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extractall(tmp_path / "unpacked", filter="data")
        else:       # before Python 3.11.4
            archive.extractall(tmp_path / "unpacked")
    (inside,) = (tmp_path / "unpacked").iterdir()
    assert {name for name in files if not (inside / name).is_file()} == set()
    wheel = [sys.executable, "-c", build, "build_wheel", str(tmp_path)]
    subprocess.run(wheel, cwd=inside, check=True, capture_output=True)
    zipfile.ZipFile(next(tmp_path.glob("*.whl"))).extractall(tmp_path / "installed")
    for name in files:
        if name.startswith("pipeline/"):
            assert (tmp_path / "installed" / name).read_bytes() == (ROOT / name).read_bytes(), name
    program = "import pipeline, taosha; print(pipeline.__file__, taosha.Options().near.num_perm)"      # compiles nothing
    said = subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(tmp_path / "installed")},
        check=True, capture_output=True, text=True,
    ).stdout
    assert said.split() == [str(tmp_path / "installed" / "pipeline" / "__init__.py"), "128"]
