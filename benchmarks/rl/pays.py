"""What recurrent policies learn under each pay: escape rooms, and five other games.

Every course is one row of a file of JSON lines, so that a measurement can be cut and continued.
After its last episode a policy plays greedily in an ordinary run, and the mean of these episodes
counts.
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
from shapley_coop.rl.training.evaluation import evaluate_policy
from shapley_coop.rl.training.ppo import PpoSettings
from shapley_coop.rl.training.reinforcement.course import ReinforcementOrder, reinforce
from shapley_coop.rl.training.reinforcement.pays import PAYS, TIE_BREAK

ROOMS = ((2, 1), (3, 1), (5, 2))
ESCAPE_EPISODES = 2560
ESCAPE_PAYS = (("shapley", TIE_BREAK), ("shapley", 0.0), ("individual", 0.0))
"""Pays of escape rooms with their part of the total: as `train` has them, and Shapley pay alone."""
GAMES: Mapping[str, tuple[dict[str, Any], int]] = {
    "public-goods": ({"seats": 4}, 1280),
    "stag-hunt": ({}, 640),
    "prisoners-dilemma": ({}, 640),
    "raid": ({"level": 1}, 960),
    "task-market": ({"seats": 4}, 960),
}
"""Parameters and episodes of a course, as many as time allowed and by no measured bound."""
GREEDY_EPISODES = 20
"""Played by a policy of one of these games, since some of them draw dice or tasks."""
NEGOTIATION = {"without": "solo", "with": "talk"}
BAR = 0.95


class Course(NamedTuple):
    """One course: what is trained, how it is paid, and by which seed."""

    game: str
    parameters: Mapping[str, Any]
    pay: str
    welfare: float
    protocol: str
    seed: int
    episodes: int

    @property
    def name(self) -> str:
        game = GameChoice(self.game, self.parameters).text
        return (
            f"{game}|{self.pay}+{self.welfare:g}|{self.protocol}|"
            f"{self.episodes}|{self.seed}"
        )


def escape_courses(seeds: int, episodes: int | None) -> Iterator[Course]:
    """Yield the courses of the escape rooms, all seeds of a pay before the next pay."""
    count = episodes or ESCAPE_EPISODES
    for pay, welfare in ESCAPE_PAYS:
        for seed in range(seeds):
            for seats, levers in ROOMS:
                room = {"seats": seats, "levers": levers}
                yield Course("escape-room-n", room, pay, welfare, "solo", seed, count)


def game_courses(seeds: int, episodes: int | None) -> Iterator[Course]:
    """Yield the courses of the other games, all games of a seed before the next seed."""
    for seed in range(seeds):
        for game, (parameters, enough) in GAMES.items():
            for protocol in NEGOTIATION.values():
                for pay in PAYS:
                    count = episodes or enough
                    yield Course(game, parameters, pay, 0.0, protocol, seed, count)


def pay_figures(course: Course) -> dict[str, Any]:
    """Train a course, let its policy play greedily, and return what came of both."""
    order = ReinforcementOrder(
        game=course.game,
        parameters=course.parameters,
        protocol=PROTOCOLS[course.protocol].model_dump(mode="json"),
        pay=course.pay,
        welfare=course.welfare,
        seed=course.seed,
        device="cpu",
        settings=PpoSettings(episodes=course.episodes),
    )
    with tempfile.TemporaryDirectory() as place:
        folder = reinforce(order, Path(place), silent)
        card = card_of(folder)
        found = evaluate_policy(
            folder, card, episodes=GREEDY_EPISODES, runs_dir=Path(place)
        )
    return {
        "total": found["mean_total"],
        "success": found["success"],
        "payoffs": found["mean_payoffs"],
        "last_mean": card["curve"][-1]["mean_total"],
        **curve_figures(card),
    }


def episodes_to(figures: Mapping[str, Any], bar: float) -> int | None:
    """Return the episode from which three updates in a row reached a bar, or None."""
    curve = figures["curve"]
    for place in range(len(curve) - 2):
        if all(total >= bar for _, total in curve[place : place + 3]):
            return int(curve[place][0])
    return None


def escape_table(figures: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of the table of escape rooms."""
    yield "| room | pay | seeds | optimum | greedy total | seeds at 95 % | episodes to 95 % |"
    yield "|---|---|---|---|---|---|---|"
    for seats, levers in ROOMS:
        best = 10 * (seats - levers) - levers
        for pay, welfare in ESCAPE_PAYS:
            rows = [
                row
                for row in figures
                if row["parameters"] == {"seats": seats, "levers": levers}
                and (row["pay"], row["welfare"]) == (pay, welfare)
            ]
            if not rows:
                continue
            reached = sum(row["total"] >= BAR * best for row in rows)
            first = [episodes_to(row, BAR * best) for row in rows]
            known = sorted(number for number in first if number is not None)
            when = f"{known[len(known) // 2]} (median of {len(known)})" if known else ""
            name = f"{pay} + {welfare:g} of the total" if welfare else pay
            yield (
                f"| ER({seats},{levers}) | {name} | {len(rows)} | {best} | "
                f"{mean_text([row['total'] for row in rows])} | {reached} | {when} |"
            )


def game_tables(figures: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of two tables of the other games: greedy play, and play as it was learned."""
    yield "Greedy play after training:"
    yield ""
    yield from _game_table(figures, "total")
    yield ""
    yield "The last update, exploration included:"
    yield ""
    yield from _game_table(figures, "last_mean")


def _game_table(figures: Sequence[Mapping[str, Any]], column: str) -> Iterator[str]:
    """Yield the lines of a table of mean totals by game and pay."""
    yield f"| game | negotiation | seeds | {' | '.join(PAYS)} |"
    yield "|---|---|---|" + "---|" * len(PAYS)
    for game in GAMES:
        for word, protocol in NEGOTIATION.items():
            cells, seeds = [], 0
            for pay in PAYS:
                rows = [
                    row
                    for row in figures
                    if (row["game"], row["protocol"], row["pay"])
                    == (game, protocol, pay)
                ]
                seeds = max(seeds, len(rows))
                cells.append(mean_text([row[column] for row in rows]))
            yield f"| {game} | {word} | {seeds} | {' | '.join(cells)} |"
