"""Whether what was agreed is stable: individually rational, an equilibrium, in the core."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shapley_coop.credit import all_coalitions, label
from shapley_coop.game import CountWorth, Game
from shapley_coop.ledger import settle
from shapley_coop.records import Contract, Credit, Does, Episode, Seat, Settlement, Step
from shapley_coop.worth import Worth, tabled

TOLERANCE = 1e-5
MOST_PROFILES = 20_000
MOST_SEATS = 16

Line = tuple[str, ...]
"""One seat's actions of a whole game."""


class Rationality(NamedTuple):
    """By how much each seat's agreement beats its outside option; below 0 it should not sign."""

    margins: dict[Seat, float]

    @property
    def holds(self) -> bool:
        """Whether nobody signed away its outside option."""
        return all(margin >= -TOLERANCE for margin in self.margins.values())


class Deviation(NamedTuple):
    """What one seat would gain by acting otherwise while all others keep to the profile."""

    seat: Seat
    actions: Line
    gain: float


class Equilibrium(NamedTuple):
    """Whether keeping to a profile is each seat's best answer under the contracts."""

    profile: dict[Seat, Line]
    nash: bool
    dominant: bool | None
    """Whether it is best whatever the others do; none: too many profiles to look at."""
    deviation: Deviation | None
    """The most profitable deviation, if one pays."""


class Core(NamedTuple):
    """Whether some coalition could do better by itself than the division lets it."""

    holds: bool
    objector: tuple[Seat, ...]
    """The coalition with the greatest excess."""
    excess: float
    """What it could gain by itself: v(S) minus what its members hold."""


def rationality(episode: Episode) -> Rationality | None:
    """Return each seat's agreed payoff minus its outside option; None: no deal or no option known.

    Agreed payoffs are those with every signed clause and division enforced.
    """
    known = {
        seat: column.agreed - column.outside
        for seat, column in episode.columns.items()
        if column.agreed is not None and column.outside is not None
    }
    return Rationality(known) if known else None


def agreed_profile(episode: Episode) -> dict[Seat, Line]:
    """Return what every seat promised step by step, and where it promised nothing, what it did."""
    profile = {
        seat: [step.actions[seat] for step in episode.steps if seat in step.actions]
        for seat in episode.seats
    }
    for contract in episode.contracts:
        for clause in contract.offer.terms.clauses:
            given = clause.condition
            if not isinstance(given, Does) or given.unless or given.seat != clause.payee:
                continue
            if given.step < len(profile[given.seat]):
                profile[given.seat][given.step] = given.action
    return {seat: tuple(actions) for seat, actions in profile.items()}


def equilibrium(
    game: Game, episode: Episode, *, settlement: Settlement = "binding", deposit: float = 0.0
) -> Equilibrium | None:
    """Return whether the agreed profile is a Nash equilibrium under the contracts, and dominant.

    Strategies are lines of actions fixed in advance, under the episode's own dice; an action that
    is not legal where it comes becomes the game's fallback. Divisions after play are left out:
    they are negotiated when all is done. None: a seat has more than 20 000 lines.
    O(seats * lines) plays, O(lines^seats) for dominance.
    """
    if len(game.actions) ** game.horizon > MOST_PROFILES:
        return None
    desk = _Desk(game, episode.seed, episode.contracts, settlement, deposit)
    profile = agreed_profile(episode)
    now = desk.payoffs(profile)
    best: Deviation | None = None
    for seat in game.seats:
        for line in desk.lines():
            gain = desk.payoffs({**profile, seat: line})[seat] - now[seat]
            if gain > max(TOLERANCE, best.gain if best else 0.0):
                best = Deviation(seat, line, gain)
    return Equilibrium(profile, best is None, _dominant(desk, profile, best), best)


def _dominant(desk: _Desk, profile: Mapping[Seat, Line], best: Deviation | None) -> bool | None:
    if best is not None:
        return False
    lines, seats = list(desk.lines()), desk.game.seats
    if len(lines) ** len(seats) > MOST_PROFILES:
        return None
    for seat in seats:
        others = [other for other in seats if other != seat]
        for chosen in product(lines, repeat=len(others)):
            around = dict(zip(others, chosen, strict=True))
            kept = desk.payoffs({**around, seat: profile[seat]})[seat]
            if any(desk.payoffs({**around, seat: line})[seat] > kept + TOLERANCE for line in lines):
                return False
    return True


class _Desk:
    """Plays profiles under one seed and settles the contracts; every profile once."""

    def __init__(
        self,
        game: Game,
        seed: int,
        contracts: Sequence[Contract],
        settlement: Settlement,
        deposit: float,
    ) -> None:
        self.game = game.fresh()
        self.game.start(seed)
        self._contracts, self._settlement, self._deposit = contracts, settlement, deposit
        self._known: dict[tuple[Line, ...], dict[Seat, float]] = {}

    def lines(self) -> Iterator[Line]:
        """Yield every line of actions."""
        return product(self.game.actions, repeat=self.game.horizon)

    def payoffs(self, profile: Mapping[Seat, Line]) -> dict[Seat, float]:
        """Return what every seat holds after settlement."""
        key = tuple(profile[seat] for seat in self.game.seats)
        if key not in self._known:
            ending = self.game.preview(profile)
            self._known[key] = self._settled(ending.payoffs, ending.steps, ending.outcomes)
        return self._known[key]

    def _settled(
        self, raw: Mapping[Seat, float], steps: Sequence[Step], outcomes: frozenset[str]
    ) -> dict[Seat, float]:
        return settle(
            raw, self._contracts, steps, outcomes, mode=self._settlement, deposit=self._deposit
        ).payoffs


def core(worth: Worth, payoffs: Mapping[Seat, float]) -> Core | None:
    """Return whether a division is in the core, and the coalition that objects most.

    By counts where seats come in kinds (of each number of a kind, those who hold least object
    first), else over all coalitions of up to 16 seats; None above. Payoffs that sum to less than
    v(N) make everyone together object.
    """
    if isinstance(worth, CountWorth):
        return _core_by_kinds(worth, payoffs)
    if len(worth.seats) > MOST_SEATS:
        return None
    members = all_coalitions(len(worth.seats))
    held = members @ np.array([payoffs[seat] for seat in worth.seats])
    excess = worth.values(members) - held
    worst = 1 + int(np.argmax(excess[1:]))
    named = tuple(s for s, there in zip(worth.seats, members[worst], strict=True) if there)
    return Core(bool(excess[worst] <= TOLERANCE), named, float(excess[worst]))


def _core_by_kinds(worth: CountWorth, payoffs: Mapping[Seat, float]) -> Core | None:
    poorest = [sorted(kind, key=payoffs.__getitem__) for kind in worth.kinds]
    shape = tuple(len(kind) + 1 for kind in worth.kinds)
    if np.prod(shape, dtype=float) > 1 << MOST_SEATS:
        return None
    counts = np.stack(np.unravel_index(np.arange(int(np.prod(shape))), shape), axis=1)
    held: NDArray[np.float64] = np.zeros(len(counts))
    for column, kind in enumerate(poorest):
        sums = np.concatenate(([0.0], np.cumsum([payoffs[seat] for seat in kind])))
        held += sums[counts[:, column]]
    excess = worth.values(counts) - held
    worst = 1 + int(np.argmax(excess[1:]))
    named = [kind[:k] for kind, k in zip(poorest, counts[worst].tolist(), strict=True)]
    objector = tuple(seat for part in named for seat in part)
    return Core(bool(excess[worst] <= TOLERANCE), objector, float(excess[worst]))


def worth_of(credit: Credit, seats: Sequence[Seat]) -> Worth | None:
    """Return the worth that a credit was measured on, from the coalitions it lists, or None."""
    if credit.coalitions is None or len(seats) > MOST_SEATS:
        return None
    names = [
        label([seat for seat, there in zip(seats, row, strict=True) if there], seats)
        for row in all_coalitions(len(seats)).tolist()
    ]
    if not set(names) <= set(credit.coalitions):
        return None
    return tabled(seats, np.array([credit.coalitions[name] for name in names]))
