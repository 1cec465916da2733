"""A team as something to run: a function of who is there, or a command."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import isawaitable, iscoroutinefunction, signature
from numbers import Real
from typing import Any, NamedTuple

from shapley_coop.errors import ConfigError, PluginError, cause_text, value_text
from shapley_coop.interfaces.plugins import import_attribute
from shapley_coop.records.strict_json import object_of_unique_names
from shapley_coop.records.words import clean
from shapley_coop.teams.roster import Present, RosterTeam, member_names

TeamFunction = Callable[..., Any]
"""Takes the members that are present. Returns a score, or a score and what the run cost, or an
awaitable of either. One with a parameter `absent` is told the other members too. One with a
parameter `draw` is told the number of the run with these members, so that equal numbers can use
equal random numbers."""
MOST_SCORE = 1e100
"""The largest score and cost, whose squares are still numbers."""
MOST_OUTPUT = 1_000_000
"""Bytes of a command's output up to which its score is looked for."""


class Score(NamedTuple):
    """What one run of a team came to."""

    value: float
    cost: float
    """In any unit, such as US dollars. 0 if nothing was reported."""


@dataclass(frozen=True)
class Team:
    """Runs with some of its members present."""

    run: Callable[[Present, int], Awaitable[Score]]
    """Takes the members that take part, and how many runs of the same members came before."""
    shares_luck: bool
    """Whether runs of equal number may use equal random numbers, since they are told it."""

    def __call__(self, present: Present, draw: int) -> Awaitable[Score]:
        """Return the score of one run."""
        return self.run(present, draw)


def team_of(function: TeamFunction, members: Sequence[str]) -> Team:
    """Return a function as a team. A function that is not async runs in a thread.

    Args:
        function: takes the members that are present.
        members: all members.

    Raises:
        PluginError: it is nothing that can be called with the members that are present.
        ConfigError: it knows its members, and these are others.
    """
    if not callable(function):
        raise PluginError(
            f"a team is a function of who is present, got {value_text(function)}",
            field="team",
        )
    everyone = frozenset(member_names(members))
    if isinstance(function, RosterTeam):
        function.check(members)

    async def run(present: Present, draw: int) -> Score:
        try:
            answer = await answer_of(
                function, present, absent=everyone - present, draw=draw
            )
        except (SystemExit, GeneratorExit) as error:
            # One run may not end the program, as a team's own command line would.
            raise PluginError(f"the team raised {cause_text(error)}") from error
        return score_of(answer)

    if isinstance(function, RosterTeam):
        return Team(run, function.takes_draw)
    return Team(run, bool(wishes(function, {"draw": 0})))


async def answer_of(function: Callable[..., Any], subject: Any, **offers: Any) -> Any:
    """Return what a function of the user's answers. One that is not async runs in a thread.

    Args:
        function: takes the subject, and those of the offers that it has parameters for.
        subject: what it is about.
        offers: what it may want to know besides.
    """
    options = wishes(function, offers)
    if iscoroutinefunction(function) or isinstance(function, RosterTeam):
        return await function(subject, **options)
    answer = await asyncio.to_thread(function, subject, **options)
    # What is no async function by itself may still hand back what is to be awaited.
    return await answer if isawaitable(answer) else answer


def wishes(function: Callable[..., Any], offers: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the offers that a function has parameters for."""
    try:
        parameters = signature(function).parameters
    except (TypeError, ValueError):
        # What is written in C need not tell its parameters.
        return {}
    return {name: offer for name, offer in offers.items() if name in parameters}


def score_of(answer: object) -> Score:
    """Return what a team answered as a score.

    Raises:
        PluginError: it is neither a finite number nor a pair of them.
    """
    # A mapping is what a command prints, and a pair what is quickest to write in Python.
    pair = answer if isinstance(answer, tuple | list) else (answer, 0.0)
    if isinstance(answer, Mapping):
        pair = (answer.get("score"), answer.get("cost", 0.0))
    if len(pair) != 2:
        raise _no_score(answer)
    numbers = []
    for part in pair:
        # True is a number to Python. A team that says whether it succeeded means 1 or 0 by it.
        if not isinstance(part, Real):
            raise _no_score(answer)
        try:
            number = float(part)
        except OverflowError:
            raise _no_score(answer) from None
        if not abs(number) <= MOST_SCORE:
            raise _no_score(answer)
        numbers.append(number)
    # A limit on cost could not hold against runs that earn something.
    if numbers[1] < 0:
        raise PluginError(
            f"the team returned the cost {numbers[1]:g}; a cost is 0 or more"
        )
    return Score(*numbers)


def _no_score(answer: object) -> PluginError:
    return PluginError(
        f"the team returned {value_text(answer)}; return a finite score, or (score, cost)"
    )


def load_team(spec: str, members: Sequence[str]) -> Team:
    """Return the team at `module:function`.

    Raises:
        PluginError: there is none.
        ConfigError: it knows its members, and these are others.
    """
    if ":" not in spec:
        raise PluginError(
            f"team {spec!r} is no module:function; name a function of who is present",
            field="team",
        )
    function = import_attribute(f"team {spec!r}", spec, "team")
    return team_of(function, members)


def command_team(command: str, members: Sequence[str], timeout_s: float) -> Team:
    """Return a team that is run as a command of its own, once for each run.

    In the command `{present}` and `{absent}` stand for names with commas and `{draw}` for the
    number of the run. The last line that it prints is the score, a JSON object with `score` and
    `cost`, or a pair.

    Args:
        command: as a shell would read it, but no shell is started.
        members: all members, in order.
        timeout_s: seconds after which a run is stopped and counts as failed.

    Raises:
        ConfigError: the command is empty, has open quotes, or names neither who is present nor
            who is absent.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ConfigError(f"command {command!r}: {error}", field="command") from error
    if not words:
        raise ConfigError("command is empty; give a program", field="command")
    if "{present}" not in command and "{absent}" not in command:
        raise ConfigError(
            f"command {command!r} does not depend on who is there; put {{absent}} or {{present}} "
            "where the names belong",
            field="command",
        )

    async def run(present: Present, draw: int) -> Score:
        here = [name for name in members if name in present]
        away = [name for name in members if name not in present]
        values = {
            "{present}": ",".join(here),
            "{absent}": ",".join(away),
            "{draw}": str(draw),
        }
        filled = [_filled(word, values) for word in words]
        return await _run_command(filled, timeout_s)

    return Team(run, "{draw}" in command)


def _filled(word: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        word = word.replace(name, value)
    return word


async def _run_command(words: Sequence[str], timeout_s: float) -> Score:
    try:
        process = await asyncio.create_subprocess_exec(
            *words, stdout=PIPE, stderr=PIPE, start_new_session=True
        )
    except OSError as error:
        raise PluginError(f"{words[0]!r} cannot be run: {error.strerror}") from error
    try:
        async with asyncio.timeout(timeout_s):
            output, errors = await process.communicate()
    except TimeoutError:
        raise PluginError(f"the command took more than {timeout_s:g} s") from None
    finally:
        if process.returncode is None:
            # A session of its own, so that what the command started ends with it.
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode:
        last = clean(errors[-2000:].decode(errors="replace"), 300)
        words = f": {last}" if last else ""
        raise PluginError(f"the command ended with {process.returncode}{words}")
    lines = output[-MOST_OUTPUT:].decode(errors="replace").strip().splitlines()
    try:
        said = json.loads(lines[-1], object_pairs_hook=object_of_unique_names)
        return score_of(said)
    except (IndexError, ValueError, RecursionError) as error:
        shown = clean(lines[-1], 80) if lines else "nothing"
        raise PluginError(
            f"the command printed {shown!r} last; print a score, or a JSON object with score "
            "and cost"
        ) from error
