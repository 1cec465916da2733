"""Both Escape Rooms with rule agents: the paper's figures, and LIO's totals at size."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

from benchmarks.main.bars import Bar, Settings
from benchmarks.main.plays import config, in_memory, on_disk
from shapley_coop.runs.summary import summarise
from shapley_coop.studies.paper.published import ESCAPE_ROOM

PUBLISHED = ESCAPE_ROOM["sc"]
"""The full method (Shapley-Coop 2025, Fig. 3)."""
SIZES = ((5, 2, 20), (10, 3, 20), (100, 30, 3))
"""Seats, levers and episodes."""


def paper(settings: Settings) -> Iterator[Bar]:
    """Play the paper's matrix with rational and with selfish seats."""
    seeds = settings.pick(20, 3)
    rules = config(
        "escape-room", episodes=seeds, agent="rational", protocol="shapley-coop"
    )
    episodes = list(on_disk(rules, settings.folder / "paper").episodes())
    found = summarise(episodes).as_json()
    payoffs = list(found["mean_payoffs"].values())
    rounds, difference = found["mean_rounds"], found["payoff_difference"]
    yield Bar(
        f"paper Escape Room, rational, shapley-coop, {seeds} seeds",
        f"success 100 %, payoffs 4.5/4.5, difference 0 (paper {PUBLISHED.difference}), "
        f"rounds ≤ {PUBLISHED.rounds}",
        f"success {found['success_rate']:.0%}, payoffs {_joined(payoffs)}, "
        f"difference {difference:g}, rounds {rounds:g}",
        passed=found["success_rate"] == 1
        and payoffs == [4.5, 4.5]
        and difference == 0
        and rounds <= PUBLISHED.rounds
        and found["ledger_residual"] == 0,
        data=found,
    )
    rules = config("escape-room", episodes=seeds, agent="selfish", protocol="solo")
    episodes = list(on_disk(rules, settings.folder / "paper").episodes())
    found = summarise(episodes).as_json()
    payoffs = list(found["mean_payoffs"].values())
    yield Bar(
        f"paper Escape Room, selfish, solo, {seeds} seeds",
        "success 0 %, payoffs −1/−1",
        f"success {found['success_rate']:.0%}, payoffs {_joined(payoffs)}",
        passed=found["success_rate"] == 0 and payoffs == [-1.0, -1.0],
        data=found,
    )


def many(settings: Settings) -> Iterator[Bar]:
    """Play ER(N, M) with rational seats."""
    for seats, levers, full in SIZES:
        episodes = settings.pick(full, 1)
        rules = config(
            "escape-room-n",
            episodes=episodes,
            parameters={"seats": seats, "levers": levers},
            agent="rational",
            protocol="shapley-coop",
        )
        began = perf_counter()
        played = in_memory(rules)
        seconds = (perf_counter() - began) / episodes
        best = 10 * (seats - levers) - levers
        totals = sorted({sum(episode.payoffs.values()) for episode in played})
        residual = max(abs(episode.ledger_residual) for episode in played)
        gap = max(abs(total - best) for total in totals)
        yield Bar(
            f"ER({seats},{levers}), rational, {episodes} episodes",
            f"total {best} reached; ledger sums to 0",
            f"total {' '.join(f'{total:g}' for total in totals)}, ledger {residual}, "
            f"{seconds:.3g} s an episode",
            passed=gap < 1e-6 and residual == 0,
            data={
                "best": best,
                "totals": totals,
                "residual": residual,
                "seconds": seconds,
            },
        )


def _joined(values: list[float]) -> str:
    return "/".join(f"{value:g}".replace("-", "−") for value in values)
