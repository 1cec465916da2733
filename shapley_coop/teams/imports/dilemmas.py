"""The dilemmas of CoopEval as games of one step, from the settings that its logs state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from shapley_coop.negotiation.lint.normal_form import of_table
from shapley_coop.teams.imports.bounds import number_at, refuse
from shapley_coop.teams.imports.contracts import ContractGame

MOST_CLAIMS = 50
MOST_PLAYERS = 6

Profile = tuple[int, ...]


class Rules(NamedTuple):
    """The rules of a dilemma."""

    actions: tuple[str, ...]
    cooperative: int
    """The number of the cooperative action."""
    players: int
    pay: Callable[[Profile], list[float]]
    """What a profile of actions pays each player."""


def dilemma(kind: str, settings: Mapping[str, Any], place: str) -> ContractGame:
    """Return a dilemma as a game of one step, whose seats are P1, P2 and so on.

    Args:
        kind: one of `DILEMMAS`.
        settings: what its log says of it.
        place: where that stands, for errors.

    Raises:
        InputError: a setting is missing or beyond bounds.
    """
    rules = DILEMMAS[kind](settings, place)
    seats = [f"P{number}" for number in range(1, rules.players + 1)]
    shape = (len(rules.actions),) * rules.players
    payoffs = np.zeros((*shape, rules.players))
    for profile in product(*map(range, shape)):
        payoffs[profile] = rules.pay(profile)
    goal = dict.fromkeys(seats, rules.actions[rules.cooperative])
    form = of_table(seats, [rules.actions] * rules.players, payoffs, goal)
    return ContractGame(kind, form)


def _prisoners(settings: Mapping[str, Any], place: str) -> Rules:
    return _matrix({"C": "COOPERATE", "D": "DEFECT"}, settings, place)


def _trust(settings: Mapping[str, Any], place: str) -> Rules:
    return _matrix({"G": "GIVE", "K": "KEEP"}, settings, place)


def _matrix(
    letters: Mapping[str, str], settings: Mapping[str, Any], place: str
) -> Rules:
    """Return the rules of a matrix whose cells are named by a letter for each action."""
    matrix = settings.get("payoff_matrix")

    def pay(profile: Profile) -> list[float]:
        cell = "".join(list(letters)[number] for number in profile)
        payoffs = matrix.get(cell) if isinstance(matrix, dict) else None
        if not isinstance(payoffs, list) or len(payoffs) != 2:
            raise refuse(f"payoff_matrix of {place} has no two payoffs for {cell}")
        return [number_at(value, f"{cell} of {place}") for value in payoffs]

    return Rules(tuple(letters.values()), 0, 2, pay)


def _public_goods(settings: Mapping[str, Any], place: str) -> Rules:
    players = _whole(settings, "num_players", MOST_PLAYERS, place)
    multiplier = number_at(settings.get("multiplier"), f"multiplier of {place}")

    def pay(profile: Profile) -> list[float]:
        share = profile.count(0) * multiplier / players
        # Whoever keeps its endowment of 1 has it beside its share.
        return [share + action for action in profile]

    return Rules(("CONTRIBUTE", "FREE_RIDE"), 0, players, pay)


def _travellers(settings: Mapping[str, Any], place: str) -> Rules:
    count = _whole(settings, "num_actions", MOST_CLAIMS, place)
    lowest = number_at(settings.get("min_claim"), f"min_claim of {place}")
    spacing = number_at(settings.get("claim_spacing"), f"claim_spacing of {place}")
    bonus = number_at(settings.get("bonus"), f"bonus of {place}")

    def pay(profile: Profile) -> list[float]:
        first, second = profile
        claim = lowest + spacing * min(profile)
        # Whoever claims less gets the bonus, and the other one pays it.
        swing = bonus * ((second > first) - (first > second))
        return [claim + swing, claim - swing]

    claims = tuple(f"CLAIM_{number}" for number in range(count))
    return Rules(claims, count - 1, 2, pay)


def _whole(settings: Mapping[str, Any], name: str, most: int, place: str) -> int:
    value = number_at(settings.get(name), f"{name} of {place}")
    if value != int(value) or not 2 <= value <= most:
        raise refuse(f"{name} of {place} is {value:g}; 2 to {most} are read")
    return int(value)


DILEMMAS: Mapping[str, Callable[[Mapping[str, Any], str], Rules]] = {
    "PrisonersDilemma": _prisoners,
    "PublicGoods": _public_goods,
    "TravellersDilemma": _travellers,
    "TrustGame": _trust,
}
"""The dilemmas whose contracts the benchmark publishes figures of."""
