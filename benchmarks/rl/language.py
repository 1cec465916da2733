"""How a trained language policy plays beside the base model, on other seeds than it learned.

    python -m benchmarks.rl.language policy:FOLDER --episodes 200 --others 60 --out figures.json

Each row has one seat of the policy, or of the base model, against one opponent, or it at all seats.
Another seed is another situation only where a game draws something. Most games of fixed payoffs,
the escape room among them, show the prompts that were learned whatever the seed, and only what the
model draws differs. So only games of `UNSEEN` say how it plays what it did not learn, and each row
counts how many of its prompts, and how many of its episodes, differ.
Success and the share of episodes at or above the outside option have exact 95 % intervals
(Clopper and Pearson, 1934).

Rows are played a chunk of episodes at a time, in turns, so that a measurement that is cut has some
of each. `--out` remembers the runs of finished chunks, and these are not played again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.rl.recipe import TABLES, UNSEEN
from shapley_coop.rl.training.dialogue.answers import RecordedAnswer, answers_of
from shapley_coop.rl.training.evaluation import (
    HELD_OUT,
    ITSELF,
    match_figures,
    play_match,
)
from shapley_coop.runs.store import RunFolder

BASE = "smollm2"
EXPLOITERS = ("breaker", "over-claimer", "free-rider")
HOME = "escape-room"
DRAWN = f"{TABLES},table=*"
"""Two-seat tables that nobody has seen: each episode draws another one."""
HEADER = (
    "| who | game | against | episodes | success | at or above outside | total | forfeits | "
    "prompts | different episodes |"
)


class Match(NamedTuple):
    """One row: who is looked at, where, against whom, and how often."""

    seat: str
    game: str
    opponent: str
    episodes: int

    @property
    def name(self) -> str:
        return " | ".join((self.seat, self.game, self.opponent))


def matches(policy: str, episodes: int, others: int) -> Iterator[Match]:
    """Yield all rows, those of the game that was learned first."""
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


class Ledger:
    """The runs of every row, kept in a file after each chunk.

    Args:
        path: the file.
        runs_dir: where the runs are.
        seed: of the first run of a row. Those that follow count on from it.
    """

    def __init__(self, path: Path, runs_dir: Path, seed: int = HELD_OUT) -> None:
        self.path = path
        self.runs_dir = runs_dir
        self.seed = seed
        self.runs: dict[str, list[str]] = {}
        if path.is_file():
            self.runs = json.loads(path.read_text(encoding="utf-8"))

    def folders(self, match: Match) -> list[RunFolder]:
        names = self.runs.get(match.name, [])
        return [RunFolder.open(self.runs_dir / name) for name in names]

    def played(self, match: Match) -> int:
        """Return how many episodes of a row were begun."""
        return sum(folder.config.run.episodes for folder in self.folders(match))

    def play(self, match: Match, episodes: int, overrides: Sequence[str]) -> None:
        """Play some more episodes of a row, by seeds that follow those before."""
        fresh = play_match(
            match.seat,
            match.game,
            match.opponent,
            episodes=episodes,
            runs_dir=self.runs_dir,
            seed=self.seed + self.played(match),
            overrides=overrides,
        )
        names = [folder.path.name for folder in fresh]
        self.runs[match.name] = self.runs.get(match.name, []) + names
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.runs, indent=1), encoding="utf-8")
        part.replace(self.path)


def figures_of(ledger: Ledger, match: Match) -> dict[str, Any]:
    """Return the figures of a row, with how many of its prompts and of its episodes differ."""
    folders = ledger.folders(match)
    found = match_figures(folders, match.seat, match.game, match.opponent)
    answers: list[RecordedAnswer] = []
    for number, folder in enumerate(folders):
        answers += answers_of(folder.path, number)[0]
    prompts = {answer.messages[-1].content for answer in answers}
    told: dict[tuple[int, int], list[tuple[str, str, str]]] = {}
    for answer in answers:
        said = (answer.seat, answer.messages[-1].content, answer.text)
        told.setdefault((answer.run, answer.episode), []).append(said)
    # Seats are asked at once, so the order in which they answered says nothing.
    different = {tuple(sorted(said)) for said in told.values()}
    return found | {"prompts": len(prompts), "different_episodes": len(different)}


def line(found: dict[str, Any]) -> str:
    """Return a row of the table."""
    who = "base" if found["seat"] == BASE else "policy"
    start = f"| {who} | {found['game']} | {found['opponent']} | {found['episodes']} |"
    success = _share(found["success"], found["success_interval"])
    safe = _share(found["at_or_above_outside"], found["outside_interval"])
    # Decisions are those of all seats, so a share would flatter a model at one of them.
    forfeits = f"{found['forfeits']} of {found['decisions']}"
    return (
        f"{start} {success} | {safe} | {found['mean_total']:.2f} | {forfeits} | "
        f"{found['prompts']} | {found['different_episodes']} |"
    )


def _share(share: float | None, interval: Any) -> str:
    if share is None:
        return ""
    if interval is None:
        return f"{share:.0%}"
    low, high = interval
    return f"{share:.0%} ({low:.0%} to {high:.0%})"


def measure(
    rows: Sequence[Match], ledger: Ledger, chunk: int, overrides: Sequence[str]
) -> None:
    """Play all rows in turns until each has its episodes."""
    while True:
        left = [match for match in rows if ledger.played(match) < match.episodes]
        if not left:
            return
        for match in left:
            episodes = min(chunk, match.episodes - ledger.played(match))
            ledger.play(match, episodes, overrides)
            print(line(figures_of(ledger, match)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("policy", help="such as policy:runs/FOLDER")
    parser.add_argument("--episodes", type=int, default=200)
    parser.add_argument("--others", type=int, default=60)
    parser.add_argument("--chunk", type=int, default=10, help="episodes in a turn")
    parser.add_argument(
        "--only", action="append", default=[], help="rows whose names hold this text"
    )
    parser.add_argument("--seed", type=int, default=HELD_OUT, help="of the first run")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"))
    parser.add_argument("--out", type=Path, default=Path("figures.json"))
    options = parser.parse_args()
    rows = [
        match
        for match in matches(options.policy, options.episodes, options.others)
        if not options.only or any(text in match.name for text in options.only)
    ]
    ledger = Ledger(options.out, options.runs_dir, options.seed)
    print(f"{HEADER}\n|---|---|---|---|---|---|---|---|---|---|", flush=True)
    measure(rows, ledger, options.chunk, options.overrides)
    print(f"\nAll of them:\n\n{HEADER}\n|---|---|---|---|---|---|---|---|---|---|")
    for match in rows:
        print(line(figures_of(ledger, match)), flush=True)


if __name__ == "__main__":
    main()
