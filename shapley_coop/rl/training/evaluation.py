"""How a policy plays: episodes of other seeds, against itself and against rules."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shapley_coop.config.resolve import resolve
from shapley_coop.config.seeds import generator
from shapley_coop.rl.training.imitation.curriculum import DRAWN, GameChoice
from shapley_coop.runs.intervals import wilson
from shapley_coop.runs.store import RunFolder
from shapley_coop.simulation.run import run
from shapley_coop.simulation.worker import open_game

HELD_OUT = 1_000_000
"""Seeds from here on are for evaluation. Training draws its own from another generator."""
ITSELF = "itself"
"""In place of an opponent's name: another seat of the same kind."""


def evaluate(
    seat: str,
    game: str,
    opponent: str,
    *,
    episodes: int,
    runs_dir: Path,
    seed: int = HELD_OUT,
    overrides: Sequence[str] = (),
) -> dict[str, Any]:
    """Return how a model or agent plays a game, with 95 % intervals by Wilson (1927).

    It sits at the first seat, and with `itself` as its opponent at all of them. `forfeits` are
    those of its seats, and `decisions` are of all seats. A game of fixed payoffs is the same
    situation at every seed, so that its intervals tell of draws and not of other situations. A
    parameter of the game written as `*` is drawn for each episode, from other draws than training
    has, and then each episode is a run of its own.

    Args:
        seat: who is looked at, such as `policy:runs/…` or `smollm2`.
        game: the game and its parameters, as `GameChoice` reads them.
        opponent: who sits at all other seats.
        episodes: how many are played.
        runs_dir: where the runs are kept.
        seed: of the first run.
        overrides: other fields, such as `model.temperature=0`.
    """
    folders = play_match(
        seat,
        game,
        opponent,
        episodes=episodes,
        runs_dir=runs_dir,
        seed=seed,
        overrides=overrides,
    )
    return match_figures(folders, seat, game, opponent)


def play_match(
    seat: str,
    game: str,
    opponent: str,
    *,
    episodes: int,
    runs_dir: Path,
    seed: int = HELD_OUT,
    overrides: Sequence[str] = (),
) -> list[RunFolder]:
    """Play a match as `evaluate` does, and return its runs."""
    choice = GameChoice.read(game)
    is_drawn = DRAWN in choice.parameters.values()
    plays = [(seed, episodes)]
    if is_drawn:
        plays = [(seed + number, 1) for number in range(episodes)]
    folders = []
    for own_seed, count in plays:
        table = choice.draw(generator(own_seed, "held-out"))
        raw = _configuration(seat, table, opponent)
        raw["run"] = {"episodes": count, "seed": own_seed}
        folders.append(asyncio.run(run(resolve(raw, overrides), runs_dir)))
    return folders


def match_figures(
    folders: Sequence[RunFolder], seat: str, game: str, opponent: str
) -> dict[str, Any]:
    """Return what `evaluate` returns, of runs of one match that were played before.

    Args:
        folders: at least one run.
        seat: who is looked at.
        game: the game that was played.
        opponent: who sat at all other seats.
    """
    config = folders[0].config
    seats = open_game(config.game_id, config.game_parameters).seats
    looked_at = seats if opponent == ITSELF else seats[:1]
    return _figures(folders, looked_at) | {
        "game": game,
        "seat": seat,
        "opponent": opponent,
    }


def _configuration(seat: str, table: dict[str, Any], opponent: str) -> dict[str, Any]:
    """Return who sits where in one game."""
    seats = open_game(table["id"], _parameters(table)).seats
    others = seat if opponent == ITSELF else opponent
    return {"game": table, "agent": others, "seats": {seats[0]: seat}}


def _parameters(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key != "id"}


def evaluate_policy(
    folder: Path, card: Mapping[str, Any], *, episodes: int, runs_dir: Path
) -> dict[str, Any]:
    """Return how a recurrent policy plays its game with itself at other seeds, as `evaluate` does.

    It plays as an ordinary seat of an ordinary run, under the protocol that it was trained under,
    and takes the action that it finds likeliest.

    Args:
        folder: of the policy.
        card: of the policy.
        episodes: how many are played.
        runs_dir: where the run is kept.
    """
    raw: dict[str, Any] = {
        "game": dict(card["game"]),
        "agent": f"policy:{folder}",
        "protocol": dict(card["protocol"]),
        "model": {"temperature": 0},
        "run": {"episodes": episodes, "seed": HELD_OUT},
    }
    run_folder = asyncio.run(run(resolve(raw), runs_dir))
    seats = tuple(card["shape"]["seats"])
    return _figures([run_folder], seats) | {
        "game": card["game"]["id"],
        "seat": f"policy:{folder}",
        "opponent": ITSELF,
    }


def _figures(folders: Sequence[RunFolder], looked_at: Sequence[str]) -> dict[str, Any]:
    episodes = []
    for folder in folders:
        episodes += [play for play in folder.episodes() if play.status == "done"]
    successes = sum(episode.success for episode in episodes)
    forfeits = decisions = safe = seats = 0
    totals = []
    for episode in episodes:
        decisions += episode.decisions
        forfeits += sum(episode.forfeits.get(seat, 0) for seat in looked_at)
        totals.append(sum(episode.payoffs.values()))
        for seat in looked_at:
            is_rational = episode.columns[seat].rational
            if is_rational is not None:
                seats += 1
                safe += is_rational
    played = len(episodes)
    return {
        "run": folders[0].path.name,
        "runs": [folder.path.name for folder in folders],
        "episodes": played,
        "success": successes / played if played else None,
        "success_interval": wilson(successes, played) if played else None,
        "mean_total": sum(totals) / played if played else None,
        "mean_payoffs": _means(episodes, looked_at),
        "forfeits": forfeits,
        "decisions": decisions,
        "at_or_above_outside": safe / seats if seats else None,
        "outside_interval": wilson(safe, seats) if seats else None,
    }


def _means(episodes: Sequence[Any], seats: Sequence[str]) -> dict[str, float]:
    if not episodes:
        return {}
    return {
        seat: sum(episode.payoffs[seat] for episode in episodes) / len(episodes)
        for seat in seats
    }
