"""Figures of what learns, in parts that can be cut and continued.

    python -m benchmarks.rl escape --seeds 10
    python -m benchmarks.rl games --seeds 10
    python -m benchmarks.rl credits --seeds 10
    python -m benchmarks.rl exploits --seeds 3
    python -m benchmarks.rl strangers --seeds 3

Without a part, all are measured. Slow parts of language policies have modules of their own, as
docs/benchmarks-rl.md says.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.rl.credits import HORIZON, credit_courses, credit_figures, credit_table
from benchmarks.rl.exploits import (
    RESPONSE_EPISODES,
    exploit_courses,
    exploit_figures,
    exploit_table,
)
from benchmarks.rl.measurements import measure_all
from benchmarks.rl.pays import (
    GREEDY_EPISODES,
    escape_courses,
    escape_table,
    game_courses,
    game_tables,
    pay_figures,
)
from benchmarks.rl.strangers import (
    MEETINGS,
    PROTOCOL,
    ROOM,
    stranger_courses,
    stranger_figures,
    stranger_table,
)


class Part(NamedTuple):
    """One part: its courses, how they are measured and shown, and by how many seeds."""

    courses: Callable[[int, int | None], Iterator[Any]]
    figures_of: Callable[[Any], Mapping[str, Any]]
    table: Callable[[Sequence[Mapping[str, Any]]], Iterator[str]]
    seeds: int
    settings: Mapping[str, Any]


GREEDY = {"greedy episodes": GREEDY_EPISODES}
PARTS = {
    "escape": Part(escape_courses, pay_figures, escape_table, 10, GREEDY),
    "games": Part(game_courses, pay_figures, game_tables, 10, GREEDY),
    "credits": Part(
        credit_courses, credit_figures, credit_table, 10, {"horizon": HORIZON}
    ),
    "exploits": Part(
        exploit_courses,
        exploit_figures,
        exploit_table,
        3,
        {"episodes": RESPONSE_EPISODES},
    ),
    "strangers": Part(
        stranger_courses,
        stranger_figures,
        stranger_table,
        3,
        {"episodes": MEETINGS, "protocol": PROTOCOL, "room": ROOM},
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []])
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--episodes", type=int)
    parser.add_argument("--only", default="", help="courses whose names hold this text")
    parser.add_argument("--out", type=Path, default=Path("runs"), help="a folder")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for part in options.parts or PARTS:
        measured = PARTS[part]
        chosen = measured.courses(options.seeds or measured.seeds, options.episodes)
        wanted = (course for course in chosen if options.only in course.name)
        out = options.out / f"bench-rl-{part}.jsonl"
        figures = measure_all(wanted, measured.figures_of, out, measured.settings)
        print("\n".join(measured.table(figures)), flush=True)


if __name__ == "__main__":
    main()
