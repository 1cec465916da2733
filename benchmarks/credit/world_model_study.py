"""What a language model knows of its world: format and F1 of its claims over episodes of a game.

    OMP_NUM_THREADS=1 python -m benchmarks.credit.world_model_study

Plays the same episodes in every way to reason, by the model and by answers drawn at random from
the same schema, and holds what was said against the game's facts. In tags claims are free text, so
that only the format is measured; `--judge MODEL` scores them too.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from statistics import fmean

import numpy as np

from shapley_coop.config import Config, resolve
from shapley_coop.rl.credit.world_model import FactRule, facts_score
from shapley_coop.rl.episodes import trajectories
from shapley_coop.rl.reasoning import TurnReward, witnessed
from shapley_coop.rl.shaping import Shaping, shape, turns_of
from shapley_coop.run import make_game, run

MODES = ("free", "none", "state", "transition", "world-model")


def main() -> None:
    given = _arguments()
    print(
        f"{given.game}, {given.episodes} episodes, {given.rounds} rounds; 95 % bootstrap intervals"
    )
    print(
        "| model | wire | reasoning | turns | well formed | state F1 | prediction F1 | charged | s |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for model in ("scripted", given.model):
            for wire in ("json", "tags") if model == given.model else ("json",):
                for mode in MODES:
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
    read.add_argument("--episodes", type=int, default=20)
    read.add_argument("--rounds", type=int, default=2)
    return read.parse_args()


def _config(given: argparse.Namespace, model: str, wire: str, mode: str) -> Config:
    return resolve(
        {
            "game": {"id": given.game, "rounds": given.rounds},
            "protocol": "solo",
            "model": {"name": model, "wire": wire, "reasoning": mode},
            "run": {"episodes": given.episodes},
        }
    )


def _row(given: argparse.Namespace, config: Config, folder: Path) -> None:
    began = time.perf_counter()
    played = asyncio.run(run(config, folder))
    seconds = time.perf_counter() - began
    game, episodes = make_game(config), list(played.episodes())
    batch = trajectories(game, episodes)
    turns = turns_of(batch, game)
    rules = config.model
    scored = rules.wire == "json" or rules.reasoning in ("free", "none") or given.judge
    if scored:
        world = Shaping(reward="world-model", judge=given.judge)
        rewards = list(asyncio.run(shape(played, game, episodes, batch, world)).rewards.values())
        formed = len(rewards)
    else:
        rewards = []
        acts = [e["data"] for e in played.events() if e["kind"] == "act"]
        formed = sum(act.get("thought", {}).get("attempts") == 1 for act in acts)
    cells = [
        _share(formed, len(turns)),
        _mean([r.state_f1 for r in rewards]),
        _mean([r.prediction_f1 for r in rewards]),
        _charged(rewards),
    ]
    head = f"| {rules.name} | {rules.wire} | {rules.reasoning} | {len(turns)} | "
    print(head + " | ".join(cells) + f" | {seconds:.0f} |", flush=True)


def _share(count: int, of: int) -> str:
    return _interval(np.repeat([1.0, 0.0], [count, of - count]))


def _mean(scores: list[float | None]) -> str:
    known = [score for score in scores if score is not None]
    return _interval(np.array(known)) if known else "-"


def _charged(rewards: list[TurnReward]) -> str:
    claimed = [r for r in rewards if r.state_f1 is not None or r.prediction_f1 is not None]
    return f"{fmean(r.penalty > 0 for r in claimed):.2f}" if claimed else "-"


def _interval(x: np.ndarray) -> str:
    rng = np.random.default_rng(0)
    means = rng.choice(x, (2000, len(x))).mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return f"{x.mean():.3f} [{low:.3f}, {high:.3f}]"


def _persistence(config: Config) -> tuple[float, float]:
    """Return the mean prediction F1 of saying that nothing changes, and of saying nothing."""
    game = make_game(config)
    with tempfile.TemporaryDirectory() as folder:
        quiet = config.model_copy(update={"agent": "random"})
        episodes = list(asyncio.run(run(quiet, Path(folder))).episodes())
    seen = witnessed(game, episodes).values()
    rule = FactRule()
    return (
        fmean(facts_score(s.after, s.before, rule) for s in seen),
        fmean(facts_score(s.after, (), rule) for s in seen),
    )


if __name__ == "__main__":
    main()
