"""The command line as a whole: commands under one name, and errors turned into exit codes."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from traceback import format_exception
from types import TracebackType
from typing import Any

import rich_click as click
from click.exceptions import Exit

from shapley_coop.cli.cache import cache
from shapley_coop.cli.compare import compare
from shapley_coop.cli.config import config
from shapley_coop.cli.demo import demo
from shapley_coop.cli.options import hint
from shapley_coop.cli.play import play, resume
from shapley_coop.cli.plugins.check import check
from shapley_coop.cli.plugins.lists import agents, games, models
from shapley_coop.cli.replay import replay
from shapley_coop.cli.report import report
from shapley_coop.cli.runs.export import export
from shapley_coop.cli.runs.fork import fork
from shapley_coop.cli.runs.listing import runs
from shapley_coop.cli.runs.view import view
from shapley_coop.cli.stops import Stop, heed_stops
from shapley_coop.cli.studies.reproduce import reproduce
from shapley_coop.cli.studies.sweep import sweep
from shapley_coop.cli.studies.tournament import tournament
from shapley_coop.cli.swe.command import swe
from shapley_coop.cli.teams.attribute import attribute
from shapley_coop.cli.teams.imports import import_runs
from shapley_coop.cli.teams.lint import lint
from shapley_coop.cli.teams.mcp import mcp
from shapley_coop.cli.training.command import train
from shapley_coop.cli.training.evaluate import evaluate
from shapley_coop.cli.value import value
from shapley_coop.errors import CANCELLED_FROM_WITHIN, AgentError, ShapleyCoopError

DEBUG = "--debug"
"""The option that may stand anywhere on the line."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="shapley-coop", prog_name="shapley-coop")
@click.option(
    DEBUG, is_flag=True, help="Show tracebacks. It may stand anywhere on the line."
)
@click.pass_context
def app(context: click.Context, debug: bool) -> None:
    """Self-interested agents negotiate, contract and share by measured Shapley value."""
    context.obj = debug


# In the order of help: what plays and reads runs comes first, listings come last.
COMMANDS = (
    demo,
    play,
    runs,
    report,
    view,
    compare,
    sweep,
    tournament,
    reproduce,
    resume,
    replay,
    fork,
    export,
    train,
    evaluate,
    value,
    lint,
    mcp,
    attribute,
    import_runs,
    swe,
    config,
    games,
    agents,
    check,
    models,
    cache,
)
for _command in COMMANDS:
    app.add_command(_command)
# Each writes down what it played, and the same command finds it again.
_CONTINUED = (demo, play, sweep, tournament, reproduce, resume, train, evaluate, swe)


@contextmanager
def _errors_as_exit_codes(arguments: Sequence[str], stop: Stop) -> Iterator[None]:
    """Turn a failure into one line on standard error and an exit code.

    With `--debug` the traceback is shown instead. `stop` knows what an interrupt came from.
    """
    debug = DEBUG in arguments
    try:
        yield
    except ShapleyCoopError as error:
        if debug:
            raise
        _fail(f"{error}{hint(error.field, _flags(arguments))}", error.exit_code)
    except (KeyboardInterrupt, EOFError) as stopped:
        _fail(f"stopped; {_what_is_left(stopped, arguments)}", stop.code)
    except BrokenPipeError:
        # Whoever reads our output has had enough, as `head` has. That is no failure.
        sys.stderr.close()
        raise SystemExit(0) from None
    except SystemExit as ending:
        # click and rich turn a closed pipe into code 1.
        if isinstance(ending.__context__, BrokenPipeError):
            raise SystemExit(0) from None
        raise
    except OSError as error:
        if debug:
            raise
        _fail(f"{error.filename or 'a file'}: {error.strerror or error}", 1)
    except Exception as error:
        # Anything else is a fault of ours: say so, and how to see where it lies.
        if debug:
            raise
        what = f"{type(error).__name__}: {error}"
        _fail(f"internal error: {what}; {DEBUG} shows where", 1)


def _what_is_left(stopped: BaseException, arguments: Sequence[str]) -> str:
    """Return what is left of a command that was interrupted."""
    # A command that knows better says so itself.
    if isinstance(stopped, KeyboardInterrupt) and str(stopped):
        return str(stopped)
    # A dry run keeps nothing that could be continued.
    keeps = "--dry-run" not in arguments
    if keeps and _named_command(arguments) in _CONTINUED:
        return "the same command continues the run"
    return "the same command begins anew"


def _debug_first(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with the option for tracebacks in front, where click looks for it."""
    others = [argument for argument in arguments if argument != DEBUG]
    return [DEBUG, *others] if len(others) < len(arguments) else others


def _named_command(arguments: Sequence[str]) -> click.Command | None:
    """Return the command of a command line, None if it names none."""
    for argument in arguments:
        command = app.commands.get(argument)
        if command is not None:
            return command
    return None


def _flags(arguments: Sequence[str]) -> set[str]:
    """Return the flags that the command of a command line takes, and its arguments in capitals."""
    flags: set[str] = set()
    command = _named_command(arguments)
    if command is not None:
        for parameter in command.params:
            flags.update(parameter.opts)
            # Help writes arguments in capitals, and so do errors.
            flags.add(parameter.human_readable_name)
    return flags


def _show_traceback(
    _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
) -> None:
    """Print the traceback of an error that ends the program, keys masked."""
    text = "".join(format_exception(error))
    click.echo(_without_keys(text), err=True, nl=False)


def _without_keys(text: str) -> str:
    from shapley_coop.llm.secrets import redact

    return redact(text)


def _fail(message: str, code: int) -> None:
    from shapley_coop.records.words import clean

    click.echo(f"error: {clean(_without_keys(message), 2000)}", err=True)
    raise SystemExit(code)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line. This is the entry point of `shapley-coop`."""
    arguments = _debug_first(sys.argv[1:] if arguments is None else arguments)
    # With --debug an error passes all that follows, and Python would print it as it is.
    if DEBUG in arguments:
        sys.excepthook = _show_traceback
    # So that module:attribute finds the user's own files.
    sys.path.append(str(Path.cwd()))
    command: Callable[..., Any] = app.main
    with heed_stops() as stop, _errors_as_exit_codes(arguments, stop):
        try:
            command(args=arguments, prog_name="shapley-coop", standalone_mode=False)
        except Exit as ending:
            raise SystemExit(ending.exit_code) from None
        except asyncio.CancelledError as error:
            raise AgentError(CANCELLED_FROM_WITHIN) from error
        except click.Abort as abort:
            # The interrupt that it came from may say what is left.
            origin = abort.__context__
            said = origin.args if isinstance(origin, KeyboardInterrupt) else ()
            raise KeyboardInterrupt(*said) from None
        except click.ClickException as error:
            # A wrong command line is repeated, whatever stands in it.
            shown = io.StringIO()
            error.show(shown)
            click.echo(_without_keys(shown.getvalue()), err=True, nl=False)
            raise SystemExit(2) from None
