"""The command line as a whole: commands under one name, errors to exit codes, nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rich_click as click
from click.exceptions import Exit

from shapley_coop import __version__
from shapley_coop.cli.cache import cache
from shapley_coop.cli.lists import agents, games, models
from shapley_coop.cli.play import play, resume
from shapley_coop.cli.replay import replay
from shapley_coop.cli.report import report
from shapley_coop.cli.value import value


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="shapley-coop")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
@click.pass_context
def app(context: click.Context, debug: bool) -> None:
    """Self-interested agents negotiate, contract and share by measured Shapley value."""
    context.obj = debug


for command in (play, report, resume, replay, value, games, agents, models, cache):
    app.add_command(command)


@contextmanager
def _errors_told(debug: bool) -> Iterator[None]:
    """Turn failures into one line on standard error and an exit code; tracebacks on --debug."""
    from shapley_coop.errors import ShapleyCoopError

    try:
        yield
    except ShapleyCoopError as error:
        if debug:
            raise
        _fail(str(error), error.exit_code)
    except (KeyboardInterrupt, EOFError):
        _fail("stopped; the same command continues the run", 130)
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(0) from None
    except SystemExit as ended:
        # click and rich turn a closed pipe into code 1; whoever reads has had enough.
        if isinstance(ended.__context__, BrokenPipeError):
            raise SystemExit(0) from None
        raise
    except OSError as error:
        if debug:
            raise
        _fail(f"{error.filename or 'a file'}: {error.strerror or error}", 1)
    except Exception as error:  # a fault of ours: say so, and how to see it
        if debug:
            raise
        _fail(
            f"internal error: {type(error).__name__}: {error}; --debug shows where", 1
        )


def _fail(message: str, code: int) -> None:
    from shapley_coop.llm.secrets import redact
    from shapley_coop.records.words import clean

    click.echo(f"error: {clean(redact(message), 2000)}", err=True)
    raise SystemExit(code)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; the entry point of `shapley-coop`."""
    given = sys.argv[1:] if arguments is None else arguments
    sys.path.append(
        str(Path.cwd())
    )  # so that module:attribute finds the user's own files
    command: Callable[..., Any] = app.main
    with _errors_told("--debug" in given):
        try:
            command(args=given, prog_name="shapley-coop", standalone_mode=False)
        except Exit as done:
            raise SystemExit(done.exit_code) from None
        except click.Abort:
            raise KeyboardInterrupt from None
        except click.ClickException as error:
            error.show()
            raise SystemExit(2) from None
