"""The wheel holds the package as it stands here, and the second name."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.test_cli import ROOT


def test_the_wheel_is_complete(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    source = tmp_path / "source"
    shutil.copytree(ROOT / "pipeline", source / "pipeline", ignore=shutil.ignore_patterns("__pycache__", "*.nb?"))
    (source / "docs").mkdir()
    for name in ("pyproject.toml", "taosha.py", "docs/package.md", "LICENSE"):
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
        archive.extractall(tmp_path / "unpacked", filter="data")
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
