"""What the README says is run: every command of its console blocks, and every example of its Python blocks, in both languages."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.zh-CN.md")
PAGES = (*READMES, "docs/start.md", "docs/zh.md")      # whose commands and examples are run
# A fenced block: the fence ends it, and nothing else can, so the lazy run is linear.
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


def blocks(name: str, language: str) -> list[str]:
    text = (ROOT / name).read_text("utf-8")
    return [body for kind, body in BLOCK.findall(text) if kind == language]


def commands(name: str) -> list[tuple[str, str]]:
    """Commands with the output that the README shows under them; `...` alone on a line stands for any lines."""
    out: list[tuple[str, str]] = []
    for block in blocks(name, "console"):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            out.append((command, output.strip("\n")))
    return out


def matches(want: str, got: str) -> bool:
    """Whether an output is as shown: `...` alone on a line stands for any lines, at the end of one for the rest of it."""
    pattern = ""
    for line in want.split("\n"):
        if line == "...":
            pattern += r"(?:.*\n)*"
        elif line.endswith("..."):
            pattern += re.escape(line[:-3]) + r".*\n"
        else:
            pattern += re.escape(line) + r"\n"
    return re.fullmatch(pattern, got + "\n") is not None


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout as far as a user's commands need it, with an output folder of its own."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("pipeline", "seeds", "tests", "Makefile", "README.md", "LICENSE", "pyproject.toml", "requirements.lock",
                 "requirements-dev.lock", ".venv"):
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    (folder / "output").mkdir()
    return folder


@pytest.mark.parametrize("name", PAGES)
def test_console_blocks(name: str, checkout: Path) -> None:
    shown = commands(name)
    assert len(shown) >= (5 if name in READMES else 2)
    outside = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"}     # make may have called us
    environment = outside | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "120"}
    for command, expected in shown:
        if command == "make test":      # this is it
            continue
        # What make sets up is there: it must not be set up again from this folder, which goes.
        command = re.sub(r"^make (?=[a-z])", "make -o .venv/run.stamp -o .venv/dev.stamp ", command)
        done = subprocess.run(
            command, shell=True, capture_output=True, text=True, cwd=checkout, env=environment, timeout=300,
        )
        got = "\n".join(line.rstrip() for line in done.stdout.strip("\n").split("\n"))
        want = "\n".join(line.rstrip() for line in expected.split("\n"))
        assert matches(want, got), f"{name}: $ {command}\n--- shown\n{want}\n--- got\n{got}\n{done.stderr}"


@pytest.mark.parametrize("name", PAGES)
def test_python_blocks(name: str) -> None:
    examples = blocks(name, "python")
    assert examples
    test = doctest.DocTestParser().get_doctest("\n".join(examples), {}, name, name, 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test)
    assert runner.failures == 0


def test_both_readmes_show_the_same_commands() -> None:
    one, other = (blocks(name, "console") for name in READMES)
    assert one == other


@pytest.mark.parametrize("page", [*READMES, *(f"docs/{p.name}" for p in sorted((ROOT / "docs").glob("*.md")))])
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{page}: {target}"


MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "pipeline").rglob("*.py") if re.search(r"^ *>>> ", path.read_text("utf-8"), re.M)
)


@pytest.mark.parametrize("module", MODULES)
def test_doctests(module: str) -> None:
    from importlib import import_module

    result = doctest.testmod(import_module(module))
    assert result.attempted > 0
    assert result.failed == 0


def test_public_names_are_what_all_says() -> None:
    import pipeline

    for name in pipeline.__all__:
        assert getattr(pipeline, name) is not None
    assert {"clean_text", "near_duplicates", "decode", "Options"} <= set(pipeline.__all__)


@pytest.mark.parametrize("lock", sorted(path.name for path in ROOT.glob("requirements*.lock")))
def test_what_is_pinned_installs_on_every_python_that_the_readme_names(lock: str) -> None:
    """A lock is made on one Python, and takes what that one can have: on 3.11.2, which Debian has, nothing could be set up."""
    checked = 0
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^ \\\n]+)", (ROOT / lock).read_text("utf-8"), re.M):
        with suppress(PackageNotFoundError):
            about = metadata(name)
            if about["Version"] == version:     # else it is here for another lock
                wants = SpecifierSet(str(about.json.get("requires_python", "")))
                assert all(wants.contains(python) for python in ("3.11.0", "3.12.0", "3.13.0", "3.14.0")), (name, str(wants))
                checked += 1
    assert checked > 20 or "spark" in lock


def test_no_address_of_a_registry_or_a_machine_in_the_locks() -> None:
    for lock in sorted(path.name for path in ROOT.glob("requirements*.lock")):
        text = (ROOT / lock).read_text("utf-8")
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|file://|--index-url|--find-links", text)
