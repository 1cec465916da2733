"""What was said and done in every episode, as data for the page's script: every text once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from shapley_coop.errors import ShapleyCoopError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.plugins import load
from shapley_coop.interfaces.worth import history_of
from shapley_coop.records import Episode
from shapley_coop.records.words import clean, clean_lines, number
from shapley_coop.runs.report.transcript.lines import TalkLine, Teller
from shapley_coop.runs.store.folder import RunFolder

MOST_EPISODES = 1_000
"""Episodes that a page tells. The others count in every figure."""
MOST_SAID = 4_000
"""Characters of one utterance that a page shows."""
MOST_FRAMES = 50
"""Steps of an episode whose pictures a page shows."""
FRAMED_EPISODES = 20
"""Episodes whose steps are drawn."""


class Texts:
    """Every text of a page once, by its number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str, most: int = MOST_SAID) -> int:
        """Return the number of a text, without control characters and cut to a length."""
        return self._numbers.setdefault(clean(text, most), len(self._numbers))

    def picture(self, text: str) -> int:
        """Return the number of a picture of several lines."""
        lines = [line[:400] for line in clean_lines(text[:40_000])[:200]]
        return self._numbers.setdefault("\n".join(lines), len(self._numbers))

    def all(self) -> list[str]:
        """Return the texts in the order of their numbers."""
        return list(self._numbers)


def talk_data(run: RunFolder) -> dict[str, Any]:
    """Return the episodes of a run as the page's script reads them."""
    texts = Texts()
    game = _game_of(run)
    episodes: list[dict[str, Any]] = []
    events = _events_by_episode(run)
    for episode in run.episodes():
        if len(episodes) >= MOST_EPISODES:
            break
        lines = _lines(events.get(episode.index, []), texts)
        frames: list[int] = []
        if game is not None and len(episodes) < FRAMED_EPISODES:
            frames = [texts.picture(frame) for frame in _frames(game, episode)]
        episodes.append(
            {
                "index": episode.index,
                "status": episode.status,
                "success": episode.success,
                "error": texts.number(episode.error),
                "payoffs": [
                    [texts.number(seat, 60), number(amount)]
                    for seat, amount in episode.payoffs.items()
                ],
                "lines": lines,
                "frames": frames,
            }
        )
    return {"texts": texts.all(), "episodes": episodes}


def _events_by_episode(run: RunFolder) -> dict[int, list[Mapping[str, Any]]]:
    by_episode: dict[int, list[Mapping[str, Any]]] = {}
    for event in run.events():
        index = event.get("episode")
        if isinstance(index, int):
            by_episode.setdefault(index, []).append(event)
    return by_episode


def _lines(events: list[Mapping[str, Any]], texts: Texts) -> list[list[Any]]:
    """Return each line as part, round, seat, verb, words, terms, kind and step."""
    # The teller joins what several seats did alike, as the terminal shows it.
    teller = Teller()
    rows = []
    for event in events:
        rows += [_row(line, teller.steps, texts) for line in teller.hear(event)]
    rows += [_row(line, teller.steps, texts) for line in teller.end()]
    return rows


def _row(line: TalkLine, steps: int, texts: Texts) -> list[Any]:
    return [
        texts.number(line.part),
        line.round,
        texts.number(line.seat),
        texts.number(line.does),
        texts.number(line.says) if line.says else None,
        [texts.number(term) for term in line.terms],
        line_kind(line),
        # A line about a step is told once its rewards are known, and then the step is over.
        max(steps - 1, 0) if line.part == "Play" else None,
    ]


def line_kind(line: TalkLine) -> str:
    """Return how a line is drawn: as a card, a bubble or a note of the engine."""
    first = line.does.partition(" ")[0]
    kinds = {
        "offers": "offer",
        "counters": "offer",
        "accepts": "yes",
        "signs": "yes",
        "rejects": "no",
        "leaves": "no",
        "forfeits": "fault",
        "error": "fault",
        "limit": "fault",
        "believes": "belief",
        "signed": "signed",
    }
    return kinds.get(first, "said" if line.seat else "engine")


def _game_of(run: RunFolder) -> Game | None:
    """Return the game of a run, or None where it is not installed here or has changed."""
    # A report is read where it was not written, so a game that is missing costs its pictures alone.
    with suppress(ShapleyCoopError, TypeError):
        factory = load("games", run.config.game_id)
        game = factory(**run.config.game_parameters)
        if isinstance(game, Game):
            return game
    return None


def _frames(game: Game, episode: Episode) -> Iterator[str]:
    """Yield the game's own picture of the opening and after each step."""
    stage = game.fresh()
    lines = history_of(game.seats, episode.steps)
    with suppress(ShapleyCoopError):
        stage.start(episode.seed)
        yield stage.picture()
        for number_of_step in range(min(len(episode.steps), MOST_FRAMES)):
            if not stage.agents:
                return
            joint = {
                seat: stage.follow(seat, lines[seat], number_of_step)
                for seat in stage.agents
            }
            stage.apply(joint)
            yield stage.picture()
