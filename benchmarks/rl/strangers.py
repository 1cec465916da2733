"""How policies meet agents that they learned beside, and agents that they never met.

A two-seat escape room with prices, where each seat is paid what it holds. Each policy then sits at
the first seat beside every opponent.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.rl.measurements import curve_figures, mean_text, silent
from shapley_coop.config.game_choice import GameChoice
from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.llm.backends.policy import card_of
from shapley_coop.rl.training.evaluation import ITSELF, evaluate
from shapley_coop.rl.training.ppo import PpoSettings
from shapley_coop.rl.training.reinforcement.course import ReinforcementOrder, reinforce

GAME = "escape-room-n"
ROOM = {"seats": 2, "levers": 1}
PROTOCOL = "short-term"
BESIDE = ("self", "past", "rational", "breaker")
"""Who sat at the other seats in training."""
MET = (ITSELF, "rational", "stubborn", "breaker", "free-rider")
"""Who sits there afterwards."""
EPISODES = 2560
MEETINGS = 20


class StrangerCourse(NamedTuple):
    """One policy, by who sat beside it."""

    opponents: str
    seed: int
    episodes: int

    @property
    def name(self) -> str:
        return f"{self.opponents}|{self.episodes}|{self.seed}"


def stranger_courses(seeds: int, episodes: int | None) -> Iterator[StrangerCourse]:
    """Yield the courses, all of a seed before the next seed."""
    for seed in range(seeds):
        for opponents in BESIDE:
            yield StrangerCourse(opponents, seed, episodes or EPISODES)


def stranger_figures(course: StrangerCourse) -> dict[str, Any]:
    """Train a policy, let it meet all opponents, and return what it holds then."""
    order = ReinforcementOrder(
        game=GAME,
        parameters=ROOM,
        protocol=PROTOCOLS[PROTOCOL].model_dump(mode="json"),
        pay="individual",
        seed=course.seed,
        device="cpu",
        opponents=course.opponents,
        settings=PpoSettings(episodes=course.episodes),
    )
    payoffs = {}
    with tempfile.TemporaryDirectory() as place:
        folder = reinforce(order, Path(place), silent)
        for opponent in MET:
            found = evaluate(
                f"policy:{folder}",
                GameChoice(GAME, ROOM).text,
                opponent,
                episodes=MEETINGS,
                runs_dir=Path(place),
                overrides=(f"protocol={PROTOCOL}", "model.temperature=1"),
            )
            payoffs[opponent] = found["mean_payoffs"]["player_0"]
        card = card_of(folder)
    return {"payoffs": payoffs, **curve_figures(card)}


def stranger_table(figures: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of the table: what the first seat holds beside each opponent."""
    yield f"| learned beside | seeds | {' | '.join(MET)} |"
    yield "|---|---|" + "---|" * len(MET)
    for opponents in BESIDE:
        rows = [row for row in figures if row["opponents"] == opponents]
        if not rows:
            continue
        cells = [mean_text([row["payoffs"][name] for row in rows]) for name in MET]
        yield f"| {opponents} | {len(rows)} | {' | '.join(cells)} |"
