"""How much a seat could gain by leaving a policy: a best response, trained against it by PPO.

What PPO finds is the best response that it found, so the gain is a lower bound of the policy's
exploitability (Timbers et al. 2022, arXiv 2004.09677, take the same way).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from shapley_coop.config.game_choice import GameChoice
from shapley_coop.config.seeds import generator
from shapley_coop.errors import InputError
from shapley_coop.llm.backends.policy import games_of
from shapley_coop.negotiation import NegotiatedGame
from shapley_coop.rl.assignment.spec import parse_spec
from shapley_coop.rl.policies.recurrent.folder import TrainedPolicy
from shapley_coop.rl.policies.recurrent.network import PolicyNetwork
from shapley_coop.rl.training.ppo import PpoLearner, PpoProgress, PpoSettings
from shapley_coop.rl.training.reinforcement.lineup import BesideRival, Lineup, SelfPlay
from shapley_coop.rl.training.reinforcement.pays import PAYS, PayRule
from shapley_coop.rl.training.reinforcement.rollout import play_all
from shapley_coop.rl.training.threads import one_thread
from shapley_coop.runs.statistics.estimates import SampleEstimate, estimate
from shapley_coop.simulation.worker import open_game


@dataclass(frozen=True)
class BestResponse:
    """What one seat gains by another policy than the one that all play."""

    seat: str
    own: float
    """Mean payoff of the seat where all seats play the policy."""
    response: float
    """Its mean payoff where it plays the response, and the others the policy."""
    gain: SampleEstimate
    """The difference, by episodes of the same seeds."""

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        table = {"seat": self.seat, "own": self.own, "response": self.response}
        return table | {"gain": self.gain.as_json()}


def best_responses(
    folder: Path,
    *,
    training: int,
    episodes: int = 200,
    seed: int = 0,
    tell: Callable[[str], None],
) -> list[BestResponse]:
    """Train a response of each seat to a recurrent policy, and return what they gain.

    A response sees, chooses and is paid as its seat is in play, under the policy's own protocol.
    All draw their actions by their chances, the policy too.

    Args:
        folder: of the policy.
        training: episodes that each response learns from.
        episodes: how many measure it. They are none of those.
        seed: all draws follow from it.
        tell: is told what is done.

    Raises:
        InputError: the folder holds no recurrent policy.
        ModelError: training came to a loss that is no number.
    """
    policy = TrainedPolicy(folder)
    games = games_of(policy.card)
    if not games:
        raise InputError(
            f"the card of {str(folder)!r} names no game; train the policy again"
        )
    choice = GameChoice.read(games[0])
    game = open_game(choice.name, dict(choice.parameters))
    env = NegotiatedGame(game, policy.protocol, menu=policy.shape.menu)
    settings = PpoSettings(episodes=training)
    # Copies, since a menu of many seats takes a while to be made.
    envs = [deepcopy(env) for _ in range(settings.batch)]
    # Measured once: the policy at all seats is the same play, whichever seat leaves it afterwards.
    own = _payoffs(policy.network, SelfPlay(), envs, episodes, seed)
    found = []
    for number, seat in enumerate(env.possible_agents):
        tell(f"training a best response of {seat} for {training} episodes")
        lineup = BesideRival(policy.network, number)
        network = _respond(policy, lineup, envs, settings, seed + number)
        other = _payoffs(network, lineup, envs, episodes, seed)
        gains = [
            after[seat] - before[seat] for after, before in zip(other, own, strict=True)
        ]
        found.append(
            BestResponse(
                seat,
                own=sum(payoffs[seat] for payoffs in own) / episodes,
                response=sum(payoffs[seat] for payoffs in other) / episodes,
                gain=estimate(gains, "mean", generator(seed, "intervals", number)),
            )
        )
    return found


def _respond(
    policy: TrainedPolicy,
    lineup: Lineup,
    envs: Sequence[NegotiatedGame],
    settings: PpoSettings,
    seed: int,
) -> PolicyNetwork:
    """Return a network that has learned to answer a policy, from nothing."""
    # One seat alone learns, so it needs one network and no critic of what others see.
    shape = replace(policy.shape, networks="shared", critic="own")
    with TemporaryDirectory() as scratch:
        learner = PpoLearner(
            shape.network(seed),
            envs,
            _paid_in_play(),
            parse_spec("gae"),
            settings,
            seed=seed,
            folder=Path(scratch),
            lineup=lineup,
        )
        with one_thread():
            learner.train(_hear_nothing)
    return learner.network


def _payoffs(
    network: PolicyNetwork,
    lineup: Lineup,
    envs: Sequence[NegotiatedGame],
    episodes: int,
    seed: int,
) -> list[dict[str, float]]:
    """Return what seats hold at the end of each of some episodes."""
    draws = torch.Generator()
    draws.manual_seed(seed)
    payoffs: list[dict[str, float]] = []
    while len(payoffs) < episodes:
        first = len(payoffs)
        here = envs[: episodes - len(payoffs)]
        numbers = [
            (number, _held_out_seed(seed, number))
            for number in range(first, first + len(here))
        ]
        casting = lineup.casting(network, first, len(here))
        plays = play_all(here, numbers, casting, _paid_in_play(), draws)
        payoffs += [dict(play.payoffs) for play in plays]
    return payoffs


def _held_out_seed(seed: int, number: int) -> int:
    """Return the seed of an episode that measures, drawn apart from those of training."""
    return int(generator(seed, "held-out", number).integers(2**31))


def _paid_in_play() -> PayRule:
    """Return the rule by which a seat is paid what it holds, whatever the policy learned by."""
    return PAYS["individual"]


def _hear_nothing(progress: PpoProgress) -> None:
    """Take the progress of a response, of which nothing is shown."""
