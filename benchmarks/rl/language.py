"""How a trained language policy plays beside the base model, on other seeds than it learned.

    python -m benchmarks.rl.language policy:FOLDER --episodes 200 --others 60 --out figures.json

Each row has one seat of the policy, or of the base model, against one opponent, or it at all seats.
Another seed is another situation only where a game draws something. Most games of fixed payoffs,
the escape room among them, show the prompts that were learned whatever the seed, and only what the
model draws differs. So only games of `UNSEEN` say how it plays what it did not learn.
Success and the share of episodes at or above the outside option have 95 % intervals (Wilson, 1927).
Rows that `--out` holds already are not played again, so that a measurement can be continued.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.rl.recipe import TABLES, UNSEEN
from shapley_coop.rl.training.evaluation import ITSELF, evaluate

BASE = "smollm2"
EXPLOITERS = ("breaker", "over-claimer", "free-rider")
HOME = "escape-room"
DRAWN = f"{TABLES},table=*"
"""Two-seat tables that nobody has seen: each episode draws another one."""


class Match(NamedTuple):
    """One row: who is looked at, where, against whom, and how often."""

    seat: str
    game: str
    opponent: str
    episodes: int

    @property
    def name(self) -> str:
        return " | ".join(map(str, self))


def matches(policy: str, episodes: int, others: int) -> Iterator[Match]:
    for opponent in (ITSELF, "rational"):
        yield Match(policy, HOME, opponent, episodes)
        yield Match(BASE, HOME, opponent, others)
    for opponent in EXPLOITERS:
        yield Match(policy, HOME, opponent, others)
        yield Match(BASE, HOME, opponent, others)
    for opponent in (ITSELF, "rational"):
        yield Match(policy, DRAWN, opponent, episodes)
        yield Match(BASE, DRAWN, opponent, others)
    for game in UNSEEN:
        for opponent in (ITSELF, "rational"):
            yield Match(policy, game, opponent, others)
            yield Match(BASE, game, opponent, others)


def line(found: dict[str, Any]) -> str:
    who = "base" if found["seat"] == BASE else "policy"
    played = found["episodes"]
    if not played:
        return f"| {who} | {found['game']} | {found['opponent']} | 0 | | | | |"
    success = _share(found["success"], found["success_interval"])
    safe = _share(found["at_or_above_outside"], found["outside_interval"])
    # Decisions are those of all seats, so a share would flatter a model at one of them.
    forfeits = f"{found['forfeits']} of {found['decisions']}"
    return (
        f"| {who} | {found['game']} | {found['opponent']} | {played} | {success} | {safe} | "
        f"{found['mean_total']:.2f} | {forfeits} |"
    )


def _share(share: float | None, interval: Any) -> str:
    if share is None:
        return ""
    low, high = interval
    return f"{share:.0%} ({low:.0%} to {high:.0%})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("policy", help="such as policy:runs/FOLDER")
    parser.add_argument("--episodes", type=int, default=200)
    parser.add_argument("--others", type=int, default=60)
    parser.add_argument("--only", default="", help="rows whose names hold this text")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"))
    parser.add_argument("--out", type=Path, default=Path("figures.json"))
    options = parser.parse_args()
    known = json.loads(options.out.read_text()) if options.out.is_file() else {}
    print(
        "| who | game | against | episodes | success | at or above outside | total | forfeits |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for match in matches(options.policy, options.episodes, options.others):
        if options.only not in match.name:
            continue
        if match.name not in known:
            known[match.name] = evaluate(
                match.seat,
                match.game,
                match.opponent,
                episodes=match.episodes,
                runs_dir=options.runs_dir,
                overrides=options.overrides,
            )
            options.out.write_text(json.dumps(known, indent=1))
        print(line(known[match.name]), flush=True)


if __name__ == "__main__":
    main()
