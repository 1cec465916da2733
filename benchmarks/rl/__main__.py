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
from pathlib import Path

from benchmarks.rl.credits import credit_courses, credit_figures, credit_table
from benchmarks.rl.exploits import exploit_courses, exploit_figures, exploit_table
from benchmarks.rl.measurements import measure_all
from benchmarks.rl.pays import (
    escape_courses,
    escape_table,
    game_courses,
    game_tables,
    pay_figures,
)
from benchmarks.rl.strangers import (
    stranger_courses,
    stranger_figures,
    stranger_table,
)

PARTS = {
    "escape": (escape_courses, pay_figures, escape_table, 10),
    "games": (game_courses, pay_figures, game_tables, 10),
    "credits": (credit_courses, credit_figures, credit_table, 10),
    "exploits": (exploit_courses, exploit_figures, exploit_table, 3),
    "strangers": (stranger_courses, stranger_figures, stranger_table, 3),
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
        courses, figures_of, table, seeds = PARTS[part]
        chosen = courses(options.seeds or seeds, options.episodes)
        wanted = (course for course in chosen if options.only in course.name)
        figures = measure_all(
            wanted, figures_of, options.out / f"bench-rl-{part}.jsonl"
        )
        print("\n".join(table(figures)), flush=True)


if __name__ == "__main__":
    main()
