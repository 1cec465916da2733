"""Rational seats against seats that break, over-claim, ride free, never move or do anything."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from benchmarks.main.bars import Bar, Settings
from benchmarks.main.plays import config, in_memory
from shapley_coop.config.sections import Config

RIVALS = ("breaker", "over-claimer", "free-rider", "stubborn")
BESIDE = ("random",)
"""Not asked for, and the one that makes offers nobody would think of."""
ORDERS = ("fixed", "random", "simultaneous")
ROOMS: tuple[tuple[str, dict[str, int], int], ...] = (
    ("escape-room", {}, 2),
    ("escape-room-n", {"seats": 5, "levers": 2}, 5),
)
EPISODES = 1000


def bars(settings: Settings) -> Iterator[Bar]:
    """Play every seating of one rational among rivals and one rival among rationals."""
    cells = [
        (rival, rules)
        for rival in (*RIVALS, *BESIDE)
        for rules in _cells(rival, settings.pick(EPISODES, 24) // len(RIVALS))
    ]
    margins: dict[str, list[float]] = {rival: [] for rival in (*RIVALS, *BESIDE)}
    episodes = dict.fromkeys(margins, 0)
    signed = dict.fromkeys(margins, 0)
    residual = 0
    for rival, rules in cells:
        seated = {seat for seat, who in rules.seats.items() if who == "rational"}
        for episode in in_memory(rules):
            episodes[rival] += 1
            signed[rival] += bool(episode.contracts)
            residual = max(residual, abs(episode.ledger_residual))
            for seat in seated:
                column = episode.columns[seat]
                if column.outside is None:
                    raise ValueError(
                        f"{rules.game_id} states no outside option of {seat}"
                    )
                margins[rival].append(episode.payoffs[seat] - column.outside)
    for rival, found in margins.items():
        broken = sum(margin < -1e-6 for margin in found)
        yield Bar(
            f"rational against {rival}, binding, {episodes[rival]} episodes",
            "never below the outside option",
            f"{broken} of {len(found)} rational seats below, {signed[rival]} deals; "
            f"least margin {min(found):+.6g}, mean {sum(found) / len(found):+.3g}",
            passed=broken == 0 and residual == 0,
            data={
                "violations": broken,
                "least": min(found),
                "episodes": episodes[rival],
                "signed": signed[rival],
            },
        )
    total = sum(episodes[rival] for rival in RIVALS)
    yield Bar(
        "the four asked for, together",
        f"over {EPISODES} episodes",
        f"{total} episodes, {sum(len(margins[rival]) for rival in RIVALS)} rational seats, "
        f"ledger residual {residual}",
        passed=total >= EPISODES or settings.quick,
        data={"episodes": total, "residual": residual},
    )


def _cells(rival: str, episodes: int) -> Iterator[Config]:
    """Yield the runs of one rival. Together they have at least `episodes` episodes."""
    places = [
        (room, parameters, seat, count, alone)
        for room, parameters, count in ROOMS
        for seat, alone in product(range(count), (True, False))
        if alone or count > 2
    ]
    each = -(-episodes // (len(places) * len(ORDERS)))
    for (room, parameters, seat, count, alone), order in product(places, ORDERS):
        one, others = ("rational", rival) if alone else (rival, "rational")
        yield config(
            room,
            episodes=each,
            parameters=parameters,
            seats={f"player_{i}": one if i == seat else others for i in range(count)},
            protocol={
                "name": "shapley-coop",
                "task_table": {"order": order},
                "settlement": "binding",
            },
        )
