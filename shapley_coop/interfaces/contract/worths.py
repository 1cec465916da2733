"""Checks of what a game says about worth: plans, security, removal and replay in closed form."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from shapley_coop.interfaces.contract.plays import (
    Factory,
    play,
    random_actions,
    require,
)
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import (
    CoalitionWorth,
    CountWorth,
    History,
    Security,
    history_of,
)
from shapley_coop.records import Seat

ROUNDING = 1e-9
"""How far two sums of rewards may be apart that are equal up to rounding."""
MOST_ENUMERATED = 6
"""Seats among which every coalition is tried. Of larger games the grand one is tried too."""


def security_holds(make: Factory) -> None:
    """Repeating the secure action never pays less than its value, whatever others draw."""
    for seat in make().seats[:3]:
        for seed in range(10):
            game = make()
            game.start(seed)
            secure = game.security(seat)
            if secure is None:
                return
            total = _repeated(game, seat, seed)
            require(
                total >= secure.value - ROUNDING,
                f"{game.name}: {seat} got {total} by its secure actions under seed {seed}, "
                f"but security() promises {secure.value}",
            )


def _repeated(game: Game, seat: Seat, seed: int) -> float:
    """Return what a seat earns that always takes its secure action against random play."""
    rng = np.random.default_rng(seed)
    total = 0.0
    while game.agents:
        joint = random_actions(game, rng)
        # What is secure can change as the game goes on.
        secure: Security | None = game.security(seat)
        if secure is None:
            raise AssertionError(
                f"{game.name}: security({seat!r}) is known at the opening but not at "
                f"step {game.clock}"
            )
        joint[seat] = secure.action
        total += game.apply(joint).rewards[seat]
    return total


def plan_reaches_worth(make: Factory) -> None:
    """The plan earns v(N) where the game knows both, and v(N) and v(∅) are finite."""
    game = make()
    oracle, plan = game.oracle(), game.plan()
    if oracle is None:
        return
    full, empty = worth(oracle, game.seats), worth(oracle, ())
    require(
        bool(np.isfinite([full, empty]).all()),
        f"{game.name}: v(N) is {full} and v(∅) is {empty}; both must be finite",
    )
    if plan is None:
        return
    total = sum(game.preview(plan).payoffs.values())
    require(
        abs(total - full) <= ROUNDING,
        f"{game.name}: plan() earns {total}, but oracle() says that v(N) is {full}",
    )


def removal_is_played(make: Factory) -> None:
    """Where seats can be removed, every coalition plays, and its plan earns its worth."""
    game = make()
    if "removed" not in game.absences:
        return
    oracle = game.oracle()
    for coalition in coalitions(game.seats):
        smaller = _restricted(game, coalition)
        payees = {seat for step in play(smaller, 1) for seat in step.rewards}
        require(
            payees == set(coalition),
            f"{game.name}: restricted to {coalition}, rewards went to {sorted(payees)}",
        )
        # A plan is one from the opening, and play has led away from it.
        smaller.start(0)
        plan = smaller.plan()
        if oracle is None or plan is None:
            continue
        total = sum(smaller.preview(plan).payoffs.values())
        value = worth(oracle, coalition)
        require(
            abs(total - value) <= ROUNDING,
            f"{game.name}: the plan of {coalition} earns {total}, v of it is {value}",
        )


def replay_is_replay(make: Factory) -> None:
    """Closed-form replay equals playing the recorded actions again without the absent seats."""
    for seed in range(5):
        game = make()
        steps = play(game, seed)
        history = history_of(game.seats, steps)
        # Few games know a closed form, and to know none is no fault.
        closed = game.replay_oracle(history)
        if closed is None:
            return
        require(
            worth(closed, ()) == 0,
            f"{game.name}: replay_oracle() says that nobody is worth {worth(closed, ())}",
        )
        for coalition in coalitions(game.seats):
            plan = {seat: history[seat] for seat in coalition}
            again = _restricted(game, coalition).preview(plan)
            total, value = sum(again.payoffs.values()), worth(closed, coalition)
            require(
                abs(total - value) <= ROUNDING,
                f"{game.name}: {coalition} earns {total} when its actions are played "
                f"again, replay_oracle() says {value}",
            )


def realised_is_played(make: Factory) -> None:
    """Closed-form realised worth is what members earn, and all seats together earn the pot.

    Where the oracle assumes the worst reply, every reply of the absent seats is tried.
    """
    for seed in range(3):
        game = make()
        steps = play(game, seed)
        history = history_of(game.seats, steps)
        closed = game.realised_oracle(history)
        if closed is None:
            return
        pot = sum(sum(step.rewards.values()) for step in steps)
        grand, empty = worth(closed, game.seats), worth(closed, ())
        require(
            abs(grand - pot) <= ROUNDING and empty == 0,
            f"{game.name}: realised_oracle() says that all are worth {grand} and nobody "
            f"{empty}; the game paid {pot}",
        )
        if game.oracle_absence != "worst-reply":
            return
        for coalition in coalitions(game.seats):
            game.start(seed)
            least, value = _least(game, coalition, history), worth(closed, coalition)
            require(
                abs(least - value) <= ROUNDING,
                f"{game.name}: {coalition} earns {least} against the worst replies, "
                f"realised_oracle() says {value}",
            )


def _least(game: Game, coalition: tuple[Seat, ...], history: History) -> float:
    """Return the least that members earn from here by their history, whatever others do."""
    if not game.agents:
        return 0.0
    members = {}
    for seat in coalition:
        members[seat] = game.follow(seat, history[seat], game.clock)
    others = [seat for seat in game.agents if seat not in coalition]
    least = np.inf
    now = game.snapshot()
    for replies in itertools.product(*(game.legal(seat) for seat in others)):
        joint = members | dict(zip(others, replies, strict=True))
        rewards = game.apply(joint).rewards
        own = sum(rewards[seat] for seat in coalition)
        least = min(least, own + _least(game, coalition, history))
        game.restore(now)
    return float(least)


def _restricted(game: Game, coalition: tuple[Seat, ...]) -> Game:
    smaller = game.restrict(coalition)
    if smaller is None:
        raise AssertionError(
            f"{game.name}: restrict({coalition}) is None; a game that can remove seats "
            "returns the game of every coalition"
        )
    require(
        smaller.seats == coalition,
        f"{game.name}: restrict({coalition}) has the seats {smaller.seats}",
    )
    return smaller


def coalitions(
    seats: Sequence[Seat], most: int = MOST_ENUMERATED
) -> list[tuple[Seat, ...]]:
    """Return every non-empty coalition of the first `most` seats, and the grand one."""
    first = tuple(seats[:most])
    every: list[tuple[Seat, ...]] = []
    for size in range(1, len(first) + 1):
        every += itertools.combinations(first, size)
    if len(seats) > most:
        every.append(tuple(seats))
    return every


def worth(oracle: CoalitionWorth | CountWorth, coalition: Sequence[Seat]) -> float:
    """Return v of one coalition from either form of characteristic function."""
    if isinstance(oracle, CountWorth):
        counts = [len(set(kind) & set(coalition)) for kind in oracle.kinds]
        return float(oracle.values(np.array([counts], np.int64))[0])
    members = [seat in coalition for seat in oracle.seats]
    return float(oracle.values(np.array([members]))[0])
