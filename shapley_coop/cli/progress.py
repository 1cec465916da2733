"""What a person sees while waiting: the progress of a run, and weights arriving."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from shapley_coop.config.sections import Config
from shapley_coop.llm import weights
from shapley_coop.records.words import clean
from shapley_coop.runs.store import Event

_DOING = {
    "view": "is thinking",
    "say": "speaks",
    "offer": "makes an offer",
    "sign": "a contract is signed",
    "act": "acts",
    "reward": "the game pays",
    "credit": "credit is measured",
    "forfeit": "gives no usable answer",
}


@contextmanager
def progress(
    config: Config, *, quiet: bool
) -> Iterator[Callable[[Event], None] | None]:
    """Show a bar over episodes with what is happening now, and yield the listener that moves it.

    Nothing is shown where standard error is no terminal, or a person plays and is asked there.
    """
    if quiet or seats_person(config) or not sys.stderr.isatty():
        yield None
        return
    bar = Progress(
        SpinnerColumn(),
        BarColumn(24),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("opening", total=config.run.episodes)
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
    models = {role(spec, config.model.name).model for spec in specs if spec}
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
