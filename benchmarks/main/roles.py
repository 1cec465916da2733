"""Exact Shapley values of a thousand seats from their recorded roles."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import permutations
from time import perf_counter

from benchmarks.main.bars import Bar, Settings
from games.escape_room.lio import EscapeRoomN
from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.replay import replay
from shapley_coop.records import Credit, Seat, Step

SMALL = ((2, 1), (3, 1), (4, 2), (5, 2), (6, 3), (7, 3))


def bars(settings: Settings) -> Iterator[Bar]:
    """Measure φ of ER(1000, 300) as played to plan, and small rooms against all orders."""
    seats, levers = 1000, 300
    game = EscapeRoomN(seats=seats, levers=levers)
    steps = _played(game)
    times = []
    for _ in range(settings.pick(5, 1)):
        began = perf_counter()
        credit = _credit(game, steps)
        times.append(perf_counter() - began)
    by_role: dict[str, set[float]] = {}
    for seat, action in steps[0].actions.items():
        by_role.setdefault(action, set()).add(credit.values[seat])
    spread = max(max(values) - min(values) for values in by_role.values())
    error = abs(math.fsum(credit.values.values()) - (credit.grand - credit.empty))
    seconds = sorted(times)[len(times) // 2]
    shown = ", ".join(
        f"φ {role} {next(iter(values)):.6f}" for role, values in by_role.items()
    )
    yield Bar(
        f"exact φ, ER({seats}, {levers}), replay, absent seats removed",
        "under 1 s, equal inside a role, efficient to 1e-9",
        f"{seconds:.3f} s (median of {len(times)}), spread {spread:g}, "
        f"efficiency error {error:.1e} of a pot of {credit.grand:g}; {shown}",
        passed=seconds < 1 and spread == 0 and error <= 1e-9,
        data={
            "seconds": times,
            "spread": spread,
            "error": error,
            "grand": credit.grand,
        },
    )
    small = SMALL[: settings.pick(len(SMALL), 3)]
    worst = max(_distance(*size) for size in small)
    yield Bar(
        f"the same against all orders of arrival, {len(small)} rooms up to {small[-1][0]} seats",
        "equal",
        f"greatest difference {worst:.1e}",
        passed=worst < 1e-9,
        data={"worst": worst},
    )


def _played(game: EscapeRoomN) -> list[Step]:
    game.start(0)
    plan = game.plan()
    return [game.apply({seat: actions[0] for seat, actions in plan.items()})]


def _credit(game: EscapeRoomN, steps: list[Step]) -> Credit:
    worth = replay(game, 0, steps, rule="removed")
    return measure(worth, game.seats, WorthSettings(), kind="replay", absence="removed")


def _distance(seats: int, levers: int) -> float:
    """Return how far the credit is from playing every coalition and averaging over all orders."""
    game = EscapeRoomN(seats=seats, levers=levers)
    steps = _played(game)
    credit = _credit(game, steps)
    known: dict[frozenset[Seat], float] = {frozenset(): 0.0}

    def value(members: frozenset[Seat]) -> float:
        if members not in known:
            room = game.restrict([seat for seat in game.seats if seat in members])
            room.start(0)
            total = 0.0
            while room.agents:
                done = room.clock
                step = room.apply(
                    {
                        seat: steps[done].actions[seat]
                        if done < len(steps)
                        else _stay(room, seat)
                        for seat in room.agents
                    }
                )
                total += sum(step.rewards.values())
            known[members] = total
        return known[members]

    phi = dict.fromkeys(game.seats, 0.0)
    orders = list(permutations(game.seats))
    for order in orders:
        here: frozenset[Seat] = frozenset()
        for seat in order:
            phi[seat] += value(here | {seat}) - value(here)
            here |= {seat}
    return max(
        abs(phi[seat] / len(orders) - credit.values[seat]) for seat in game.seats
    )


def _stay(room: EscapeRoomN, seat: Seat) -> str:
    return str(room.facts(seat)["place"])
