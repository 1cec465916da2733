"""What a notebook calls: play, open, replay and list, each in one line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from shapley_coop.errors import RunFolderError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.plugins import PluginEntry, describe
from shapley_coop.llm.secrets import load_env
from shapley_coop.records import Seat
from shapley_coop.records.html import frame, html_list, html_table
from shapley_coop.runs import RUNS_DIR
from shapley_coop.runs.store import Difference, RunFolder, locate
from shapley_coop.simulation.arguments import as_path, check_game_name, configure
from shapley_coop.simulation.results import RunResult
from shapley_coop.simulation.run import replay as replay_run
from shapley_coop.simulation.run import run as play_run
from shapley_coop.simulation.threads import run_in_thread
from shapley_coop.simulation.worker import open_game


def play(  # noqa: PLR0913 - what a study sets most often has a name
    game: str,
    *,
    agent: str | None = None,
    seats: Mapping[Seat, str] | None = None,
    protocol: str | Mapping[str, Any] | None = None,
    episodes: int | None = None,
    seed: int | None = None,
    worth: str | None = None,
    model: str | None = None,
    runs_dir: str | Path = RUNS_DIR,
    settings: Mapping[str, Any] | None = None,
) -> RunResult:
    """Play a game and return the run, which shows its own report.

    It plays on an event loop in a thread of its own, so it also works where a loop is running
    already, as in a notebook. An unfinished run of the same configuration is continued.

    Args:
        game: a registered name, or `module:attribute`. A run must be playable again from its
            folder, so a game is named and not handed in.
        agent: who sits at every seat not named in `seats`: an agent, a model, or
            `module:attribute`. None, here and below, means the default of the configuration.
        seats: who sits at a seat, by the name of the seat.
        protocol: a protocol's name, or a table whose `name` picks what it varies.
        episodes: how many episodes are played.
        seed: the seed of the whole run.
        worth: how credit is measured: the name of a worth kind.
        model: the model of language-model seats.
        runs_dir: where the run folder is made.
        settings: any other field of the configuration by its full name, such as
            `{"game.seats": 5, "worth.absence": "idle"}`, or as tables.

    Raises:
        InputError: something cannot be used as it was given.
        LimitReached: a limit of the settings was met; what was played stays in the folder.
        ShapleyCoopError: as its kind says.
    """
    playing = play_async(
        game,
        agent=agent,
        seats=seats,
        protocol=protocol,
        episodes=episodes,
        seed=seed,
        worth=worth,
        model=model,
        runs_dir=runs_dir,
        settings=settings,
    )
    return run_in_thread(playing)


async def play_async(  # noqa: PLR0913 - the arguments of `play`
    game: str,
    *,
    agent: str | None = None,
    seats: Mapping[Seat, str] | None = None,
    protocol: str | Mapping[str, Any] | None = None,
    episodes: int | None = None,
    seed: int | None = None,
    worth: str | None = None,
    model: str | None = None,
    runs_dir: str | Path = RUNS_DIR,
    settings: Mapping[str, Any] | None = None,
) -> RunResult:
    """Play a game on the event loop that is running, and return the run.

    The arguments and errors are those of `play`.
    """
    folder = as_path(runs_dir, field="runs_dir")
    config = configure(
        game,
        {
            "agent": agent,
            "seats": seats,
            "protocol": protocol,
            "run.episodes": episodes,
            "run.seed": seed,
            "worth.kind": worth,
            "model.name": model,
        },
        settings,
    )
    # Keys of providers may lie in a file beside the notebook, as they do for the command line.
    load_env()
    return RunResult(await play_run(config, folder))


def open(path: RunResult | str | Path) -> RunResult:  # noqa: A001 - sc.open reads as open does
    """Return the run in a folder, finished or not.

    Args:
        path: the folder, or the id of a run in the folder `runs`, or one end of its id. A run
            stands for its own folder, which is read again.

    Raises:
        RunFolderError: there is no folder, or it holds no run.
    """
    if isinstance(path, RunResult):
        path = path.path
    name = as_path(path, field="path", error=RunFolderError)
    return RunResult(RunFolder.open(locate(name, RUNS_DIR)))


class ReplayResult(NamedTuple):
    """A run that was played again from its recorded calls."""

    run: RunResult
    difference: Difference | None
    """The first event that differs apart from time, or None."""

    @property
    def identical(self) -> bool:
        """Whether every event is the same apart from time."""
        return self.difference is None

    def _repr_html_(self) -> str:
        verdict = "The replay is identical apart from time."
        if self.difference is not None:
            verdict = f"The replay differs from event {self.difference.number} on."
        # A tuple would show as its fields, among them a whole report as one line.
        return frame(html_list([verdict])) + self.run._repr_html_()


def replay(
    run: RunResult | str | Path, *, runs_dir: str | Path | None = None
) -> ReplayResult:
    """Play a run again from its recorded calls, without a model, and compare every event.

    Args:
        run: a run, or the path of its folder.
        runs_dir: where the replay goes. None means a folder `replays` beside the run.

    Raises:
        RunFolderError: there is no such run.
        ModelError: the run asks something that was not recorded.
    """
    source = run if isinstance(run, RunResult) else open(run)
    target = source.path.parent / "replays"
    if runs_dir is not None:
        target = as_path(runs_dir, field="runs_dir")
    folder, difference = run_in_thread(replay_run(source.folder, target))
    return ReplayResult(RunResult(folder), difference)


def game(name: str, *, render_mode: str | None = None, **parameters: Any) -> Game:
    """Return a game, which is a PettingZoo `ParallelEnv`.

    Args:
        name: a registered name, or `module:attribute`.
        render_mode: what `render` returns: `ansi` for text, `rgb_array` for pixels, None for
            nothing.
        parameters: what the game is made with; `games()` lists what each takes.

    Raises:
        PluginError: there is no such game.
        ConfigError: the game does not take these parameters.
    """
    check_game_name(name)
    return open_game(name, parameters, render_mode=render_mode)


class GameList(tuple[PluginEntry, ...]):
    """The registered games, which a notebook shows as a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        lines = []
        for entry in self:
            lines.append(f"{entry.name}: {entry.about}")
            if entry.parameters:
                lines.append(f"    {entry.parameter_text()}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [(entry.name, entry.about, entry.parameter_text()) for entry in self]
        return frame(html_table(("game", "what it is", "parameters"), rows))


def games() -> GameList:
    """Return every registered game with its parameters. This imports the games."""
    return GameList(describe("games"))
