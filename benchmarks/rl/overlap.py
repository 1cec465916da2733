"""How many of the questions that a model was asked in runs are questions of its training.

    python -m benchmarks.rl.overlap runs/A runs/B --learned runs/learned.txt

The questions that `smollm2-coop` learned are those of `benchmarks.rl.recipe`, which are played once
more, in a quarter of an hour, and kept in the file of `--learned`. A question is the whole text
that a seat is sent, whoever the seat is: so two seats that are asked the same were asked once.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.rl.recipe import EPISODES, GAMES, SEED
from shapley_coop.config.game_choice import GameChoice
from shapley_coop.rl.training.imitation.plays import demonstrate


def digest(question: str) -> str:
    return hashlib.sha256(question.encode()).hexdigest()[:24]


def learned_questions(path: Path, games: Sequence[str], episodes: int) -> set[str]:
    """Return the digests of all questions of a course of imitation, played unless they are kept."""
    if not path.is_file():
        choices = [GameChoice.read(text) for text in games]
        lessons = demonstrate(
            choices, "rational", episodes=episodes, seed=SEED, listen=_tell
        )
        questions = {digest(row.messages[-1].content) for row in lessons.rows}
        path.write_text("\n".join(sorted(questions)) + "\n", encoding="utf-8")
    return set(path.read_text(encoding="utf-8").split())


def asked_questions(run: Path) -> set[str]:
    """Return the digests of the questions that models were asked in a run."""
    questions = set()
    for line in (run / "calls.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry["kind"] == "message" and entry["value"]["role"] == "user":
            questions.add(digest(entry["value"]["content"]))
    return questions


def table(runs: Iterable[Path], learned: set[str]) -> str:
    lines = ["| run | different questions | learned |", "|---|---|---|"]
    for run in runs:
        asked = asked_questions(run)
        lines.append(f"| {run.name} | {len(asked)} | {len(asked & learned)} |")
    return "\n".join(lines)


def _tell(count: int) -> None:
    if count % 500 == 0:
        print(f"{count} episodes of the recipe", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--learned", type=Path, default=Path("runs/learned.txt"))
    parser.add_argument("--episodes", type=int, default=EPISODES)
    options = parser.parse_args()
    learned = learned_questions(options.learned, GAMES, options.episodes)
    print(f"{len(learned)} different questions were learned")
    print(table(options.runs, learned))


if __name__ == "__main__":
    main()
