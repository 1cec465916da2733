"""Hold the statements of random small games against enumeration.

`python -m benchmarks.statements [GAMES]` prints how many were made of each kind and how many of
them are false, and each of these.
"""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np

from benchmarks.statements.comparing import compare
from benchmarks.statements.random_plays import draw_case, play_case

GAMES = 1_000


def main(arguments: list[str]) -> int:
    """Print the figures and return 1 if some statement is false."""
    games = int(arguments[0]) if arguments else GAMES
    made: Counter[str] = Counter()
    false: Counter[str] = Counter()
    for seed in range(games):
        case = draw_case(np.random.default_rng(seed))
        comparison = compare(case, play_case(case))
        made += comparison.made
        for mistake in comparison.mistakes:
            kind = mistake.split(":")[0]
            false[kind] += 1
            print(f"game {seed}: {mistake}")
    print(f"{games:,} games\n\n| statement | made | false |\n|---|---|---|")
    for kind in sorted(made):
        print(f"| {kind} | {made[kind]:,} | {false[kind]:,} |")
    return 1 if false else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
