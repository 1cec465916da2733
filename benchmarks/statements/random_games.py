"""Random small games: their rules as tables, and the games that are played by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from shapley_coop.interfaces.game import CoalitionWorth, Game, Security
from shapley_coop.records import Seat

Joint = tuple[str, ...]
Past = tuple[Joint, ...]
"""All joint actions so far, each in seat order."""

IDLE = "a"
"""The action that absent seats take. It is always legal."""
GOOD = "good"
"""The outcome that contracts may be conditioned on."""


class Rules(NamedTuple):
    """A game as tables."""

    seats: tuple[Seat, ...]
    actions: tuple[str, ...]
    rounds: int
    rewards: Mapping[Past, tuple[float, ...]]
    """What each seat gets for the latest step of a past."""
    legal: Mapping[tuple[Past, int], tuple[str, ...]]
    """The actions that a seat, by its number, has after a past."""
    good: frozenset[Past]
    """The pasts of a whole game that end with the outcome."""
    plan: Mapping[Seat, tuple[str, ...]] | None
    """What the game calls its plan, if it has one."""
    worth: Mapping[frozenset[Seat], float] | None
    """What the game calls its worth, if it has one. It need not be what coalitions can make."""
    externalities: bool
    secure: bool
    """Whether the game tells what a seat can secure."""


def draw_rules(rng: np.random.Generator) -> Rules:
    """Return rules of 2 to 4 seats, 2 or 3 actions and 1 or 2 rounds.

    Rewards are multiples of a half, few enough for ties. In the second round of some games a seat
    that is not idle may lack an action.
    """
    n = int(rng.integers(2, 5))
    actions = (IDLE, "b", "c")[: int(rng.integers(2, 4))]
    rounds = int(rng.integers(1, 3))
    seats = tuple(f"seat_{number}" for number in range(n))
    spread = int(rng.integers(1, 13))
    joints = list(product(actions, repeat=n))
    rewards: dict[Past, tuple[float, ...]] = {}
    pasts: list[Past] = [()]
    open_pasts: list[Past] = [()]
    for _ in range(rounds):
        pasts = [(*past, joint) for past in pasts for joint in joints]
        for past in pasts:
            drawn = rng.integers(-spread, spread + 1, n) / 2
            rewards[past] = tuple(drawn.tolist())
        open_pasts += pasts
    lacking = bool(rng.random() < 0.3)
    legal = {}
    for past in open_pasts:
        for number in range(n):
            lacks = lacking and bool(past) and rng.random() < 0.3
            legal[past, number] = actions[:-1] if lacks else actions
    good = frozenset(past for past in pasts if rng.random() < 0.4)
    plan = None
    if rng.random() < 0.5:
        drawn_lines = rng.choice(actions, (n, rounds)).tolist()
        plan = {
            seat: tuple(line) for seat, line in zip(seats, drawn_lines, strict=True)
        }
    return Rules(
        seats=seats,
        actions=actions,
        rounds=rounds,
        rewards=rewards,
        legal=legal,
        good=good,
        plan=plan,
        worth=_draw_worth(rng, seats),
        externalities=bool(rng.random() < 0.3),
        secure=bool(rng.random() < 0.8),
    )


def _draw_worth(
    rng: np.random.Generator, seats: Sequence[Seat]
) -> dict[frozenset[Seat], float] | None:
    if rng.random() < 0.2:
        return None
    worth = {}
    for row in product((False, True), repeat=len(seats)):
        members = frozenset(
            seat for seat, inside in zip(seats, row, strict=True) if inside
        )
        worth[members] = float(rng.integers(-8, 9) * len(members)) / 4
    # A formula that gives nobody something counts more than its members' own.
    if rng.random() < 0.1:
        worth[frozenset()] = 2.0
    return worth


class RandomGame(Game):
    """The game of some rules."""

    name = "random-tables"
    goal = GOOD
    idle = IDLE
    absences = ("idle", "baseline", "swap")

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.actions = rules.actions
        self.horizon = rules.rounds
        self.externalities = rules.externalities
        super().__init__(rules.seats)

    def begin(self) -> Past:
        """Return an empty past."""
        return ()

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Look the step's rewards up."""
        joint = tuple(self.actions[actions[seat]] for seat in self.seats)
        self.world = (*self.world, joint)
        return dict(zip(self.seats, self.rules.rewards[self.world], strict=True))

    def over(self) -> bool:
        """Return whether all rounds were played."""
        return self.clock >= self.horizon

    def legal(self, seat: Seat) -> Sequence[str]:
        """Look up what a seat can do."""
        return self.rules.legal[self.world, self.seats.index(seat)]

    def outcomes(self) -> frozenset[str]:
        """Look the outcome up."""
        return frozenset({GOOD} if self.world in self.rules.good else ())

    def plan(self) -> dict[Seat, tuple[str, ...]] | None:
        """Return the drawn plan."""
        return None if self.rules.plan is None else dict(self.rules.plan)

    def security(self, seat: Seat) -> Security | None:
        """Return the seat's maximin from here, the first of equal actions."""
        if not self.rules.secure:
            return None
        return _maximin(self.rules, self.world, self.seats.index(seat))

    def oracle(self) -> CoalitionWorth | None:
        """Return the drawn worth."""
        worth = self.rules.worth
        if worth is None:
            return None

        def values(rows: np.ndarray) -> np.ndarray:
            coalitions = []
            for row in rows.tolist():
                pairs = zip(self.seats, row, strict=True)
                coalitions.append(frozenset(seat for seat, inside in pairs if inside))
            return np.array([worth[members] for members in coalitions])

        return CoalitionWorth(self.seats, values)


def _maximin(rules: Rules, past: Past, number: int) -> Security:
    if len(past) == rules.rounds:
        return Security(0.0, IDLE)
    options = [rules.legal[past, other] for other in range(len(rules.seats))]
    least: dict[str, float] = {}
    for joint in product(*options):
        later = (*past, joint)
        value = rules.rewards[later][number] + _maximin(rules, later, number).value
        least[joint[number]] = min(value, least.get(joint[number], value))
    best = max(least, key=least.__getitem__)
    return Security(least[best], best)
