"""What a person sees while waiting: a run as it is played, and weights arriving."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from shapley_coop.agents.roles import role
from shapley_coop.cli.settings import seats_person
from shapley_coop.cli.view.stream import stream_of, streams
from shapley_coop.config.sections import Config
from shapley_coop.errors import PluginError
from shapley_coop.llm import weights
from shapley_coop.llm.backends.policy import weights_of
from shapley_coop.llm.specs import target
from shapley_coop.records.words import clean
from shapley_coop.runs.store import Event
from shapley_coop.runs.store.writer import Listener
from shapley_coop.simulation.dry_run import samples_of

_DOING = {
    "view": "is thinking",
    "say": "speaks",
    "offer": "makes an offer",
    "sign": "a contract is signed, the seats are thinking",
    "act": "acts",
    "reward": "the game has paid, the seats are thinking",
    "credit": "credit is measured",
    "forfeit": "gives no usable answer",
}


@dataclass
class Watch:
    """What is shown of a run while it is played."""

    listen: Listener | None = None
    """Takes the events. None means that nothing is shown."""
    told: bool = False
    """Whether a transcript was printed, so that a report need not repeat it."""


@contextmanager
def watch(config: Config, *, quiet: bool) -> Iterator[Watch]:
    """Show a run while it is played, and yield what listens to it.

    A single episode is told on standard output, to a terminal and to a pipe alike. Of several,
    a bar on a terminal's standard error shows how many are done. Nothing is shown where a person
    plays, who is asked at the terminal and must not read what others think.
    """
    if quiet or seats_person(config):
        yield Watch()
    elif streams(config):
        with stream_of(config).open() as stream:
            shown = Watch(stream.listen)
            yield shown
        shown.told = stream.told
    elif sys.stderr.isatty():
        with _bar(config.run.episodes) as listen:
            yield Watch(listen)
    else:
        yield Watch()


@contextmanager
def watch_forecast(config: Config, *, quiet: bool) -> Iterator[Listener | None]:
    """Show a bar over the made-up plays of a dry run on a terminal, and yield what moves it."""
    if quiet or not sys.stderr.isatty():
        yield None
    else:
        with _bar(samples_of(config)) as listen:
            yield listen


@contextmanager
def _bar(episodes: int) -> Iterator[Listener]:
    """Show a bar over episodes with what is happening now, and yield what moves it."""
    bar = Progress(
        SpinnerColumn(),
        BarColumn(24),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("opening", total=episodes)
    finished: set[int] = set()

    def listen(event: Event) -> None:
        # Credit is the last thing that happens in an episode.
        if event.kind == "credit":
            finished.add(event.episode)
        seat = clean(event.seat or "", 30)
        activity = _DOING.get(event.kind, event.kind)
        words = f"{seat} {activity}".strip()
        text = escape(f"episode {event.episode}: {words}")
        bar.update(task, completed=len(finished), description=text)

    with bar:
        yield listen


def fetch_weights(config: Config) -> None:
    """Fetch the embedded weights if a seat needs them and they are not here yet."""
    # A file of the user's own takes the place of any weights.
    if config.model.file:
        return
    specs = [config.agent, *config.seats.values(), config.worth.swap]
    models: set[str] = set()
    for spec in specs:
        # What is wrong with a name is told by the run, which knows whom it was given for.
        with suppress(PluginError):
            model = role(spec, config.model.name).model
            if model:
                models.add(weights_of(target(model, config.model)))
    for name in weights.WEIGHTS:
        if name in models and not weights.location(name).is_file():
            pull_weights(name)


def pull_weights(name: str) -> Path:
    """Fetch an embedded model's weights with a bar, and return their path."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(30),
        DownloadColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"{name}: fetching", total=None)

        def advance(count: int, total: int, label: str) -> None:
            text = escape(f"{name}: {label}")
            # A server that does not say how much will come leaves the end open.
            bar.update(task, completed=count, total=total or None, description=text)

        return weights.pull(name, advance)
