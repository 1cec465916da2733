"""How a policy plays: episodes of other seeds, against itself and against rules."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shapley_coop.config.game_choice import GameChoice
from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Config
from shapley_coop.config.seeds import generator
from shapley_coop.llm.backends.policy import games_of
from shapley_coop.records.words import count_text
from shapley_coop.rl.policies.recurrent.folder import RECURRENT
from shapley_coop.rl.training.listeners import CoursePace, Tell, tell_nobody
from shapley_coop.runs.outcomes import chance_of
from shapley_coop.runs.statistics.agents import agent_outcome
from shapley_coop.runs.store import Event, RunFolder
from shapley_coop.runs.store.writer import Listener
from shapley_coop.simulation.run import run
from shapley_coop.simulation.worker import open_game

HELD_OUT = 1_000_000
"""Seeds from here on are for evaluation. Training draws its own from another generator."""
ITSELF = "itself"
"""In place of an opponent's name: another seat of the same kind."""


def match_configs(
    agent: str,
    game: GameChoice,
    opponent: str,
    *,
    episodes: int,
    seed: int = HELD_OUT,
    tables: Mapping[str, Any] | None = None,
    overrides: Sequence[str] = (),
) -> list[Config]:
    """Return the runs in which an agent plays a game, at its first seat or with itself at all.

    A parameter of the game that is `*` is drawn for each episode, from other draws than training
    has, and then each episode is a run of its own.

    Args:
        agent: who is looked at, such as `policy:runs/…` or `smollm2`.
        game: where it plays.
        opponent: who sits at all other seats, or `itself`.
        episodes: how many are played.
        seed: of the first episode.
        tables: what the configurations begin with, such as the protocol.
        overrides: other fields, such as `model.temperature=0`.

    Raises:
        ConfigError: there is no such game, or a field that means nothing is set.
    """
    plays = [(seed, episodes)]
    if game.is_drawn:
        plays = [(seed + number, 1) for number in range(episodes)]
    configs = []
    for own_seed, count in plays:
        drawn = game.draw(generator(own_seed, "held-out"))
        seats = open_game(drawn.name, dict(drawn.parameters)).seats
        raw = {
            **(tables or {}),
            "game": drawn.table,
            "agent": agent if opponent == ITSELF else opponent,
            "seats": {seats[0]: agent},
            "run": {"episodes": count, "seed": own_seed},
        }
        configs.append(resolve(raw, overrides))
    return configs


def evaluate(
    agent: str,
    game: str,
    opponent: str,
    *,
    episodes: int,
    runs_dir: Path,
    seed: int = HELD_OUT,
    tables: Mapping[str, Any] | None = None,
    overrides: Sequence[str] = (),
    listen: Listener | None = None,
) -> dict[str, Any]:
    """Return how a model or agent plays a game, as `match_figures` tells it.

    The arguments are those of `play_match`.
    """
    folders = play_match(
        agent,
        game,
        opponent,
        episodes=episodes,
        runs_dir=runs_dir,
        seed=seed,
        tables=tables,
        overrides=overrides,
        listen=listen,
    )
    return match_figures(folders, agent, game, opponent)


def play_match(
    agent: str,
    game: str,
    opponent: str,
    *,
    episodes: int,
    runs_dir: Path,
    seed: int = HELD_OUT,
    tables: Mapping[str, Any] | None = None,
    overrides: Sequence[str] = (),
    listen: Listener | None = None,
) -> list[RunFolder]:
    """Play a match, and return its runs.

    Args:
        agent: who is looked at, such as `policy:runs/…` or `smollm2`.
        game: the game and its parameters, as `GameChoice` reads them.
        opponent: who sits at all other seats, or `itself`.
        episodes: how many are played.
        runs_dir: where the runs are kept.
        seed: of the first episode.
        tables: what the configurations begin with, such as the protocol.
        overrides: other fields, such as `model.temperature=0`.
        listen: takes the events of all runs as they happen.
    """
    configs = match_configs(
        agent,
        GameChoice.read(game),
        opponent,
        episodes=episodes,
        seed=seed,
        tables=tables,
        overrides=overrides,
    )
    return [asyncio.run(run(config, runs_dir, listen=listen)) for config in configs]


def match_figures(
    folders: Sequence[RunFolder], agent: str, game: str, opponent: str
) -> dict[str, Any]:
    """Return how an agent came out in runs of one match, with 95 % intervals.

    Shares are of episodes, with exact intervals (Clopper and Pearson, 1934). A game of fixed
    payoffs is the same situation at every seed, so that its intervals tell of the agent's draws and
    not of other situations. Where nothing was drawn, there is no interval.

    Args:
        folders: the runs, at least one.
        agent: who is looked at.
        game: the game that was played.
        opponent: who sat at all other seats, or `itself`.
    """
    plays = [list(folder.episodes()) for folder in folders]
    # Of several runs each has other seeds. Within one, plays without chance are the same play.
    sample = any(chance_of(episodes) is not False for episodes in plays)
    outcome = agent_outcome(
        [episode for episodes in plays for episode in episodes],
        generator(0, "evaluation", agent, game, opponent),
        has_others=opponent != ITSELF,
        sample=sample or GameChoice.read(game).is_drawn,
    )
    success = outcome.measures["success"]
    rational = outcome.measures["rational"]
    return {
        "game": game,
        "seat": agent,
        "opponent": opponent,
        "run": folders[0].path.name,
        "runs": [folder.path.name for folder in folders],
        "episodes": outcome.episodes,
        "success": success.value,
        "success_interval": success.interval,
        "mean_total": outcome.measures["total"].value,
        "mean_payoffs": dict(outcome.payoffs),
        "forfeits": outcome.forfeits,
        "decisions": outcome.decisions,
        "at_or_above_outside": rational.value,
        "outside_interval": rational.interval,
        "shares": "episodes, by Clopper and Pearson",
        "temperature": folders[0].config.model.temperature,
    }


def evaluate_policy(
    folder: Path,
    card: Mapping[str, Any],
    *,
    episodes: int,
    runs_dir: Path,
    tell: Tell = tell_nobody,
) -> dict[str, Any]:
    """Return how a policy plays with itself, at other seeds, the first game that it learned.

    It plays as an ordinary seat of an ordinary run, under the protocol that it was trained under if
    its card names one. A recurrent policy takes the action that it finds likeliest.

    Args:
        folder: of the policy.
        card: of the policy, which names its games.
        episodes: how many are played.
        runs_dir: where the run is kept.
        tell: is told how far it is.
    """
    tables: dict[str, Any] = {}
    if "protocol" in card:
        tables["protocol"] = dict(card["protocol"])
    if card["kind"] == RECURRENT:
        tables["model"] = {"temperature": 0}
    game = games_of(card)[0]
    # A language model may take minutes for each of them.
    tell(f"playing {count_text(episodes, 'episode')} of {game} to see how it plays")
    pace = CoursePace()
    played = 0

    def listen(event: Event) -> None:
        nonlocal played
        # Credit is the last thing that happens in an episode.
        played += event.kind == "credit"
        if event.kind == "credit" and pace.is_time(played, episodes):
            tell(f"played {played} of {episodes}")

    return evaluate(
        f"policy:{folder}",
        game,
        ITSELF,
        episodes=episodes,
        runs_dir=runs_dir,
        tables=tables,
        listen=listen,
    )
