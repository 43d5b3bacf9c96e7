"""Which files are new: those that git says have changed since the branch left a revision, and those it does not know yet."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass

from pipeline.errors import UsageError

__all__ = ["Changed", "find_changed"]


@dataclass(frozen=True, slots=True)
class Changed:
    """What git says has changed: the top folder of its repository, and real paths of files in it."""

    top: str
    files: frozenset[str]

    def __contains__(self, path: str) -> bool:
        """Whether a file is new; what git knows nothing of is: standard input, an address, a file outside the repository."""
        if not path or "://" in path:
            return True
        real = os.path.realpath(path)
        return real in self.files or os.path.commonpath((self.top, real)) != self.top


def find_changed(revision: str) -> Changed:
    """The files that were added or changed since the last commit that this branch shares with `revision`.

    The working tree counts, committed or not, but for what .gitignore names. Raises UsageError where there is no git, no
    repository, or no such revision.
    """
    top = os.fsdecode(_git("rev-parse", "--show-toplevel")).removesuffix("\n")
    unknown = f"--since: git knows no revision {revision!r}"
    _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", wrong=unknown)
    apart = f"--since: {revision!r} and this branch share no commit"
    shared = os.fsdecode(_git("merge-base", revision, "HEAD", wrong=apart)).strip()
    changed = _git("-C", top, "diff", "--name-only", "--diff-filter=d", "--no-renames", "-z", shared, "--")
    added = _git("-C", top, "ls-files", "--others", "--exclude-standard", "-z")
    names = [os.fsdecode(name) for name in (changed + added).split(b"\0") if name]
    return Changed(os.path.realpath(top), frozenset(os.path.realpath(os.path.join(top, name)) for name in names))


def _git(*arguments: str, wrong: str = "") -> bytes:
    try:
        done = subprocess.run(("git", *arguments), capture_output=True, check=False)
    except OSError as error:
        raise UsageError(f"--since needs git: {error.strerror}") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise UsageError(wrong or f"--since: git says {said!r}")
    return done.stdout
