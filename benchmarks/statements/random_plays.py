"""Random contracts, divisions and plays of random games, through the whole engine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple, get_args

import numpy as np

from benchmarks.statements.brute_force import has_perfect_course, second_round
from benchmarks.statements.plain_money import Setting, joints, lines_of
from benchmarks.statements.random_games import (
    GOOD,
    Past,
    RandomGame,
    Rules,
    draw_rules,
)
from shapley_coop.config.protocol import NegotiationProtocol, TableSettings
from shapley_coop.config.sections import Config, RunSettings, WorthSettings
from shapley_coop.config.seeds import Dice
from shapley_coop.interfaces.agent import Agent, View
from shapley_coop.interfaces.game import Game
from shapley_coop.records import (
    Accept,
    Always,
    AtLeast,
    Beliefs,
    Clause,
    Condition,
    CoreConvention,
    Does,
    Episode,
    Move,
    Outcome,
    Propose,
    Redistribution,
    Reject,
    Seat,
    Terms,
    Wait,
)
from shapley_coop.runs.store import NullRecorder
from shapley_coop.simulation.episode import play
from shapley_coop.simulation.measurement.potential import Potential

MOST_JOINTS = 16
"""Joint actions up to which a course of play is chosen for being stable."""
SETTLEMENTS = ("binding", "escrow", "cheap-talk")


class Script(NamedTuple):
    """What seats propose and do, whatever happens."""

    terms: Mapping[int, Terms]
    """What is proposed and signed before a step."""
    shares: Terms | None
    """The division that is signed after play. None means that none is."""
    actions: Mapping[Seat, tuple[str, ...]]


class Case(NamedTuple):
    """A random game with everything around it."""

    rules: Rules
    config: Config
    script: Script


class ScriptedSeat:
    """The first seat proposes what the script says, all sign, and each acts by its line."""

    needs_model = False

    def __init__(self, seat: Seat, script: Script) -> None:
        self._seat = seat
        self._script = script

    async def believe(self, view: View) -> Beliefs | None:
        """State nothing."""
        return None

    async def negotiate(self, view: View) -> Move | None:
        """Propose or sign what the script says for this table."""
        table = view.table
        if table is None:
            return Wait()
        terms = self._script.terms.get(view.step)
        if table.phase == "split":
            terms = self._script.shares
        if terms is not None and "propose" in table.legal:
            return Propose(terms=terms)
        if table.standing is not None and "accept" in table.legal:
            return Accept(offer=table.standing.id)
        return Reject() if "reject" in table.legal else Wait()

    async def act(self, view: View) -> str | None:
        """Take the action of the script, or the first legal one in its place."""
        action = self._script.actions[self._seat][view.step]
        return action if action in view.actions else view.actions[0]


class ScriptedCast:
    """Who sits where: a scripted seat everywhere."""

    def __init__(self, script: Script) -> None:
        self._script = script

    def agents(
        self, game: Game, episode: int, present: Sequence[Seat], dice: Dice
    ) -> dict[Seat, Agent]:
        """Return the scripted seats."""
        return {seat: ScriptedSeat(seat, self._script) for seat in present}

    @property
    def decides_unseeded(self) -> bool:
        """Return that nobody is asked."""
        return False

    def calls_and_tokens(self, episode: int) -> tuple[int, int]:
        """Return that nothing was asked."""
        return 0, 0


def draw_case(rng: np.random.Generator) -> Case:
    """Return a random game with random contracts, divisions, settlement and lines of play."""
    rules = draw_rules(rng)
    reprice = int(rng.integers(0, 2))
    terms = {}
    for step in range(rules.rounds):
        if rng.random() < 0.7:
            terms[step] = _draw_terms(rng, rules)
    splits = get_args(Redistribution)
    split = splits[int(rng.integers(len(splits)))]
    deadlock = "arbiter" if rng.random() < 0.2 else "none"
    shares = None
    if split == "negotiated" and rng.random() < 0.7:
        parts = rng.integers(0, 5, len(rules.seats)) + 1e-9
        portions = (parts / parts.sum()).tolist()
        shares = Terms(shares=dict(zip(rules.seats, portions, strict=True)))
    protocol = NegotiationProtocol(
        name="random",
        task_table=TableSettings(rounds=1, deadlock=deadlock),
        short_term=False,
        long_term=False,
        reprice_every=reprice,
        split=split,
        split_table=TableSettings(rounds=1) if split == "negotiated" else None,
        settlement=str(rng.choice(SETTLEMENTS)),
        deposit=float(rng.integers(0, 5)) / 2,
    )
    conventions = get_args(CoreConvention)
    config = Config(
        game={"id": "random-tables"},
        protocol=protocol,
        worth=WorthSettings(core=conventions[int(rng.integers(len(conventions)))]),
        run=RunSettings(seed=int(rng.integers(1000))),
    )
    return Case(rules, config, Script(terms, shares, _draw_lines(rng, rules)))


def _draw_lines(rng: np.random.Generator, rules: Rules) -> dict[Seat, tuple[str, ...]]:
    """Return a random course of play, in some games of two rounds one that may be stable."""
    courses: list[Past] = []
    small = len(rules.actions) ** len(rules.seats) <= MOST_JOINTS
    if small and rules.rounds == 2 and rng.random() < 0.7:
        # Courses at random are hardly ever equilibria, and would not try out what a threat does.
        unsigned = Setting((), "binding", 0.0, "none")
        for joint in joints(rules, ()):
            courses += second_round(rules, unsigned, (joint,))
        perfect = [
            course
            for course in courses
            if has_perfect_course(rules, unsigned, lines_of(course))
        ]
        courses = perfect or courses
    if courses:
        lines = lines_of(courses[int(rng.integers(len(courses)))])
    else:
        drawn = rng.choice(rules.actions, (len(rules.seats), rules.rounds)).tolist()
        lines = tuple(tuple(line) for line in drawn)
    return dict(zip(rules.seats, lines, strict=True))


def play_case(case: Case) -> Episode:
    """Return the episode of a case as the engine plays, settles and checks it."""
    game = RandomGame(case.rules)
    config = case.config
    return asyncio.run(
        play(
            game,
            ScriptedCast(case.script),
            config,
            index=0,
            recorder=NullRecorder(),
            potential=Potential(game, config.worth, config.run.seed),
        )
    )


def _draw_terms(rng: np.random.Generator, rules: Rules) -> Terms:
    count = int(rng.integers(1, 5))
    return Terms(clauses=tuple(_draw_clause(rng, rules) for _ in range(count)))


def _draw_clause(rng: np.random.Generator, rules: Rules) -> Clause:
    payer, payee = rng.permutation(rules.seats)[:2].tolist()
    if rng.random() < 0.2:
        price, unit = float(rng.integers(1, 5)) / 4, "share"
    else:
        price, unit = float(rng.integers(1, 13)) / 4, "reward"
    return Clause(
        payer=payer,
        payee=payee,
        price=price,
        unit=unit,
        condition=_draw_condition(rng, rules, (payer, payee)),
    )


def _draw_condition(
    rng: np.random.Generator, rules: Rules, sides: Sequence[Seat]
) -> Condition:
    kind = str(rng.choice(["always", "does", "does", "does", "at-least", "outcome"]))
    unless = bool(rng.random() < 0.4)
    # Mostly one of the two sides is to act, so that most clauses are somebody's promise.
    seat = str(rng.choice(sides if rng.random() < 0.8 else rules.seats))
    action = str(rng.choice(rules.actions))
    if kind == "does":
        step = int(rng.integers(rules.rounds))
        return Does(seat=seat, action=action, step=step, unless=unless)
    if kind == "at-least":
        times = int(rng.integers(1, rules.rounds + 1))
        return AtLeast(seat=seat, action=action, times=times, unless=unless)
    if kind == "outcome":
        return Outcome(outcome=GOOD, unless=unless)
    return Always()
