"""The raid: the published log, planners against the selfish, and the time that credit takes.

Run: python -m benchmarks.games.raid [seeds]
"""

from __future__ import annotations

import statistics
import sys
from time import perf_counter

import numpy as np

from benchmarks.games.company import episodes, mean_with_error
from benchmarks.games.raid_published import (
    EXPECTED,
    WHY_THEY_DIFFER,
    PublishedRaid,
    published_play,
    score_shares,
)
from games.raid.game import Raid
from games.raid.lookahead import advise
from games.raid.planner import RaidPlanner
from shapley_coop.agents.rules.simple import Selfish
from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.replay import replay
from shapley_coop.records import Step
from shapley_coop.runs.intervals import clopper_pearson
from shapley_coop.studies.paper import published


def print_published_log() -> None:
    print("## The published level-3 log\n")
    print(
        "| hero | paper's expected % | mean score share % | run 1 log, score share % | φ % |"
    )
    print("|---|---|---|---|---|")
    game = PublishedRaid()
    steps = published_play(game)
    values = replay(game, 0, steps, rule="idle")
    credit = measure(values, game.seats, WorthSettings(), kind="replay", absence="idle")
    pot = credit.grand - credit.empty
    phi = [100 * credit.values[seat] / pot for seat in game.seats]
    log = score_shares(game.contributions())
    for row in zip(
        game.seats, EXPECTED, published.score_shares(3), log, phi, strict=True
    ):
        print("| {} | {:.2f} | {:.2f} | {:.2f} | {:.2f} |".format(*row))
    worst = max(
        abs(a - b) for a, b in zip(EXPECTED, published.score_shares(3), strict=True)
    )
    print(
        f"\nLargest difference from the paper: {worst:.3f} points. {WHY_THEY_DIFFER}\n"
    )


def matches(seeds: int) -> None:
    print(
        f"## Planners under shapley-coop, selfish seats under solo, {seeds} seeds a level\n"
    )
    print(
        "| level | actions paid | seats | wins | win rate, 95 % | welfare | payoff gap |"
    )
    print("|---|---|---|---|---|---|---|")
    for paid in (False, True):
        for level in (1, 2, 3):
            for name, factory, protocol in (
                ("raid-planner, shapley-coop", RaidPlanner, "shapley-coop"),
                ("selfish, solo", Selfish, "solo"),
            ):
                tables = {
                    "game": {"id": "raid"},
                    "protocol": protocol,
                    "worth": {"kind": "replay"},
                }
                every = int(paid and protocol == "shapley-coop")
                config = resolve(tables, [f"protocol.reprice_every={every}"])
                game = Raid(level=level, action_rewards=paid)
                played = episodes(game, factory, config, seeds)
                wins = sum(episode.success for episode in played)
                low, high = clopper_pearson(wins, seeds)
                welfare = [sum(episode.payoffs.values()) for episode in played]
                gap = [
                    float(np.ptp(list(episode.payoffs.values()))) for episode in played
                ]
                print(
                    f"| {level} | {'yes' if paid else 'no'} | {name} | {wins} | "
                    f"{wins / seeds:.2f} [{low:.2f}, {high:.2f}] | {mean_with_error(welfare)} | "
                    f"{mean_with_error(gap)} |"
                )
    print()


def credit_time() -> None:
    game, times = Raid(level=3), []
    for seed in range(20):
        steps = battle(game, seed)
        began = perf_counter()
        values = replay(game, seed, steps, rule="idle")
        measure(values, game.seats, WorthSettings(), kind="replay", absence="idle")
        times.append(perf_counter() - began)
    print("## Exact credit by replay of a 4-hero raid\n")
    print(
        f"Median {1000 * statistics.median(times):.1f} ms a battle, worst "
        f"{1000 * max(times):.1f} ms: 16 coalitions, each simulated once, and one more play to "
        f"see that the battle repeats itself.\n"
    )


def battle(game: Raid, seed: int) -> list[Step]:
    """Return a battle that lasts all ten turns: planners, of whom one is idle."""
    game.start(seed)
    steps = []
    while game.agents:
        joint = list(advise(game.world.state, game.settings))
        joint[3] = "pass"
        steps.append(game.apply(dict(zip(game.seats, joint, strict=True))))
    return steps


def main() -> None:
    print_published_log()
    matches(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
    credit_time()


if __name__ == "__main__":
    main()
