"""How `smollm2-coop` is made: what it learns from, and what it never sees.

    python -m benchmarks.rl.recipe --device auto            # all of it: minutes on one GPU
    python -m benchmarks.rl.recipe --device cpu --small     # escape rooms and small tables

The shipped adapter was stopped by the clock, after 340 s on one H100: 1.12 passes of the four that
it was given. A slower device learns less in that time, so give it more `--seconds`.

Games of `UNSEEN` are in no row: whole games, and sizes of a game of which others are learned.
Tables of `DrawnMatrix` have payoffs and names of their own, but two-seat dilemmas are tables too.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

TABLES = "games.dilemmas.drawn:DrawnMatrix"
GAMES = (
    *["escape-room"] * 8,
    *[
        "escape-room-n,seats=2,levers=1",
        "escape-room-n,seats=3,levers=1",
        "escape-room-n,seats=3,levers=2",
    ]
    * 2,
    "escape-room-n,seats=5,levers=3",
    "escape-room-n,seats=6,levers=2",
    *[f"{TABLES},table=*"] * 14,
    *[f"{TABLES},seats=3,table=*"] * 4,
    *[f"{TABLES},choices=3,table=*"] * 5,
    *[f"{TABLES},rounds=2,table=*"] * 2,
    "travellers-dilemma",
    "public-goods,seats=3",
    "trust",
    "gloves",
    "airport-runway",
    "bankruptcy",
    "unanimity",
    "task-market",
)
SMALL = (
    *["escape-room"] * 4,
    "escape-room-n,seats=2,levers=1",
    *[f"{TABLES},table=*"] * 4,
)
UNSEEN = (
    "prisoners-dilemma",
    "stag-hunt",
    "chicken",
    "escape-room-n,seats=4,levers=1",
    "escape-room-n,seats=5,levers=2",
    "public-goods",
    "escape-room,rounds=3",
)
EPISODES, SMALL_EPISODES = 6000, 60
SEED = 2026
PASSES, SECONDS, BATCH = 4, 340.0, 40_000


def command(device: str, *, small: bool, seconds: float = SECONDS) -> list[str]:
    """Return the command that makes the policy. The small course ends with its passes."""
    games = SMALL if small else GAMES
    episodes = SMALL_EPISODES if small else EPISODES
    program = [sys.executable, "-m", "shapley_coop", "train", *games]
    choices = ["--policy", "language", "--imitate", "rational", "--device", device]
    course = [*program, *choices, "-n", str(episodes), "--seed", str(SEED)]
    if small:
        return course
    schedule = ["--passes", str(PASSES), "--batch", str(BATCH)]
    return [*course, *schedule, "--seconds", str(seconds)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    made_by = command(options.device, small=options.small, seconds=options.seconds)
    return subprocess.run(made_by, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
