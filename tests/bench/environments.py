"""Environments of peers: each made once under `.bench`, none of them ours.

The rule of this file: packages are installed one by one, for the pins of several do not fit together, and one that fails spares the
rest. What cannot be installed is said and left out, never an error.
"""

from __future__ import annotations

import json
import os
import subprocess
import venv
from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["make_environment", "run_peer", "write_texts"]

#: Nothing is fetched while a peer runs: what it does not ship counts as not there.
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


def make_environment(home: Path, packages: Sequence[str]) -> Path:
    """Python of the environment `home` with these packages, which is made where it is not there or has others."""
    python, stamp = home / "bin" / "python", home / "installed.txt"
    if stamp.exists() and stamp.read_text() == "\n".join(packages):
        return python
    if not python.exists():
        venv.create(home, with_pip=True)
    failed = []
    for package in packages:
        done = subprocess.run([python, "-m", "pip", "install", "-q", package], capture_output=True, text=True, check=False)
        if done.returncode:
            failed.append(package)
    if failed:
        print(f"  not installed: {', '.join(failed)}")
    stamp.write_text("\n".join(packages))
    return python


def run_peer(python: Path, script: str, name: str, given: Path, work: Path, seconds: float = 3600) -> tuple[str, str]:
    """The last line that a peer's function prints, run by its own Python in the folder `work`; or "" and why there is none."""
    cache = {"HF_HOME": str(work / "hf"), "DATA_JUICER_CACHE_HOME": str(work / "cache"), "HOME": str(work)}
    try:
        done = subprocess.run(
            [python, script, name, str(given)], capture_output=True, text=True, check=False, cwd=work, timeout=seconds,
            env=os.environ | OFFLINE | cache,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", str(error)[:160]
    if done.returncode:
        return "", (done.stderr.strip().splitlines() or ["?"])[-1][:160]
    return done.stdout.strip().rpartition("\n")[2], ""


def write_texts(path: Path, texts: Iterable[str]) -> None:
    """Texts as JSON lines, with ids."""
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps({"id": str(n), "text": text}, ensure_ascii=False) + "\n" for n, text in enumerate(texts))
