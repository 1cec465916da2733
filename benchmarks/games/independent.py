"""Plays PettingZoo environments by PettingZoo's own loops, without the adapter or anything here.

It takes a recorded play and a coalition. Members repeat what they did where that is legal, and
everybody else takes the first legal action. What it says is what the adapter has to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from pettingzoo import AECEnv

Recorded = Sequence[Mapping[str, str]]
"""The action of each seat in each step, as the adapter names it."""


def name_of(agent: Any) -> str:
    """Return the seat of an agent as the adapter names it."""
    parts = agent if isinstance(agent, tuple) else (agent,)
    name = "_".join(map(str, parts))
    return f"agent_{name}" if isinstance(agent, int | np.integer) else name


def legal_numbers(env: Any, agent: Any, observation: Any, info: Any) -> list[int]:
    """Return an agent's legal actions, smallest first."""
    space = env.action_space(agent)
    numbers = list(range(int(space.start), int(space.start + space.n)))
    for source in (observation, info):
        if isinstance(source, Mapping) and source.get("action_mask") is not None:
            return [
                k for k, bit in zip(numbers, source["action_mask"], strict=True) if bit
            ]
    return numbers


def choose(
    recorded: Recorded,
    step: int,
    agent: Any,
    legal: list[int],
    members: frozenset[str],
    spare: int,
) -> int:
    """Return what an agent does."""
    seat = name_of(agent)
    if seat in members and step < len(recorded):
        action = recorded[step][seat]
        if action.startswith("action-"):
            number = int(action.removeprefix("action-"))
            if number in legal:
                return number
    return legal[0] if legal else spare


def total_reward(
    make: Callable[[], Any],
    seed: int,
    recorded: Recorded,
    members: frozenset[str],
    horizon: int,
) -> dict[str, float]:
    """Return what each seat earns in the whole play."""
    env = make()
    if isinstance(env, AECEnv):
        return _turns(env, seed, recorded, members, horizon)
    return _parallel(env, seed, recorded, members, horizon)


def _parallel(
    env: Any, seed: int, recorded: Recorded, members: frozenset[str], horizon: int
) -> dict[str, float]:
    observations, infos = env.reset(seed=seed)
    earned: dict[str, float] = {}
    out: dict[Any, bool] = {}
    for step in range(horizon):
        if not [agent for agent in env.agents if not out.get(agent)]:
            break
        joint = {}
        for agent in env.agents:
            info = (infos or {}).get(agent)
            legal = legal_numbers(env, agent, observations.get(agent), info)
            spare = int(env.action_space(agent).start)
            number = spare
            if not out.get(agent):
                number = choose(recorded, step, agent, legal, members, spare)
            joint[agent] = np.int64(number)
        observations, rewards, terminations, truncations, infos = env.step(joint)
        for agent, reward in rewards.items():
            seat = name_of(agent)
            earned[seat] = earned.get(seat, 0.0) + float(reward)
        for agent in terminations:
            out[agent] = terminations[agent] or truncations[agent]
    env.close()
    return earned


def _turns(
    env: Any, seed: int, recorded: Recorded, members: frozenset[str], horizon: int
) -> dict[str, float]:
    env.reset(seed=seed)
    earned: dict[str, float] = {}
    paid: dict[str, float] = {}
    step = 0
    told_their_end = set()
    # The loop of PettingZoo's documentation: `last()` tells what came in since an agent's turn.
    for agent in env.agent_iter():
        observation, reward, terminated, truncated, info = env.last()
        # Some environments go on to list agents that are out.
        if agent in told_their_end:
            break
        seat = name_of(agent)
        earned[seat] = earned.get(seat, 0.0) + float(reward)
        if terminated or truncated:
            told_their_end.add(agent)
            env.step(None)
            continue
        # What a play that is cut short has paid, nobody was told yet.
        if step == horizon:
            return paid
        legal = legal_numbers(env, agent, observation, info)
        spare = int(env.action_space(agent).start)
        env.step(np.int64(choose(recorded, step, agent, legal, members, spare)))
        step += 1
        for other, reward in env.rewards.items():
            key = name_of(other)
            paid[key] = paid.get(key, 0.0) + float(reward)
    env.close()
    return earned
