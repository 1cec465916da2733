"""What a person sees beside the report: progress, weights arriving, credit by seat and turn."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

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
    TransferSpeedColumn,
)

from shapley_coop.agents.cast import role
from shapley_coop.config.sections import Config, Limits
from shapley_coop.errors import PluginError
from shapley_coop.llm import weights
from shapley_coop.records.words import clean
from shapley_coop.runs.store import Event, RunFolder

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


class CreditChoices(NamedTuple):
    """What `report --credit` may be told beside the spec. None means the default."""

    rollouts: int | None
    """Plays from each turn."""
    continue_with: str | None
    """Who plays on from there."""
    reward: str | None
    """What turns are paid."""
    process: str | None
    """Where process rewards come from."""
    judge: str | None
    """The model that judges."""
    limits: Limits
    """What the judge may spend."""


@contextmanager
def progress(
    config: Config, *, quiet: bool
) -> Iterator[Callable[[Event], None] | None]:
    """Show a bar over episodes with what is happening now, and yield the listener that moves it.

    Nothing is shown where standard error is no terminal, or a person plays and is asked there.
    """
    human = "human" in (config.agent, *config.seats.values())
    if quiet or human or not sys.stderr.isatty():
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
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"{name}: fetching", total=None)

        def advance(count: int, total: int, label: str) -> None:
            text = escape(f"{name}: {label}")
            # A server that does not say how much will come leaves the end open.
            bar.update(task, completed=count, total=total or None, description=text)

        return weights.pull(name, advance)


def credit_over_time(
    run: RunFolder,
    spec: str,
    episode: int | None,
    choices: CreditChoices,
    *,
    quiet: bool,
) -> dict[str, Any]:
    """Show which turn of an episode earned what unless `quiet`, and return it as JSON values.

    Raises:
        PluginError: torch, which the methods need, is not installed.
        InputError: the spec, a choice or the episode cannot be used.
    """
    if find_spec("torch") is None:
        raise PluginError(
            "credit over time needs torch; run: pip install 'shapley-coop[rl]'"
        )
    # Only here, since the methods import torch.
    from shapley_coop.rl.evidence.shaping import shaping_of
    from shapley_coop.rl.turn_credit import BranchSampling
    from shapley_coop.rl.turn_report import report_credit

    shaping = shaping_of(choices.reward, choices.process, choices.judge, choices.limits)
    sampling = BranchSampling(choices.rollouts, choices.continue_with)
    console = None if quiet else Console()
    return report_credit(run, spec, episode, console, shaping, sampling)
