"""The work folders of runs beside their output, and whether one of them was killed while its files were put in place."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline import world

__all__ = ["COMMIT", "MARK", "NEW", "find_pending", "find_work_folders"]

#: In a work folder: what says that it is ours, the list of files to put in place, and the folder that they lie in.
MARK, COMMIT, NEW = "taosha-work", "commit.json", "new"
_WORK = re.compile(r"\.taosha-[0-9a-f]{16}")      # fixed length: linear


def find_work_folders(folder: Path) -> list[Path]:
    """The work folders of runs in a folder: ours by name and by mark. A link is none."""
    try:
        found = [path for path in world.list_folder(folder) if _WORK.fullmatch(path.name) and not path.is_symlink()]
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []
    return [path for path in found if (path / MARK).is_file()]


def find_pending(folder: Path) -> Path | None:
    """The work folder of a run that was killed while its files were put in place, if there is one."""
    return next((path for path in find_work_folders(folder) if (path / COMMIT).is_file()), None)
