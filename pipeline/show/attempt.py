"""One call of `taosha clean`, for schedulers: how it ended, in the file of `--metrics`, and with `--json` on standard output.

The rule of this file: it tells of a failure and never becomes one. What is there under the name and is not ours stays, and what
is said there of the last call that ended well stays beside what is said of this one.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import UsageError
from pipeline.show.failure import Failure

if TYPE_CHECKING:
    from pipeline.show.metrics import Ending

__all__ = ["Attempt", "open_attempt", "the_attempt"]


class Attempt:
    """A call, of which little is known at first: what its words look like, before anything is parsed."""

    def __init__(self, *, output: str = "", metrics: str = "", as_json: bool = False, run: str = "") -> None:
        self._begun = time.monotonic()
        self._target: Path | None = None        # once it is known what it replaces
        self.describe(output=output, metrics=metrics, as_json=as_json, run=run)

    def describe(self, *, output: str, metrics: str, as_json: bool, run: str) -> None:
        """Say what the call is. `metrics` is the file to write, empty for none."""
        from pipeline.show.log import is_run_id

        self.output, self.metrics, self.as_json = output, metrics, as_json and output != "-"
        self._run = run if is_run_id(run) else ""

    def find_target(self, find: Callable[[], Path]) -> None:
        """Find the file to write. Where it is refused, with a UsageError, nothing is ever written there."""
        try:
            self._target = find()
        except UsageError:
            self.metrics = ""
            raise

    def write_success(self, manifest: Mapping[str, Any], *, seconds: float, unchanged: bool, exit_code: int) -> None:
        """Write the figures of a run, if they are wanted; `seconds` are of the run alone. Raises OutputError."""
        from pipeline.show.metrics import describe_metrics

        if self._target is not None:
            said = describe_metrics(self._end(exit_code), manifest, seconds=seconds, unchanged=unchanged)
            self._write(self._target, said)

    def write_failure(self, failure: Failure) -> None:
        """Write that it failed, and how, where that is wanted and can be; what stands in the way is told, and not raised."""
        from pipeline.show.metrics import describe_attempt, find_kept
        from pipeline.show.terminal import warn

        if not self.metrics:
            return
        try:
            target, old = self._find_ours()
            ending = self._end(failure.exit_code, failure.kind)
            self._write(target, describe_attempt(ending, find_kept(old)))
        except Exception as error:
            if self.metrics not in failure.line:
                warn(f"{self.metrics} does not say that this call failed: {error}")

    def print_failure(self, failure: Failure) -> None:
        """The object that a program reads in place of the manifest."""
        from pipeline.show.terminal import print_json

        if self.as_json:
            self.as_json = False
            print_json({"exit_code": failure.exit_code, "error": failure.kind, "message": failure.line}, indent=True)
            sys.stdout.flush()

    def _find_ours(self) -> tuple[Path, str]:
        """The file, and what it says. Before a call is known to overwrite no input by it, only figures of ours are replaced."""
        from pipeline.corpus.targets import find_metrics_target
        from pipeline.read.reading import read_whole

        target = find_metrics_target(self.metrics, force=self._target is not None)
        old = read_whole(target) if target.exists() else None
        if self._target is None and old == b"":
            raise UsageError("an empty file may be an input")
        return target, "" if old is None else old.decode("utf-8", "replace")

    def _write(self, target: Path, text: str) -> None:
        from pipeline.atomic import open_atomic

        with open_atomic(target) as file:
            file.write(text.encode("utf-8", "replace"))

    def _end(self, exit_code: int, error: str = "") -> Ending:
        from pipeline.show.log import the_log
        from pipeline.show.metrics import Ending

        log = the_log()
        run = self._run or (log.run if log is not None else "")
        return Ending(_find_name(self.output), time.time(), time.monotonic() - self._begun, exit_code, error, run)


def _find_name(output: str) -> str:
    """What a corpus is called whoever asks and wherever from, whether it is there or not; standard output is `-`."""
    if output == "-":
        return output
    is_folder = output.endswith("/") or os.path.isdir(output)
    return os.path.abspath(os.path.join(output, "clean.jsonl") if is_folder else output)


_open: list[Attempt] = []


def the_attempt() -> Attempt | None:
    """The call of `clean` that this process is."""
    return _open[-1] if _open else None


def open_attempt(argv: Sequence[str], usual_output: str) -> None:
    """What a command line looks like before it is parsed: a wrong one is told too."""
    _open.clear()
    words = [*takewhile(lambda word: word != "--", argv)]
    if next((word for word in words if not word.startswith("-")), "") == "clean":
        from pipeline.show.log import find_value

        metrics = "" if "--dry-run" in words else find_value(words, "--metrics")
        _open.append(Attempt(
            output=find_value(words, "-o", "--output") or usual_output, metrics=metrics, as_json="--json" in words,
            run=find_value(words, "--run-id"),
        ))
