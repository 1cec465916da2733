"""What a language model knows of its world: format and F1 of its claims over episodes of a game.

    OMP_NUM_THREADS=1 python -m benchmarks.credit.world_model_study

Plays the same episodes in every way to reason, by the model and by answers drawn at random from
the same schema, and holds what was said against the game's facts. Nothing is asked again. In tags
claims are free text, so that only the format is measured; `--judge MODEL` scores them too.
Intervals are bootstrapped over episodes.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean

import numpy as np

from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Config
from shapley_coop.rl.evidence.shaping import Shaping, shape, turns_of
from shapley_coop.rl.evidence.statement_scores import StatementRule, statements_score
from shapley_coop.rl.evidence.world_model import TurnReward, witnesses
from shapley_coop.rl.trajectories.episodes import Turn, invalid_turns, trajectories
from shapley_coop.simulation.run import run
from shapley_coop.simulation.worker import make_game

MODES = {
    "json": ("free", "none", "state", "transition", "world-model"),
    "tags": ("none", "world-model"),
}


def main() -> None:
    given = _arguments()
    print(f"{given.game}, {given.episodes} episodes of {given.rounds} rounds")
    print(
        "| model | wire | reasoning | turns | well formed | state F1 | prediction F1 | repeated |"
    )
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for model in ("scripted", given.model):
            for wire in ("json", "tags") if model == given.model else ("json",):
                for mode in MODES[wire]:
                    _row(given, _config(given, model, wire, mode), Path(folder))
    still, none = _persistence(_config(given, given.model, "json", "state"))
    print(
        f"\nPredicting that nothing changes scores {still:.3f}; claiming nothing scores {none:.3f}."
    )


def _arguments() -> argparse.Namespace:
    read = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    read.add_argument("--game", default="escape-room")
    read.add_argument("--model", default="smollm2")
    read.add_argument("--judge", default="")
    read.add_argument("--episodes", type=int, default=8)
    read.add_argument("--rounds", type=int, default=2)
    return read.parse_args()


def _config(given: argparse.Namespace, model: str, wire: str, mode: str) -> Config:
    return resolve(
        {
            "game": {"id": given.game, "rounds": given.rounds},
            "protocol": "solo",
            "model": {"name": model, "wire": wire, "reasoning": mode, "repairs": 0},
            "run": {"episodes": given.episodes},
        }
    )


def _row(given: argparse.Namespace, config: Config, folder: Path) -> None:
    played = asyncio.run(run(config, folder))
    game, episodes = make_game(config), list(played.episodes())
    batch = trajectories(game, episodes)
    turns = turns_of(batch, game)
    rules = config.model
    rewards: Mapping[Turn, TurnReward] = {}
    if rules.wire == "json" or given.judge:
        world = Shaping(reward="world-model", judge=given.judge)
        rewards = asyncio.run(shape(played, game, episodes, batch, world)).rewards
        formed = set(rewards)
    else:
        formed = set(turns) - invalid_turns(played)
    cells = [
        _interval({turn: float(turn in formed) for turn in turns}),
        _interval({turn: reward.state_f1 for turn, reward in rewards.items()}),
        _interval({turn: reward.prediction_f1 for turn, reward in rewards.items()}),
        _interval(
            {turn: float(reward.penalty > 0) for turn, reward in rewards.items()}
        ),
    ]
    head = f"| {rules.name} | {rules.wire} | {rules.reasoning} | {len(turns)} | "
    print(head + " | ".join(cells) + " |", flush=True)


def _interval(x: Mapping[Turn, float | None]) -> str:
    """Return a mean with its interval over episodes. Turns of an episode are not independent."""
    episodes: dict[int, list[float]] = {}
    for turn, value in x.items():
        if value is not None:
            episodes.setdefault(turn.episode, []).append(value)
    if not episodes:
        return "-"
    sums = np.array([(sum(values), len(values)) for values in episodes.values()])
    rng = np.random.default_rng(0)
    drawn = sums[rng.integers(0, len(sums), (2000, len(sums)))].sum(axis=1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], (0.025, 0.975))
    mean = sums[:, 0].sum() / sums[:, 1].sum()
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"


def _persistence(config: Config) -> tuple[float, float]:
    """Return the mean prediction F1 of saying that nothing changes, and of saying nothing."""
    game = make_game(config)
    with tempfile.TemporaryDirectory() as folder:
        quiet = config.model_copy(update={"agent": "random"})
        episodes = list(asyncio.run(run(quiet, Path(folder))).episodes())
    seen = witnesses(game, episodes).values()
    rule = StatementRule()
    return (
        fmean(statements_score(s.after, s.before, rule) for s in seen),
        fmean(statements_score(s.after, (), rule) for s in seen),
    )


if __name__ == "__main__":
    main()
