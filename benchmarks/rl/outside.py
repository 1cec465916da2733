"""An outside learner on a negotiated game: skrl's IPPO, and its pace beside ours in one run.

    python -m benchmarks.rl.outside --steps 2000

Both learn the same escape room on one thread. A step is one step of the environment, for all seats.
skrl plays one environment of PettingZoo, and ours as many side by side as a course has.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

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
    """Return the game that both learn: ER(2,1) whose pot is divided by Shapley values."""
    game = open_game("escape-room-n", {"seats": 2, "levers": 1})
    protocol = pay_rule("shapley", welfare=0.0).protocol(PROTOCOLS["solo"])
    return NegotiatedGame(game, protocol)


def outside_learner(env: NegotiatedGame, steps: int) -> Any:
    """Train skrl's IPPO on an environment and return its agent."""
    from skrl.envs.wrappers.torch import wrap_env
    from skrl.memories.torch import RandomMemory
    from skrl.models.torch import CategoricalMixin, DeterministicMixin, Model
    from skrl.multi_agents.torch.base import ExperimentCfg
    from skrl.multi_agents.torch.ippo import IPPO, IPPO_CFG
    from skrl.trainers.torch import SequentialTrainer
    from skrl.utils.spaces.torch import unflatten_tensorized_space

    class Policy(CategoricalMixin, Model):
        """A policy that knows which actions are legal."""

        def __init__(self, seen: Any, actions: Any) -> None:
            Model.__init__(
                self, observation_space=seen, action_space=actions, device="cpu"
            )
            CategoricalMixin.__init__(self, unnormalized_log_prob=True)
            width = seen["observation"].shape[0]
            self.net = nn.Sequential(
                nn.Linear(width, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, actions.n)
            )

        def compute(self, inputs: Any, role: str = "") -> Any:
            parts = unflatten_tensorized_space(
                self.observation_space, inputs["observations"]
            )
            logits = self.net(parts["observation"].float())
            return logits.masked_fill(parts["action_mask"] == 0, -1e9), {}

    class Value(DeterministicMixin, Model):
        """A critic."""

        def __init__(self, seen: Any, actions: Any) -> None:
            Model.__init__(
                self, observation_space=seen, action_space=actions, device="cpu"
            )
            DeterministicMixin.__init__(self)
            width = seen["observation"].shape[0]
            self.net = nn.Sequential(
                nn.Linear(width, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 1)
            )

        def compute(self, inputs: Any, role: str = "") -> Any:
            parts = unflatten_tensorized_space(
                self.observation_space, inputs["observations"]
            )
            return self.net(parts["observation"].float()), {}

    wrapped = wrap_env(env, wrapper="pettingzoo", verbose=False)
    models, memories = {}, {}
    for seat in env.possible_agents:
        spaces = (env.observation_space(seat), env.action_space(seat))
        models[seat] = {"policy": Policy(*spaces), "value": Value(*spaces)}
        memories[seat] = RandomMemory(memory_size=128, num_envs=1, device="cpu")
    # skrl takes an empty table for one that lacks its agents, so each of them has an empty one.
    nothing: dict[str, Any] = {seat: {} for seat in env.possible_agents}
    settings = IPPO_CFG(
        rollouts=128,
        learning_epochs=4,
        mini_batches=2,
        learning_rate=3e-3,
        learning_rate_scheduler_kwargs=nothing,
        observation_preprocessor_kwargs=nothing,
        state_preprocessor_kwargs=nothing,
        value_preprocessor_kwargs=nothing,
        discount_factor=1.0,
        entropy_loss_scale=0.01,
        experiment=ExperimentCfg(write_interval=0, checkpoint_interval=0),
    )
    agent = IPPO(
        possible_agents=env.possible_agents,
        models=models,
        memories=memories,
        observation_spaces=env.observation_spaces,
        state_spaces=wrapped.state_spaces,
        action_spaces=env.action_spaces,
        device="cpu",
        cfg=settings,
    )
    trainer = SequentialTrainer(
        env=wrapped,
        agents=agent,
        cfg={
            "timesteps": steps,
            "disable_progressbar": True,
            "headless": True,
            "close_environment_at_exit": False,
        },
    )
    trainer.train()
    return agent


def greedy_total(env: NegotiatedGame, agent: Any) -> float:
    """Return the total of one episode in which an outside agent takes the likeliest actions."""
    from skrl.utils.spaces.torch import flatten_tensorized_space, tensorize_space

    seen, _ = env.reset(seed=1)
    total = 0.0
    while env.agents:
        actions = {}
        for seat in env.agents:
            space = env.observation_space(seat)
            flat = flatten_tensorized_space(tensorize_space(space, seen[seat]))
            logits, _ = agent.policies[seat].compute({"observations": flat})
            actions[seat] = int(logits.argmax())
        seen, rewards, _, _, _ = env.step(actions)
        total += sum(rewards.values())
    return total


def own_pace(episodes: int) -> Pace:
    """Train our PPO for some episodes and return its pace."""
    env = room()
    settings = PpoSettings(episodes=episodes)
    envs = [room() for _ in range(settings.side_by_side)]
    shape = PolicyShape(
        tuple(env.possible_agents), env.width, env.actions, hidden=HIDDEN
    )
    steps = 0

    with tempfile.TemporaryDirectory() as place:
        learner = PpoLearner(
            shape.network(),
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
    options = parser.parse_args()
    torch.set_num_threads(1)
    began = time.perf_counter()
    agent = outside_learner(room(), options.steps)
    outside = Pace("skrl IPPO", options.steps, time.perf_counter() - began)
    print("| learner | steps | seconds | steps a second |")
    print("|---|---|---|---|")
    for pace in (outside, own_pace(options.episodes)):
        print(
            f"| {pace.learner} | {pace.steps} | {pace.seconds:.1f} | {pace.per_second:.0f} |"
        )
    print(f"skrl then plays greedily to a total of {greedy_total(room(), agent):.2f}")


if __name__ == "__main__":
    main()
