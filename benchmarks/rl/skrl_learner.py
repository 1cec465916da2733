"""IPPO and MAPPO of skrl on a negotiated game, with the masks and the state that the game has.

Both are PPO for each seat. The critic of IPPO sees what its seat sees, that of MAPPO what all see
(Yu et al. 2022, arXiv 2103.01955).
"""

from __future__ import annotations

from typing import Any

from skrl.envs.wrappers.torch import wrap_env
from skrl.memories.torch import RandomMemory
from skrl.models.torch import CategoricalMixin, DeterministicMixin, Model
from skrl.multi_agents.torch.base import ExperimentCfg
from skrl.multi_agents.torch.ippo import IPPO, IPPO_CFG
from skrl.multi_agents.torch.mappo import MAPPO, MAPPO_CFG
from skrl.trainers.torch import SequentialTrainer
from skrl.utils.spaces.torch import (
    flatten_tensorized_space,
    tensorize_space,
    unflatten_tensorized_space,
)
from torch import nn

from shapley_coop.negotiation import NegotiatedGame

HIDDEN = 64
ROLLOUT = 128
"""Steps between two updates."""
METHODS = {"ippo": (IPPO, IPPO_CFG), "mappo": (MAPPO, MAPPO_CFG)}


class Policy(CategoricalMixin, Model):
    """A policy that knows which actions are legal."""

    def __init__(self, seen: Any, actions: Any) -> None:
        Model.__init__(self, observation_space=seen, action_space=actions, device="cpu")
        CategoricalMixin.__init__(self, unnormalized_log_prob=True)
        self.net = _layers(seen["observation"].shape[0], actions.n)

    def compute(self, inputs: Any, role: str = "") -> Any:
        parts = unflatten_tensorized_space(
            self.observation_space, inputs["observations"]
        )
        logits = self.net(parts["observation"].float())
        return logits.masked_fill(parts["action_mask"] == 0, -1e9), {}


class OwnValue(DeterministicMixin, Model):
    """A critic that sees what its seat sees."""

    def __init__(self, seen: Any, actions: Any) -> None:
        Model.__init__(self, observation_space=seen, action_space=actions, device="cpu")
        DeterministicMixin.__init__(self)
        self.net = _layers(seen["observation"].shape[0], 1)

    def compute(self, inputs: Any, role: str = "") -> Any:
        parts = unflatten_tensorized_space(
            self.observation_space, inputs["observations"]
        )
        return self.net(parts["observation"].float()), {}


class CentralValue(DeterministicMixin, Model):
    """A critic that sees what all see, which is the state of the game."""

    def __init__(self, state: Any, actions: Any) -> None:
        Model.__init__(self, state_space=state, action_space=actions, device="cpu")
        DeterministicMixin.__init__(self)
        self.net = _layers(state.shape[0], 1)

    def compute(self, inputs: Any, role: str = "") -> Any:
        return self.net(inputs["states"].float()), {}


def skrl_learner(env: NegotiatedGame, method: str, steps: int) -> Any:
    """Train a method of skrl on an environment and return its agent."""
    kind, settings_kind = METHODS[method]
    wrapped = wrap_env(env, wrapper="pettingzoo", verbose=False)
    models, memories = {}, {}
    for seat in env.possible_agents:
        seen, actions = env.observation_space(seat), env.action_space(seat)
        if method == "mappo":
            value: Any = CentralValue(env.state_space, actions)
        else:
            value = OwnValue(seen, actions)
        models[seat] = {"policy": Policy(seen, actions), "value": value}
        memories[seat] = RandomMemory(memory_size=ROLLOUT, num_envs=1, device="cpu")
    agent = kind(
        possible_agents=env.possible_agents,
        models=models,
        memories=memories,
        observation_spaces=env.observation_spaces,
        state_spaces=wrapped.state_spaces,
        action_spaces=env.action_spaces,
        device="cpu",
        cfg=_settings(settings_kind, env.possible_agents),
    )
    course = {
        "timesteps": steps,
        "disable_progressbar": True,
        "headless": True,
        "close_environment_at_exit": False,
    }
    SequentialTrainer(env=wrapped, agents=agent, cfg=course).train()
    return agent


def greedy_total(env: NegotiatedGame, agent: Any) -> float:
    """Return the total of one episode in which an outside agent takes the likeliest actions."""
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


def _layers(width: int, out: int) -> nn.Module:
    return nn.Sequential(nn.Linear(width, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, out))


def _settings(kind: Any, seats: list[str]) -> Any:
    # skrl takes an empty table for one that lacks its agents, so each of them has an empty one.
    nothing: dict[str, Any] = {seat: {} for seat in seats}
    return kind(
        rollouts=ROLLOUT,
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
