"""The command line: parse, pick, call. The commands are in `pipeline.commands`, one file each.

Exit codes: 0 done; 1 findings (check), or quarantined documents and files left out with --strict; 2 usage; 3 an input cannot
be read; 4 the output cannot be written; 5 an audit does not fit; 6 an index does not fit; 70 a fault of this program;
130 interrupted; 129 or 143 ended from outside (SIGHUP, SIGTERM); 141 the reader of a pipe went away. Of these `check` has 0, 1, 2
and the signals alone: whatever kept it from checking is 2.
"""

from __future__ import annotations

import atexit
import gc
import io
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from pipeline.commands import Given
from pipeline.commands.check import check
from pipeline.commands.clean import clean
from pipeline.commands.compare import compare
from pipeline.commands.diff import diff
from pipeline.commands.explain import explain
from pipeline.commands.index import index
from pipeline.commands.report import report
from pipeline.commands.restore import restore
from pipeline.commands.rule import rule
from pipeline.commands.stats import stats
from pipeline.endings import EndedError, listen, stop_listening
from pipeline.show.attempt import open_attempt, the_attempt
from pipeline.show.failure import PIPE_CLOSED, SIGNALS, UNEXPECTED, USAGE, Failure, describe_failure

__all__ = ["app", "main"]


#: Options of one value of which a second reads as one more. Of the others the last counts, as scripts that add to a line expect.
_ONCE = frozenset({"against", "extend_select", "id", "select", "stages", "where"})


class _Command(TyperCommand):
    """A command that says so where an option would be passed over, because it is there again or has no value."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words behind the name of the command."""
        values, _, order = ({}, [], []) if ctx.resilient_parsing else self.make_parser(ctx).parse_args(list(args))
        for param in order:
            value = values.get(param.name)
            if param.param_type_name == "option" and "" in (value if isinstance(value, list) else [value]):
                ctx.fail(f"{param.opts[0]} is empty, as of a variable that is not set: give it a value, or leave it out")
            if param.name in _ONCE and not param.multiple and order.count(param) > 1:
                ctx.fail(f"{param.opts[0]} is given {order.count(param)} times, and takes one value: give it once")
        return super().parse_args(ctx, args)


class _Commands(TyperGroup):
    """The commands, in the order of a first use; whatever goes wrong in one ends here, as one line and an exit code."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names as `--help` shows them."""
        return list(self.commands)

    def invoke(self, ctx: Any) -> Any:
        """Call the command that was picked."""
        from pipeline.jit import hear, is_known, open_cache
        from pipeline.jit.patterns import keep_patterns, remember_patterns

        debug = bool(ctx.params.get("debug"))
        try:
            with open_cache() as lasting:
                tell = _tell_once(_COMPILES if lasting else _COMPILES_ANEW)
                hear(tell)
                if not lasting and not is_known():
                    tell(0, 0)
                remember_patterns()
                result = super().invoke(ctx)
                keep_patterns()
                sys.stdout.flush()      # here, where an error can still be told
                return result
        except (typer.Exit, typer.Abort):
            raise
        except SystemExit as done:
            raise typer.Exit(_code_of(done)) from None
        except BaseException as error:
            if type(error).__module__.startswith(("typer.", "click.")):     # usage: told by `main`
                raise
            if debug:
                traceback.print_exc()
            raise typer.Exit(_code_for(ctx.invoked_subcommand, _explain(error, ctx.invoked_subcommand))) from error

    def main(
        self, args: Sequence[str] | None = None, prog_name: str | None = None, complete_var: str | None = None,
        standalone_mode: bool = True, windows_expand_args: bool = True, **extra: Any,
    ) -> NoReturn:
        """Parse and call; end with the exit code."""
        from pipeline.show.log import open_log

        words = sys.argv[1:] if args is None else args
        open_log(words)
        open_attempt(words, Given.output)
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            sys.stdout.flush()
            if (number := stop_listening()) and not code:
                raise EndedError(number)
        except SystemExit as done:      # of shell completion, for example
            code = _code_of(done)
        except BaseException as error:
            code = _explain_usage(error) if hasattr(error, "format_message") else _explain(error)
        sys.exit(code or 0)


def _code_for(command: str | None, code: int) -> int:
    """`check` knows findings (1) and what kept it from looking for them (2), as those who call it in a hook or a CI expect."""
    return USAGE if command == "check" and code < SIGNALS else code


def _code_of(done: SystemExit) -> int:
    """The code that a library wants to end with. typer and rich say 1, the code of findings, where the reader of a pipe is gone."""
    if isinstance(done.__context__, BrokenPipeError):
        _drop_output()
        return PIPE_CLOSED
    return done.code if isinstance(done.code, int) else 0 if done.code is None else UNEXPECTED


_COMPILES = "compiling kernels for this machine, which takes up to a minute and is done once"
_COMPILES_ANEW = "compiled code cannot be kept here and is made anew each time; set NUMBA_CACHE_DIR to a folder that can be written"


#: Seconds after which it is said how far that is.
_SIGN = 2.0


def _tell_once(line: str) -> Callable[[int, int], None]:
    """What says one line before something is compiled, and nothing where all of it is there.

    It also says how far that is, but where a run hears it too, which says so itself.
    """
    told: list[float] = []

    def tell(done: int, total: int) -> None:
        from pipeline.jit import hearers
        from pipeline.show.terminal import warn

        now = time.monotonic()
        if not told:
            told.append(now)
            warn(line)
        elif total > 1 and now > told[-1] + _SIGN and hearers() == [tell]:
            told[-1] = now
            warn(f"compiling kernels, {done} of {total}")

    return tell


def _explain(error: BaseException, command: str | None = None) -> int:
    """Say what went wrong in one line on standard error; give the exit code."""
    stop_listening()
    failure = describe_failure(error, command)
    if isinstance(error, OSError) and error.filename in (None, _STANDARD_OUTPUT):
        _drop_output()
    _tell(failure)
    return failure.exit_code


def _tell(failure: Failure) -> None:
    """Tell it to all that want to know. Nothing that goes wrong there is told, for it would hide what went wrong first."""
    with suppress(OSError, ValueError):
        if failure.line and not _log_failure(failure):
            _warn(failure.line)
    if (attempt := the_attempt()) is None:
        return
    try:
        attempt.print_failure(failure)
    except Exception:
        _drop_output()
    with suppress(Exception):
        attempt.write_failure(failure)


def _log_failure(failure: Failure) -> bool:
    """Tell it as the event that ends a run, where events are asked for."""
    from pipeline.show.log import the_log

    if (log := the_log()) is None:
        return False
    log.tell("error", "run-failed", exit_code=failure.exit_code, error=failure.kind, message=failure.line)
    return True


def _warn(line: str) -> None:
    """Say it. What says it well is loaded only now, and where memory or open files ran out, that may be more than there is."""
    try:
        from pipeline.show.terminal import warn
    except Exception:
        sys.stderr.write(f"taosha: {line}\n")
    else:
        warn(line)


def _explain_usage(error: Any) -> int:
    """A wrong command line: what is wrong, and where help is. A command line without any command gets the help itself."""
    if not error.format_message() or type(error).__name__ == "NoArgsIsHelpError":
        error.show()
    else:
        path = error.ctx.command_path if getattr(error, "ctx", None) else "taosha"
        line = f"{error.format_message().replace('Value error, ', '', 1).rstrip('.')} (see `{path} --help`)"
        _tell(Failure(line, int(error.exit_code), "UsageError"))
    return int(error.exit_code)


def _drop_output() -> None:
    """Let what standard output still holds go nowhere: it could not be written, and would fail again when Python ends."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


app = typer.Typer(
    name="taosha", cls=_Commands, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Taosha: Chinese web text in, clean and deduplicated JSONL out, and an account of every character taken away.",
    epilog="Exit codes: 0 done, 1 findings (with --strict: or documents quarantined, or files left out), 2 usage, "
    "3 input unreadable, 4 output not writable, 5 audit does not fit, 6 index does not fit, 70 a fault of this program, "
    "130 interrupted (129 or 143 by a signal), 141 the reader of a pipe went away.",
)
for command in (clean, explain, check, rule, report, stats, restore, compare, diff, index):
    app.command(cls=_Command)(command)


@app.callback(invoke_without_command=True)
def _top(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error, before any command.")] = False,
) -> None:
    if version:
        from pipeline import __version__

        typer.echo(f"taosha {__version__}")
        raise typer.Exit


def _open_streams() -> None:
    """Make the three standard streams such that printing cannot fail for want of a character, and a closed one is an error.

    Where one was closed, the next file to be opened would take its number, and what is printed would go into that file.
    """
    for number, name, flags in ((0, "stdin", os.O_RDONLY), (1, "stdout", os.O_RDONLY), (2, "stderr", os.O_WRONLY)):
        stream = getattr(sys, name)
        if stream is None:
            os.open(os.devnull, flags)      # takes this number; writing to number 1 fails then, as it should
            setattr(sys, name, open(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False))  # noqa: SIM115
        elif number and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    with suppress(OSError, ValueError):     # a caller's own stream has no such number
        if sys.stdout.fileno() == 1:
            said = io.BufferedWriter(_Said(1, "w", closefd=False))
            lines = bool(sys.stdout.line_buffering)
            sys.stdout = io.TextIOWrapper(said, sys.stdout.encoding, "backslashreplace", line_buffering=lines)
    with suppress(OSError, ValueError):
        if sys.stderr.fileno() == 2:
            told = io.BufferedWriter(_Told(2, "w", closefd=False))
            sys.stderr = io.TextIOWrapper(told, sys.stderr.encoding, "backslashreplace", line_buffering=True)


_STANDARD_OUTPUT = "standard output"


class _Said(io.FileIO):
    """Standard output. Python does not say of an error that it was there."""

    def write(self, data: Any) -> int:
        """Write it. Raises OSError that names what cannot be written."""
        try:
            return super().write(data)
        except OSError as error:
            error.filename = _STANDARD_OUTPUT
            raise


class _Told(io.FileIO):
    """Standard error. Whoever listens may go away, or have no room: what is told then goes nowhere, and the work goes on."""

    def write(self, data: Any) -> int:
        """Write it, or let it and all that follows go."""
        try:
            return super().write(data) or len(data)     # None where it would have to wait for who listens
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            return len(data)


def _speak_utf8() -> None:
    """Begin anew in the UTF-8 mode of Python where file names are read in another encoding: a name is its bytes, on every machine.

    What is shown keeps the encoding of the console.
    """
    if sys.getfilesystemencoding().lower() != "utf-8" and not sys.flags.utf8_mode:
        os.environ.setdefault("PYTHONIOENCODING", f"{sys.stdout.encoding if sys.stdout else 'utf-8'}:backslashreplace")
        os.execv(sys.executable, [sys.executable, "-X", "utf8=1", *sys.orig_argv[1:]])


def main() -> None:
    """Entry point of the command `taosha`."""
    _speak_utf8()
    # Modules and tables are many objects and no garbage: Python would look through them 180 times in a run over five pages, 30 ms.
    # The memory of a run over the crawl is the same.
    gc.set_threshold(100_000, 20, 100)
    atexit.register(gc.freeze)      # nor are they when it ends: Python would look through them again, 0.15 s
    listen()
    try:
        _open_streams()
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")      # which looks through every installed package: 60 ms
        app()
    except EndedError as error:     # before the first word of the command line was looked at, or while another was told
        sys.exit(_explain(error))
