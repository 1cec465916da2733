"""The command `view`: a local server that shows runs in a browser."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from shapley_coop.cli.options import as_json
from shapley_coop.cli.view.json import print_json
from shapley_coop.errors import ConfigError
from shapley_coop.runs import RUNS_DIR

if TYPE_CHECKING:
    from shapley_coop.runs.store import RunFolder
    from shapley_coop.runs.view.forks import ForkOptions, ForkRow

LOOPBACK = "127.0.0.1"


@click.command()
@click.argument(
    "runs", default=RUNS_DIR, type=click.Path(path_type=Path, file_okay=False)
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="0 takes any free one.",
)
@click.option(
    "--host",
    default=LOOPBACK,
    show_default=True,
    help="Another address lets others on its network read these runs.",
)
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@as_json
def view(runs: Path, port: int, host: str, no_browser: bool, as_json: bool) -> None:
    """Show the runs in the folder RUNS in a browser: lists, reports, live runs, forks.

    The address is printed first. Ctrl-C ends the server.
    """
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"view needs {' and '.join(missing)}: pip install 'shapley-coop[view]'"
        )
    import uvicorn

    from shapley_coop.runs.report.html import pictures
    from shapley_coop.runs.view.server import application

    pictures.require_available()
    with _listen(host, port) as listener:
        taken = listener.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{taken}/"
        if as_json:
            print_json({"address": address})
        else:
            click.echo(address)
        if not no_browser:
            click.launch(address)
        names = ["127.0.0.1", "localhost", "[::1]"]
        # Whoever serves to a network is asked under names that nobody here knows.
        hosts = names if host in {LOOPBACK, "localhost", "::1"} else ["*"]
        config = uvicorn.Config(
            application(runs, RecordedForks(), hosts),
            log_level="warning",
            access_log=False,
        )
        uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, so that the address is known before it is printed."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"cannot listen at {host} port {port}: {error.strerror or error}; "
            "choose another port, or 0 for any free one",
            field="port",
        ) from error
    listener.listen()
    return listener


class RecordedForks:
    """Forks of recorded episodes, for the pages of the server."""

    def choices(self, run: RunFolder, at: str) -> list[ForkOptions]:
        """Return what every seat can be set to at a step."""
        from shapley_coop.runs.view.forks import ForkOptions
        from shapley_coop.simulation.forks.changes import UNSIGNED
        from shapley_coop.simulation.forks.fork import choices

        rows = []
        for seat, taken, others, signs in choices(run, at):
            values = (*others, UNSIGNED) if signs else others
            rows.append(ForkOptions(seat, taken, values))
        return rows

    def rows(self, run: RunFolder, at: str, changes: Sequence[str]) -> list[ForkRow]:
        """Return what a fork changes for each seat, as texts."""
        from shapley_coop.records.words import clean, number
        from shapley_coop.runs.view.forks import ForkRow
        from shapley_coop.simulation.forks.fork import fork

        result = fork(run, at, changes)
        rows = []
        for seat, change in result.difference.items():
            before, after = result.before.payoffs[seat], result.after.payoffs[seat]
            difference = number(change.mean, sign=True)
            if change.interval is not None and result.pairs > 1:
                low, high = change.interval
                difference += (
                    f" ({number(low)} to {number(high)}, {result.pairs} pairs)"
                )
            rows.append(
                ForkRow(clean(seat, 60), number(before), number(after), difference)
            )
        return rows
