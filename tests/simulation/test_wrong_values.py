"""Wrong values of plug-ins: whatever a game or an agent gives, it works or is named."""

import asyncio

import pytest

from shapley_coop.errors import ShapleyCoopError
from shapley_coop.interfaces.agent import Reasoned, Written
from shapley_coop.interfaces.guarding.attributes import check_declared
from shapley_coop.interfaces.guarding.returns import RETURNS
from shapley_coop.records import Beliefs, Halt, Propose, Terms
from shapley_coop.simulation.checks.games import check_game
from shapley_coop.simulation.run import run
from tests.fixtures.broken import agents, games
from tests.fixtures.plays import configured

GAMES = "tests.fixtures.broken.games"
AGENTS = "tests.fixtures.broken.agents"

WRONG = {
    "none": None,
    "nan": float("nan"),
    "text": "3",
    "fraction": 2.5,
    "list": [],
    "nested": ([],),
    "four": (1, 2, 3, 4),
    "object": object(),
    "huge": 10**400,
    "half": "\ud800",
}
"""Values of nearly every type. For some names, some of them are right."""

ATTRIBUTES = (
    "name",
    "actions",
    "writes",
    "goal",
    "horizon",
    "schedule",
    "idle",
    "absences",
    "oracle_absence",
    "externalities",
    "planner",
    "communication",
    "variants",
)
# A game that does not begin, or does not come back, can never end.
METHODS = [method for method in RETURNS if method not in {"start", "restore"}]
TABLES = (
    {"agent": f"{AGENTS}:Rider", "protocol": "talk", "worth": {"kind": "replay"}},
    {"agent": "rational", "protocol": "shapley-coop", "worth": {"kind": "oracle"}},
)


class Long(games.Bus):
    """A sound game of two steps, so that all that games write is asked for."""

    horizon = 2

    def plan(self):
        return dict.fromkeys(self.seats, ("ride", "ride"))


def plant(monkeypatch, module, base, **members):
    """Put a plug-in into a module of broken ones for the time of a test."""
    made = type("Planted", (base,), {"__module__": module.__name__, **members})
    monkeypatch.setattr(module, "Planted", made, raising=False)


def errors_of(tmp_path, tables):
    """Return the errors of episodes, or that of a run that was refused. Nothing else is raised."""
    try:
        folder = asyncio.run(run(configured(**tables), tmp_path))
    except ShapleyCoopError as refusal:
        return [str(refusal)]
    return [episode.error for episode in folder.episodes() if episode.error]


def test_the_game_that_is_spoilt_below_is_sound(tmp_path, monkeypatch):
    plant(monkeypatch, games, Long)
    for tables in TABLES:
        assert errors_of(tmp_path, {"game": f"{GAMES}:Planted", **tables}) == []


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize("method", METHODS)
def test_what_a_method_of_a_game_returns_works_or_is_named(
    tmp_path, monkeypatch, method, value
):
    def spoilt(self, *_arguments, **_options):
        return WRONG[value]

    plant(monkeypatch, games, Long, **{method: spoilt})
    for tables in TABLES:
        for error in errors_of(tmp_path, {"game": f"{GAMES}:Planted", **tables}):
            named = method in error
            # A wrong world is met where the game itself uses it.
            assert named or (method == "begin" and "game 'bus': Bus." in error), error


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_what_a_game_declares_works_or_is_named(
    tmp_path, monkeypatch, attribute, value
):
    plant(monkeypatch, games, Long, **{attribute: WRONG[value]})
    for tables in TABLES:
        for error in errors_of(tmp_path, {"game": f"{GAMES}:Planted", **tables}):
            assert f"Planted.{attribute} is " in error or attribute in error


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize("name", [*ATTRIBUTES, "facts", "snapshot", "plan", "advance"])
def test_a_check_tells_of_every_spoilt_game(monkeypatch, name, value):
    def spoilt(self, *_arguments, **_options):
        return WRONG[value]

    member = WRONG[value] if name in ATTRIBUTES else spoilt
    plant(monkeypatch, games, Long, **{name: member})
    told = []
    try:
        verdicts = check_game(f"{GAMES}:Planted", {})
        told.extend(verdict.words for verdict in verdicts)
    except ShapleyCoopError as refusal:
        told.append(str(refusal))
    assert len(told) > 10 or f"Planted.{name} is " in told[0]


@pytest.mark.parametrize("seats", [None, [], ["a", "a"], [3], [""], ["\ud800", "b"]])
def test_seats_that_nobody_can_name_are_refused(seats):
    class Seated(games.Bus):
        def __init__(self):
            super(games.Bus, self).__init__(seats)

    with pytest.raises((ShapleyCoopError, TypeError)) as refusal:
        Seated()
    assert seats is None or "Seated.possible_agents is " in str(refusal.value)


def test_a_sound_game_declares_nothing_wrong():
    check_declared(games.Bus())


MALFORMED = {
    "speech": ("negotiate", Halt.model_construct(say=5)),
    "bare": ("negotiate", Halt.model_construct()),
    "terms": ("negotiate", Propose.model_construct(terms=5)),
    "no terms": ("negotiate", Propose.model_construct()),
    "clauses": (
        "negotiate",
        Propose.model_construct(terms=Terms.model_construct(clauses=5)),
    ),
    "beliefs": ("believe", Beliefs.model_construct(values={"x": "y"})),
    "pot": ("believe", Beliefs.model_construct(pot=float("nan"))),
    "thought": ("act", Reasoned("ride", 5)),
    "action": ("act", Reasoned(5, None)),
    "written": ("act", Written("ride", 5)),
    "write": ("act", Written(None, "words")),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_record_that_was_made_without_a_check_is_named(tmp_path, monkeypatch, case):
    method, value = MALFORMED[case]

    async def spoilt(self, view):
        return value

    plant(monkeypatch, agents, agents.Rider, **{method: spoilt})
    tables = {"game": f"{GAMES}:Bus", "agent": f"{AGENTS}:Planted"}
    errors = errors_of(tmp_path, {**tables, "protocol": "shapley-coop"})
    # One that lacks only what has a default is whole.
    assert len(errors) == (0 if case == "bare" else 1)
    for error in errors:
        assert f"agent {AGENTS}.Planted at rider_0: {method} returned a " in error


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize("method", ["believe", "negotiate", "act", "honours"])
def test_what_an_agent_answers_works_or_is_named(tmp_path, monkeypatch, method, value):
    async def spoilt(self, view):
        return WRONG[value]

    plant(monkeypatch, agents, agents.Rider, **{method: spoilt})
    protocol = {"name": "short-term", "settlement": "honour"}
    tables = {"game": f"{GAMES}:Bus", "agent": f"{AGENTS}:Planted"}
    for error in errors_of(tmp_path, {**tables, "protocol": protocol}):
        assert f"agent {AGENTS}.Planted at rider_" in error
        assert f": {method} " in error


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize("attribute", ["needs_model", "unseeded", "check_game"])
def test_what_an_agent_declares_works_or_is_named(
    tmp_path, monkeypatch, attribute, value
):
    plant(monkeypatch, agents, agents.Rider, **{attribute: WRONG[value]})
    tables = {"game": f"{GAMES}:Bus", "agent": f"{AGENTS}:Planted"}
    for error in errors_of(tmp_path, tables):
        assert attribute in error


def test_an_action_that_compares_as_no_text_does_is_taken_as_the_text(
    tmp_path, monkeypatch
):
    class Word(str):
        __slots__ = ()

        def __eq__(self, other):
            raise RuntimeError("not to be compared")

        __hash__ = str.__hash__

    async def act(self, view):
        return Word("ride")

    plant(monkeypatch, agents, agents.Rider, act=act)
    tables = {"game": f"{GAMES}:Bus", "agent": f"{AGENTS}:Planted"}
    assert errors_of(tmp_path, tables) == []
