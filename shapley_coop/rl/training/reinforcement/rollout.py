"""Plays of policies in many environments side by side, each decision written down.

Only decisions between several actions count: where there is no choice nothing is learned, and a
memory is not moved on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shapley_coop.interfaces.agent import Agent, AgentFactory
from shapley_coop.interfaces.game import Observation
from shapley_coop.negotiation import NegotiatedGame
from shapley_coop.negotiation.envs.answers import Choice
from shapley_coop.records import Seat
from shapley_coop.rl.policies.recurrent.network import (
    NetworkInput,
    PolicyNetwork,
    draw_actions,
)
from shapley_coop.rl.training.reinforcement.guests import answer_of, sit_guests
from shapley_coop.rl.training.reinforcement.pays import PayRule


@dataclass
class Decision:
    """One decision of one seat between several actions."""

    seen_F: NDArray[np.float32]
    mask_A: NDArray[np.int8]
    judged_J: NDArray[np.float32]
    action: int
    logprob: float
    """Natural logarithm of the probability with which it was drawn."""
    value: float
    """What the critic expected from here on, in units of the policy's scale."""
    step: int
    """Steps of the game that were over."""
    reward: float = 0.0
    """What the seat was paid from here to its next decision."""


@dataclass
class SeatLine:
    """The decisions of one seat in one episode."""

    episode: int
    seat: int
    learns: bool
    decisions: list[Decision] = field(default_factory=list)


@dataclass
class Playthrough:
    """One episode as far as it was played."""

    lines: list[SeatLine]
    """By seat."""
    env: NegotiatedGame
    guests: Mapping[Seat, Agent]
    """Agents at seats that do not learn, where no network plays them."""
    payoffs: dict[Seat, float]
    """What seats hold, whatever they are paid for learning."""
    returns: dict[Seat, float]
    """What seats are paid for learning."""


class Casting(NamedTuple):
    """Who plays the seats of the episodes."""

    learner: PolicyNetwork
    learns: Callable[[int, int], bool]
    """(episode, seat) to whether the learner plays it."""
    others: PolicyNetwork | AgentFactory | None = None
    """Plays all other seats, or makes agents that do. None where the learner plays every seat."""


def play_all(
    envs: Sequence[NegotiatedGame],
    episodes: Sequence[tuple[int, int]],
    casting: Casting,
    rule: PayRule,
    generator: torch.Generator,
) -> list[Playthrough]:
    """Play one episode in each environment, and return them in order.

    Args:
        envs: environments of one game.
        episodes: the number and the seed of each episode.
        casting: who plays.
        rule: what seats are paid.
        generator: draws the actions.
    """
    seats = envs[0].possible_agents
    plays = []
    observations = []
    for env, (number, seed) in zip(envs, episodes, strict=True):
        lines = [
            SeatLine(number, seat, casting.learns(number, seat))
            for seat in range(len(seats))
        ]
        observations.append(env.reset(seed=seed)[0])
        nothing = dict.fromkeys(seats, 0.0)
        guests: Mapping[Seat, Agent] = {}
        if not isinstance(casting.others, PolicyNetwork | None):
            taken = tuple(seats[line.seat] for line in lines if not line.learns)
            guests = sit_guests(casting.others, env, taken)
        plays.append(Playthrough(lines, env, guests, nothing, dict(nothing)))
    # Every episode begins with an empty memory, as in learning.
    memory_ENH = torch.zeros(
        len(envs), len(seats), casting.learner.hidden, device=generator.device
    )
    running = [place for place, env in enumerate(envs) if env.agents]
    while running:
        actions = _decide(plays, observations, running, casting, generator, memory_ENH)
        for place in running:
            play = plays[place]
            seen, rewards, _, _, _ = play.env.step(actions[place])
            observations[place] = seen
            _pay(play, rewards, rule)
        running = [place for place in running if envs[place].agents]
    return plays


def _decide(
    plays: Sequence[Playthrough],
    observations: Sequence[dict[Seat, Observation]],
    running: Sequence[int],
    casting: Casting,
    generator: torch.Generator,
    memory_ENH: Tensor,
) -> dict[int, dict[Seat, Choice]]:
    """Return the choices of all seats by environment, and write decisions down."""
    actions: dict[int, dict[Seat, Choice]] = {}
    asked: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    for place in running:
        actions[place] = {}
        for number, (seat, observation) in enumerate(observations[place].items()):
            play = plays[place]
            if seat in play.guests:
                actions[place][seat] = answer_of(play.guests[seat], play.env, seat)
                continue
            mask_A = observation["action_mask"]
            # The first legal action, which counts where it is the only one.
            actions[place][seat] = int(mask_A.argmax())
            if np.count_nonzero(mask_A) > 1:
                learns = play.lines[number].learns
                asked[learns].append((place, number))
    # All that a network decides at this moment is one batch, over environments and seats.
    for learns, rows in asked.items():
        if not rows:
            continue
        network = casting.learner if learns else casting.others
        assert isinstance(network, PolicyNetwork), "a seat has nobody to play it"
        decisions = _ask(network, plays, observations, rows, generator, memory_ENH)
        for (place, number), decision in zip(rows, decisions, strict=True):
            play = plays[place]
            play.lines[number].decisions.append(decision)
            actions[place][play.env.possible_agents[number]] = decision.action
    return actions


def _ask(
    network: PolicyNetwork,
    plays: Sequence[Playthrough],
    observations: Sequence[dict[Seat, Observation]],
    rows: Sequence[tuple[int, int]],
    generator: torch.Generator,
    memory_ENH: Tensor,
) -> list[Decision]:
    """Return what a network decides in all these places, and move their memories on."""
    seats = plays[0].env.possible_agents
    seen, masks, judged = [], [], []
    for place, number in rows:
        observation = observations[place][seats[number]]
        seen.append(observation["observation"])
        masks.append(observation["action_mask"])
        everything = [observations[place][seat]["observation"] for seat in seats]
        # Own features first, so that a critic of all seats knows for whom it judges.
        others = [everything[k] for k in range(len(seats)) if k != number]
        if network.sees_all:
            judged.append(np.concatenate([seen[-1], *others]))
        else:
            judged.append(seen[-1])
    device = generator.device
    place_B = torch.tensor([place for place, _ in rows], device=device)
    seat_B = torch.tensor([number for _, number in rows], device=device)
    with torch.inference_mode():
        mask_BA = torch.from_numpy(np.stack(masks)).to(device).bool()
        input_B = NetworkInput(
            torch.from_numpy(np.stack(seen)).to(device),
            mask_BA,
            torch.from_numpy(np.stack(judged)).to(device),
            seat_B,
            memory_ENH[place_B, seat_B],
        )
        found = network(input_B)
        memory_ENH[place_B, seat_B] = found.memory_BH
        action_B = draw_actions(found.logit_BA, generator)
        logprob_BA = torch.log_softmax(found.logit_BA, dim=1)
        logprob_B = logprob_BA.gather(1, action_B[:, None]).squeeze(1)
    drawn = zip(
        seen,
        masks,
        judged,
        action_B.tolist(),
        logprob_B.tolist(),
        found.value_B.tolist(),
        rows,
        strict=True,
    )
    return [
        Decision(s, m, j, action, logprob, value, len(plays[place].env.steps))
        for s, m, j, action, logprob, value, (place, _) in drawn
    ]


def _pay(play: Playthrough, rewards: dict[Seat, float], rule: PayRule) -> None:
    paid = rule.pay(rewards)
    for line, seat in zip(play.lines, play.env.possible_agents, strict=True):
        play.payoffs[seat] += rewards[seat]
        play.returns[seat] += paid[seat]
        # What comes before a first decision hangs on none.
        if line.decisions:
            line.decisions[-1].reward += paid[seat]
