"""Compile all listed kernels for a kind of processors into `pipeline/jit/shipped/`, which a wheel that is built then carries.

    python -m tools.ship_kernels [FOLDER]

Not for the repository: a file counts for one Python, one numba and one llvmlite, and each change of a kernel makes it anew.
Whatever does not fit a machine is not looked at there, and compiled as ever. With 1.3 MB a wheel for one Python has no cold start.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.jit.machine import SHIPPED_FOR
from pipeline.jit.shelf import SHIPPED

ROOT = Path(__file__).parents[1]


def ship(folder: Path) -> list[Path]:
    """Fill the folder; give its files."""
    with TemporaryDirectory() as place:
        environment = os.environ | {"NUMBA_CACHE_DIR": place, "NUMBA_CPU_NAME": SHIPPED_FOR, "NUMBA_CPU_FEATURES": ""}
        command = [sys.executable, "-c", "from pipeline.jit.warming import warm; warm()"]
        subprocess.run(command, env=environment, cwd=ROOT, check=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for file in Path(place).rglob("*.kernel"):
            shutil.copy(file, folder)
    return sorted(folder.iterdir())


if __name__ == "__main__":
    made = ship(Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED)
    print(f"{len(made)} kernels for {SHIPPED_FOR}, {sum(file.stat().st_size for file in made):,} bytes")
