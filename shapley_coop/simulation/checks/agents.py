"""Checks of an agent: it plays shipped games in company, and does the same under one seed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from shapley_coop.agents.roles import agent_factory
from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Config
from shapley_coop.errors import ConfigError, PluginError, ShapleyCoopError
from shapley_coop.interfaces.agent import UnseededFactory
from shapley_coop.interfaces.plugins import names
from shapley_coop.llm.backends.scripted import ScriptedBackend
from shapley_coop.records import Episode, Seat
from shapley_coop.records.words import count_text
from shapley_coop.runs.store import Event, NullRecorder
from shapley_coop.simulation.checks.clock import SECONDS, run_within
from shapley_coop.simulation.checks.verdict import Verdict, failure
from shapley_coop.simulation.worker import (
    Worker,
    check_run,
    make_game,
    open_game,
    open_gateway,
)

MOST_SEATS = 5
"""Seats of the largest game in which an agent is tried unless games are named."""
EPISODES = 2


class _Table(NamedTuple):
    """A company in which an agent is tried."""

    title: str
    settings: Mapping[str, Any]
    others: str
    """Who sits at the seats that the agent leaves free. Empty means that it sits at all."""


_TABLES = (
    _Table("alone at all seats", {"protocol": "shapley-coop"}, ""),
    _Table("beside random seats", {"protocol": "shapley-coop"}, "random"),
    _Table("without a word", {"protocol": "solo"}, "random"),
    _Table("in talk that binds nobody", {"protocol": "neg"}, "random"),
    _Table(
        "where each may pay or not",
        {"protocol": {"name": "short-term", "settlement": "honour"}},
        "random",
    ),
)


def small_games() -> tuple[str, ...]:
    """Return registered games to try an agent in: of each number of seats, the longest one."""
    longest: dict[int, tuple[int, str]] = {}
    for name in names("games"):
        # A game of somebody else's may need parameters, or packages that are not there.
        try:
            game = open_game(name, {})
        except ShapleyCoopError:
            continue
        count = len(game.seats)
        # Rules can bargain only where somebody knows what is best.
        if count <= MOST_SEATS and game.plan() is not None:
            longest[count] = max(longest.get(count, (0, "")), (game.horizon, name))
    return tuple(name for _, (_, name) in sorted(longest.items()))


def check_agent(
    name: str, games: Sequence[str], seconds: float = SECONDS
) -> Iterator[Verdict]:
    """Yield what every check of an agent came to.

    An agent that asks a model is given made-up answers, so that nothing is paid for.

    Args:
        name: a registered name, or `module:attribute`.
        games: the games that it plays. Empty means small ones that are registered.
        seconds: the most that one check may take.

    Raises:
        PluginError: there is no such agent or game, or it asks a person.
    """
    factory = agent_factory(name)
    is_person = isinstance(factory, UnseededFactory) and not factory.needs_model
    if is_person:
        raise PluginError(
            f"agent {name!r} asks a person, who cannot be checked; name another",
            field="name",
        )
    chosen = tuple(games) or small_games()
    for game in chosen:
        # A game that does not exist is no fault of the agent.
        open_game(game, {})
    for game in chosen:
        for table in _TABLES:
            yield _try(name, game, table, seconds)
        yield _repeats(name, game, seconds)


class _Tape(NullRecorder):
    """Keeps the events of one episode, its record, and what broke it."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.lines: list[bytes] = []
        self.reasons: list[tuple[Seat | None, str]] = []
        self.error: BaseException | None = None
        self.episode: Episode | None = None

    def emit(self, kind: Any, **data: Any) -> None:
        """Keep an event, as a run folder would."""
        phase, seat = data.pop("phase"), data.pop("seat", None)
        event = Event(self.index, kind, phase, data.pop("round", None), seat, 0.0, data)
        self.lines.append(event.line(0))
        if kind == "forfeit":
            self.reasons.append((seat, data["reason"]))

    def keep_traceback(self, error: BaseException) -> None:
        """Keep what broke the episode."""
        self.error = error

    def finish(self, episode: Episode) -> None:
        """Keep the record of the episode."""
        self.episode = episode


def _configured(name: str, game: str, table: _Table) -> Config:
    tables: dict[str, Any] = {"game": {"id": game}, "agent": table.others or name}
    config = resolve({**tables, **table.settings, "run": {"episodes": EPISODES}})
    if not table.others:
        return config
    # The last seat, since who moves first often has the easier part.
    last = make_game(config).seats[-1]
    return config.model_copy(update={"seats": {last: name}})


async def _play(config: Config, indices: Sequence[int]) -> list[_Tape]:
    """Play episodes in memory, one after the other, with made-up answers of models."""
    game = await check_run(config)
    gateway = open_gateway(
        config, None, seats=len(game.seats), mode="off", make_backend=ScriptedBackend
    )
    tapes = []
    try:
        worker = Worker(config, game, gateway)
        for index in indices:
            tape = _Tape(index)
            await worker.episode(index, tape)
            tapes.append(tape)
    finally:
        await gateway.close()
    return tapes


def _try(name: str, game: str, table: _Table, seconds: float) -> Verdict:
    """Return whether an agent plays a game in a company to the end."""
    title = f"{game}, {table.title}"
    try:
        config = _configured(name, game, table)
        tapes = run_within(seconds, lambda: asyncio.run(_play(config, range(EPISODES))))
    except ConfigError as refusal:
        # Not every agent plays every game, and a game may not fit a table.
        return Verdict(title, "skipped", str(refusal))
    except ShapleyCoopError as error:
        return failure(title, str(error), error)
    for tape in tapes:
        episode = tape.episode
        if episode is not None and episode.status == "failed":
            return failure(title, episode.error, tape.error)
    mine = _seats_of(config, name, tapes)
    return Verdict(title, "ok", _played_text(tapes, mine))


def _seats_of(config: Config, name: str, tapes: Sequence[_Tape]) -> set[Seat]:
    seats: set[Seat] = set()
    for tape in tapes:
        if tape.episode is not None:
            seats |= set(tape.episode.seats)
    return {
        seat for seat, agent in config.agents_of(sorted(seats)).items() if agent == name
    }


def _played_text(tapes: Sequence[_Tape], mine: set[Seat]) -> str:
    """Return how often an agent gave no usable answer, with the first reason."""
    reasons = []
    for tape in tapes:
        reasons += [reason for seat, reason in tape.reasons if seat in mine]
    if not reasons:
        return "plays to the end, and every answer can be used"
    count = count_text(len(reasons), "forfeit")
    return f"plays to the end with {count}, the first: {reasons[0]}"


def _repeats(name: str, game: str, seconds: float) -> Verdict:
    """Return whether an agent does the same again under the same seed, after any other episode.

    An agent that keeps something between episodes, or draws from elsewhere than its place's
    generator, makes runs that cannot be continued or repeated.
    """
    title = f"{game}, the same again"
    table = _TABLES[0]
    try:
        config = _configured(name, game, table)
        both = run_within(seconds, lambda: asyncio.run(_play(config, (0, 1))))
        second = run_within(seconds, lambda: asyncio.run(_play(config, (1,))))
    except ConfigError as refusal:
        return Verdict(title, "skipped", str(refusal))
    except ShapleyCoopError as error:
        return failure(title, str(error), error)
    if any(tape.error is not None for tape in (*both, *second)):
        return Verdict(title, "skipped", "it does not play to the end")
    for before, after in zip_longest(both[1].lines, second[0].lines):
        if before != after:
            event = json.loads(after or before or b"")
            return failure(
                title,
                f"episode 1 goes otherwise without episode 0 before it: a {event['kind']} of "
                f"{event['seat'] or 'the engine'} differs; keep nothing between episodes, and draw "
                "from place.rng alone",
            )
    return Verdict(title, "ok", "does the same under the same seed")
