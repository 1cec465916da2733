"""Outside learners on a negotiated game: IPPO and MAPPO of skrl, their pace beside ours in one run.

    python -m benchmarks.rl.outside --steps 2000 --learners ippo mappo

All learn the same escape room on one thread. A step is one step of the environment, for all seats.
skrl plays one environment of PettingZoo, and ours as many side by side as a course has.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import torch

from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.negotiation import NegotiatedGame
from shapley_coop.rl.assignment.spec import parse_spec
from shapley_coop.rl.policies.recurrent.folder import PolicyShape
from shapley_coop.rl.training.ppo import PpoLearner, PpoSettings
from shapley_coop.rl.training.reinforcement.pays import pay_rule
from shapley_coop.simulation.worker import open_game

HIDDEN = 64


class Pace(NamedTuple):
    """How fast somebody learned."""

    learner: str
    steps: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.steps / self.seconds


def room() -> NegotiatedGame:
    """Return the game that all learn: ER(2,1) whose pot is divided by Shapley values."""
    game = open_game("escape-room-n", {"seats": 2, "levers": 1})
    protocol = pay_rule("shapley", welfare=0.0).protocol(PROTOCOLS["solo"])
    return NegotiatedGame(game, protocol)


def outside_pace(method: str, steps: int) -> tuple[Pace, float]:
    """Train a method of skrl, and return its pace and the total of its greedy play."""
    from benchmarks.rl.skrl_learner import greedy_total, skrl_learner

    # skrl draws its networks and its actions from torch's own generator.
    torch.manual_seed(0)
    began = time.perf_counter()
    agent = skrl_learner(room(), method, steps)
    seconds = time.perf_counter() - began
    return Pace(f"skrl {method.upper()}", steps, seconds), greedy_total(room(), agent)


def own_pace(episodes: int) -> Pace:
    """Train our PPO for some episodes and return its pace."""
    env = room()
    settings = PpoSettings(episodes=episodes)
    envs = [room() for _ in range(settings.side_by_side)]
    shape = PolicyShape(
        tuple(env.possible_agents),
        env.width,
        env.actions,
        hidden=HIDDEN,
        # As `train` has it, and as the learners beside it do.
        networks="seat",
    )
    steps = 0

    with tempfile.TemporaryDirectory() as place:
        learner = PpoLearner(
            shape.network(seed=0),
            envs,
            pay_rule("shapley", welfare=0.0),
            parse_spec("gae"),
            settings,
            seed=0,
            folder=Path(place),
        )
        began = time.perf_counter()

        def count(_progress: Any) -> None:
            nonlocal steps
            steps += sum(len(env.steps) for env in envs)

        learner.train(count)
        return Pace("ours", steps, time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--episodes", type=int, default=1280)
    parser.add_argument(
        "--learners", nargs="+", choices=("ippo", "mappo"), default=["ippo"]
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    outside = [outside_pace(method, options.steps) for method in options.learners]
    rows = [*(pace for pace, _ in outside), own_pace(options.episodes)]
    print("| learner | steps | seconds | steps a second |")
    print("|---|---|---|---|")
    for pace in rows:
        print(
            f"| {pace.learner} | {pace.steps} | {pace.seconds:.1f} | {pace.per_second:.0f} |"
        )
    for pace, total in outside:
        print(f"{pace.learner} then plays greedily to a total of {total:.2f}")


if __name__ == "__main__":
    main()
