"""Expected credit, worked out by playing every course that chance could take."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from shapley_coop.interfaces.game import Game
from shapley_coop.records import Coalition, Seat, Step

Choices = Callable[[Game, Seat, int, Coalition], Sequence[str]]
"""(the game now, a seat, the number of the step, the coalition) to the actions that the seat takes,
all of them equally likely."""


def expected_credit(
    game: Game, seed: int, choices: Choices, *, own: bool = False
) -> dict[Seat, float]:
    """Return Shapley values of expected totals, as means over all orders of the seats.

    The game's own dice are those of the seed, as they are in credit.

    Args:
        game: any instance of the game.
        seed: the seed of the episode.
        choices: what seats do in which coalition.
        own: whether only the rewards of members count.
    """
    stage = game.fresh()
    seats = game.seats
    totals: dict[Coalition, float] = {}
    for size in range(len(seats) + 1):
        for members in itertools.combinations(seats, size):
            coalition = frozenset(members)
            payees = coalition if own else frozenset(seats)
            stage.start(seed)
            totals[coalition] = _expected_rest(stage, coalition, choices, payees, 0)
    gains: dict[Seat, list[float]] = {seat: [] for seat in seats}
    for order in itertools.permutations(seats):
        inside: Coalition = frozenset()
        for seat in order:
            gains[seat].append(totals[inside | {seat}] - totals[inside])
            inside |= {seat}
    return {seat: fmean(values) for seat, values in gains.items()}


def recorded_or_any(steps: Sequence[Step]) -> Choices:
    """Return the choices of a replay: members repeat their record, absent seats do anything."""

    def choices(
        game: Game, seat: Seat, number: int, coalition: Coalition
    ) -> Sequence[str]:
        if seat in coalition:
            return [steps[number].actions[seat]]
        return game.legal(seat)

    return choices


def any_or_secure(actions: Mapping[Seat, str]) -> Choices:
    """Return the choices of a rollout: members do anything, absent seats take fixed actions."""

    def choices(
        game: Game, seat: Seat, _number: int, coalition: Coalition
    ) -> Sequence[str]:
        if seat in coalition:
            return game.legal(seat)
        return [actions[seat]]

    return choices


def _expected_rest(
    stage: Game,
    coalition: Coalition,
    choices: Choices,
    payees: Coalition,
    number: int,
) -> float:
    """Return the mean of all that is still to come for the payees."""
    if not stage.agents:
        return 0.0
    now = stage.snapshot()
    seats = list(stage.agents)
    options = [choices(stage, seat, number, coalition) for seat in seats]
    totals = []
    for joint in itertools.product(*options):
        stage.restore(now)
        step = stage.apply(dict(zip(seats, joint, strict=True)))
        paid = sum(reward for seat, reward in step.rewards.items() if seat in payees)
        rest = _expected_rest(stage, coalition, choices, payees, number + 1)
        totals.append(paid + rest)
    stage.restore(now)
    return fmean(totals)
