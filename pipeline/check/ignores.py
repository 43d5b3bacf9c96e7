"""What may be: lines of `.taosha-ignore` beside the documents, each with the rules it silences and the reason why.

    # a name or a pattern of names, rules, and after ` # ` the reason, which must be there
    2019 年报.txt   TS302   # the second edition, both are wanted
    reprints/*.txt  TS3     # this folder holds reprints

Where a name begins or ends with a blank, ends with a comma, or holds `#`, these stand in brackets: `[#]1.txt`, `a [#] b.txt`.
Names are relative to the folder of the file, and hold for records of a file too (`pages.jsonl#17`, or all: `pages.jsonl`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from pipeline import world
from pipeline.atomic import open_atomic
from pipeline.check.findings import CheckResult, Finding, Place
from pipeline.check.rules import RULES, choose_rules
from pipeline.errors import UsageError
from pipeline.read.paths import show_name

__all__ = ["FILE", "add_ignores", "silence"]

FILE = ".taosha-ignore"


@dataclass(slots=True)
class _Line:
    """One line of an ignore file."""

    file: Path
    number: int
    pattern: str
    rules: frozenset[str]
    used: set[str] = field(default_factory=set)

    def matches(self, path: str, id: str) -> bool:
        """Whether it is about a document of a file."""
        return self.matches_any(path, (id,))

    def matches_any(self, path: str, ids: Iterable[str]) -> bool:
        """Whether it is about a file, or about a record of it."""
        name = os.path.relpath(path, self.file.parent)
        return fnmatchcase(name, self.pattern) or any(id and fnmatchcase(f"{name}#{id}", self.pattern) for id in ids)


@dataclass(slots=True)
class _Lines:
    """The lines of ignore files, each file read once."""

    files: dict[Path, list[_Line]] = field(default_factory=dict)
    folders: dict[str, list[_Line]] = field(default_factory=dict)

    def find(self, path: str) -> list[_Line]:
        """The lines of the ignore files of a file's folder, and of those above it as far as the current one."""
        if not path:
            return []
        name = os.path.dirname(path)
        if name not in self.folders:
            folder, here = Path(os.path.abspath(name)), Path.cwd()
            above = (one for one in folder.parents if one.is_relative_to(here))
            self.folders[name] = [line for one in (folder, *above) for line in self.read(one / FILE)]
        return self.folders[name]

    def read(self, file: Path) -> list[_Line]:
        """The lines of an ignore file."""
        if file not in self.files:
            self.files[file] = list(_read(file))
        return self.files[file]


def silence(result: CheckResult, on: frozenset[str], judged: Mapping[str, Sequence[str]], named: Iterable[Path] = ()) -> None:
    """Take away the findings that ignore files silence, and tell of lines that silence nothing.

    `judged` are the paths of the files that were judged, with the ids of their records: a line about others may be needed.
    `named` are ignore files that are read anyway, so that a wrong line in one is told.
    """
    lines = _Lines()
    for file in named:
        lines.read(file)
    kept: list[Finding] = []
    for finding in result.findings:
        mine = [line for line in lines.find(finding.place.path) if finding.rule in line.rules]
        mine = [line for line in mine if line.matches(finding.place.path, finding.id)]
        for line in mine:
            line.used.add(finding.rule)
        if mine:
            result.silenced += 1
        else:
            kept.append(finding)
    result.findings = kept
    about: dict[tuple[Path, int], _Line] = {}
    for path, ids in judged.items():
        for line in lines.find(path):
            key = line.file, line.number
            if line.rules & on and not line.used and key not in about and line.matches_any(path, ids):
                about[key] = line
    if "TS105" in on:
        result.findings += [_tell_unused(line) for line in about.values()]


def _tell_unused(line: _Line) -> Finding:
    rules = ",".join(sorted(line.rules)) if len(line.rules) < len(RULES) else "ALL"
    file = os.path.relpath(line.file)
    return Finding("TS105", "note", file, f"`{line.pattern} {rules}` silences nothing here; take it away", Place(file, line.number))


def _read(file: Path) -> Iterator[_Line]:
    for number, line in enumerate(_text_of(file).split("\n"), 1):
        what, _, reason = line.partition(" # ")
        if not what.strip() or what.startswith("#"):
            continue
        pattern, _, rules = what.strip().rpartition(" ")
        if not pattern or not reason.strip():
            how = "write a name, rules, and after ` # ` the reason: `x.txt TS302 # both are wanted`"
            raise UsageError(f"{file}, line {number}: {how}")
        if pattern.rstrip().endswith(","):
            how = "no blanks between rules: `x.txt TS302,TS303 # why`; for a name that ends in a comma write `[,]`"
            raise UsageError(f"{file}, line {number}: {how}")
        try:
            yield _Line(file, number, pattern.strip(), choose_rules(rules.split(",")))
        except UsageError as error:
            raise UsageError(f"{file}, line {number}: {error}") from None


#: A million names of documents.
_MOST_BYTES = 1 << 26


def _text_of(file: Path) -> str:
    """What stands in an ignore file; nothing where there is none."""
    try:
        return world.read(file, _MOST_BYTES).decode("utf-8-sig")     # a name may hold CR, which is no end of a line here
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: cannot be read (no UTF-8)") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})") from error


def add_ignores(findings: Iterable[Finding], reason: str) -> int:
    """Write a line for each document with errors into the ignore file beside it; give how many lines were added.

    Raises UsageError without a reason, OutputError where a file cannot be written.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise UsageError("--add-ignore: say why these findings may be")
    wanted: dict[Path, dict[str, set[str]]] = {}
    for finding in findings:
        if finding.level == "error" and finding.place.path:
            path = Path(finding.place.path)
            name = _escape(path.name) + (f"#{_escape(finding.id)}" if finding.id else "")
            wanted.setdefault(path.parent / FILE, {}).setdefault(name, set()).add(finding.rule)
    for file, lines in wanted.items():
        new = [f"{name} {','.join(sorted(rules))} # {reason}" for name, rules in sorted(lines.items())]
        if wrong := next((line for line in new if "\n" in line), None):
            raise UsageError(f"--add-ignore: a name with a line feed cannot be written: {show_name(wrong)!r}")
        before = _text_of(file)
        with open_atomic(file) as out:
            out.write((before + "\n" * (bool(before) and not before.endswith("\n")) + "\n".join(new) + "\n").encode())
    return sum(map(len, wanted.values()))


def _escape(name: str) -> str:
    """A name as a pattern that matches it alone, and that a line can hold: blanks, marks and commas mean nothing else.

    A byte that is no UTF-8 cannot be written; any character is allowed in its place.
    """
    wild = "".join("?" if "\ud800" <= c <= "\udfff" else f"[{c}]" if c in "*?[#" else c for c in name)
    if wild[:1].isspace() or wild.startswith("\ufeff"):
        wild = f"[{wild[0]}]{wild[1:]}"
    if wild[-1:].isspace() or wild.endswith(","):
        wild = f"{wild[:-1]}[{wild[-1]}]"
    return wild
