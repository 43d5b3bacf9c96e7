"""A share of all faults of all small runs; `make chaos` tries every one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: One call in so many: about 150 of 14,000 faults, some 40 CPU seconds.
EVERY = 90


@pytest.mark.skipif(sys.platform != "linux", reason="forks a process with threads")
def test_the_laws_hold_after_faults() -> None:
    command = [sys.executable, "-m", "tests.chaos", "--every", str(EVERY), "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
