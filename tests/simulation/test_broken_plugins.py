"""Plug-ins that break: each error names plug-in, method and seat, and the run goes on."""

import asyncio

import pytest

from shapley_coop.errors import AgentError, EpisodeError, PluginError, ShapleyCoopError
from shapley_coop.simulation.run import run
from tests.fixtures.plays import configured

GAME = "tests.fixtures.broken.games"
AGENT = "tests.fixtures.broken.agents"
MODEL = "tests.fixtures.broken.models"
WORTH = "tests.fixtures.broken.worths"

# By the class, what an error has to say. The seat is the first one that is asked.
GAMES = {
    "AdvanceRaises": ("advance()", "RuntimeError: the wheel came off"),
    "AdvanceExits": ("advance()", "SystemExit: no fuel"),
    "AdvanceForgets": ("advance() returned NoneType; it returns {seat: number}",),
    "AdvanceReturnsArray": ("advance() returned ndarray", "{seat: number}"),
    "AdvanceReturnsList": ("advance() returned list [1.0, 1.0]", "{seat: number}"),
    "AdvanceForgetsSeat": ("advance()", "no reward for 'rider_1'"),
    "AdvancePaysStranger": ("advance()", "unknown seat 'driver'", "rider_0, rider_1"),
    "AdvancePaysText": ("advance()", "str '1.0' as the reward of 'rider_0'"),
    "AdvancePaysNothingKnown": ("paid", "nan", "rewards are finite"),
    "NoAdvance": ("NoAdvance has no method advance",),
    "WorldWithLock": ("the world that begin() made cannot be copied", "lock"),
    "FactsRaise": ("facts('rider_1')", "ZeroDivisionError"),
    "FactsReturnList": ("facts('rider_0') returned list [1, 2]", "a mapping"),
    "LegalRaises": ("legal('rider_1')", "IndexError: no door"),
    "LegalUnknown": ("legal('rider_0')", "unknown action 'fly'", "ride, walk"),
    "LegalText": ("legal('rider_0') returned str 'walk'", "a sequence"),
    "LegalEmpty": ("legal('rider_0') returned no action", "a sequence"),
    "SecurityRaises": ("security('rider_0')", "ZeroDivisionError: no riders"),
    "SecurityNumber": ("security('rider_0') returned float 0.0", "Security"),
    "SecurityUnknown": ("security('rider_0')", "unknown action 'swim'"),
    "PlanRaises": ("plan()", "ValueError: no way"),
    "PlanOfTexts": ("plan()", "str 'ride' as the plan of 'rider_0'"),
    "OutcomesText": ("outcomes() returned str 'there'", "a frozenset"),
    "OverRaises": ("over()", "KeyError: 'arrived'"),
    "RestrictRaises": ("restrict()", "NotImplementedError"),
    "OracleRaises": ("oracle()", "OSError: no map"),
    "OracleNumber": ("oracle() returned float 2.0", "CoalitionWorth"),
    "OracleValuesRaise": ("the values of coalitions failed", "division by zero"),
    "OracleValuesShort": ("oracle(): the values of coalitions are of shape (1,)",),
    "OracleDrawsFlat": ("oracle(): the draws of coalitions are of shape", ", m)"),
    "OutcomesTuple": ("outcomes() returned tuple", "a frozenset"),
}
ONLY_LOOKING_AHEAD = {"WorldWithLock", "PlanRaises", "PlanOfTexts"}
UNMADE = {
    "NoBegin": ("NoBegin has no method begin",),
    "NoActions": ("NoActions declares no actions",),
    "InitFirst": ("begin()", "has no attribute 'fuel'", "super().__init__() last"),
    "InitRaises": ("could not be made", "KeyError: 'fuel'"),
}
AGENTS = {
    "ActRaises": ("act", "RuntimeError: lost the map"),
    "ActExits": ("act", "SystemExit: 0"),
    "ActStops": ("act", "StopIteration"),
    "ActNumber": ("act returned int 1", "one of view.actions"),
    "ActList": ("act returned list", "one of view.actions"),
    "BelieveRaises": ("believe", "LookupError: nothing to believe"),
    "BelieveMapping": ("believe returned dict {'pot': 3.0}", "Beliefs or None"),
    "NegotiateRaises": ("negotiate", "TypeError: no price"),
    "NegotiateText": ("negotiate returned str 'accept!'", "Propose"),
    "NegotiateNegative": ("negotiate", "ValidationError", "price"),
}
ALWAYS_BROKEN_AGENTS = {
    "ActPlain": ("act is no coroutine", "async def act(self, view)"),
    "NoAct": ("act", "has no attribute 'act'"),
    "FactoryRaises": ("could not be made", "ValueError: no seat for me"),
    "FactoryTakesNothing": ("could not be made", "TypeError"),
}
WORTHS = {
    "WorthRaises": ("WorthRaises.worth", "RuntimeError: the scale broke"),
    "WorthArray": ("WorthArray.worth returned ndarray", "CoalitionWorth"),
    "WorthValuesRaise": ("to value coalitions failed", "KeyError: 0"),
    "WorthValuesShort": ("to value coalitions failed",),
}


def go(config, runs):
    return asyncio.run(run(config, runs))


def bus(name="Bus", **tables):
    tables.setdefault("agent", f"{AGENT}:Rider")
    tables.setdefault("protocol", "shapley-coop")
    tables.setdefault("worth", {"kind": "replay", "absence": "removed"})
    tables.setdefault("run", {"episodes": 2, "concurrency": 2})
    return configured(f"{GAME}:{name}", **tables)


def error_of(config, runs):
    """Return the error of a run that was refused, or in which every episode failed."""
    try:
        folder = go(config, runs)
    except ShapleyCoopError as refusal:
        assert list(runs.iterdir()) == []
        return str(refusal)
    episodes = list(folder.episodes())
    assert [episode.status for episode in episodes] == ["failed", "failed"]
    assert folder.manifest.status == "failed"
    told = [
        event["data"]["reason"] for event in folder.events() if event["kind"] == "error"
    ]
    assert told == [episode.error for episode in episodes]
    traces = folder.tracebacks()
    assert "== episode 0 ==" in traces
    assert "== episode 1 ==" in traces
    assert episodes[0].error in traces
    return episodes[0].error


@pytest.mark.parametrize("name", GAMES)
def test_a_broken_game_costs_its_episodes_and_is_named(tmp_path, name):
    worth = {"kind": "oracle"} if name.startswith("Oracle") else {"kind": "replay"}
    # Rules look ahead, so they meet what other agents never ask for.
    agent = "rational" if name in ONLY_LOOKING_AHEAD else f"{AGENT}:Rider"
    error = error_of(bus(name, worth=worth, agent=agent), tmp_path)
    assert "bus" in error or name in error
    for words in GAMES[name]:
        assert words in error


@pytest.mark.parametrize("name", UNMADE)
def test_a_game_that_cannot_be_made_is_refused_before_a_run(tmp_path, name):
    with pytest.raises(ShapleyCoopError) as refusal:
        go(bus(name), tmp_path)
    assert list(tmp_path.iterdir()) == []
    for words in UNMADE[name]:
        assert words in str(refusal.value)


@pytest.mark.parametrize("name", AGENTS)
def test_a_broken_agent_costs_its_episode_and_the_run_goes_on(tmp_path, name):
    config = bus(
        seats={"rider_1": f"{AGENT}:{name}"}, run={"episodes": 3, "concurrency": 2}
    )
    folder = go(config, tmp_path)
    assert folder.manifest.status == "done"
    whole, broken, other = folder.episodes()
    assert (whole.status, broken.status, other.status) == ("done", "failed", "done")
    assert f"agent {AGENT}.{name} at rider_1: " in broken.error
    for words in AGENTS[name]:
        assert words in broken.error
    assert "== episode 1 ==" in folder.tracebacks()
    assert "== episode 0 ==" not in folder.tracebacks()


def test_of_agents_that_break_together_the_first_seat_is_named(tmp_path):
    seats = {"rider_0": f"{AGENT}:ActRaisesLater", "rider_1": f"{AGENT}:ActRaises"}
    _, broken = go(bus(seats=seats), tmp_path).episodes()
    assert f"agent {AGENT}.ActRaisesLater at rider_0: " in broken.error


@pytest.mark.parametrize("name", ALWAYS_BROKEN_AGENTS)
def test_an_agent_that_can_never_play_is_named(tmp_path, name):
    error = error_of(bus(seats={"rider_1": f"{AGENT}:{name}"}), tmp_path)
    assert f"agent {AGENT}.{name} at rider_1: " in error
    for words in ALWAYS_BROKEN_AGENTS[name]:
        assert words in error


@pytest.mark.parametrize("name", WORTHS)
def test_a_broken_worth_kind_is_named(tmp_path, name):
    error = error_of(bus(worth={"kind": f"{WORTH}:{name}"}), tmp_path)
    assert "worth kind 'measured'" in error
    for words in WORTHS[name]:
        assert words in error


def test_a_worth_kind_that_cannot_judge_a_game_is_refused_before_a_run(tmp_path):
    with pytest.raises(EpisodeError, match=r"RefusalRaises\.refusal failed: Attribute"):
        go(bus(worth={"kind": f"{WORTH}:RefusalRaises"}), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_agent_that_plays_absent_seats_is_named(tmp_path):
    worth = {
        "kind": "replay",
        "absence": "baseline",
        "baseline": f"{AGENT}:AlwaysRaises",
    }
    error = error_of(bus(worth=worth), tmp_path)
    assert f"agent {AGENT}.AlwaysRaises at rider_" in error
    assert "act failed at step 0: RuntimeError: lost the map" in error


def test_a_model_that_cannot_be_made_is_refused_before_a_run(tmp_path):
    config = bus(agent="llm", model={"name": f"{MODEL}:NoModel"})
    with pytest.raises(PluginError, match="could not be made: KeyError: 'no weights'"):
        go(config, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("BackendRaises", "failed: RuntimeError: the card fell off the bus"),
        ("BackendText", "returned str 'hello'; it returns a Reply"),
    ],
)
def test_a_broken_backend_is_named(tmp_path, name, words):
    error = error_of(bus(agent="llm", model={"name": f"{MODEL}:{name}"}), tmp_path)
    assert f"model '{MODEL}:{name}': {MODEL}.{name}.answer {words}" in error


def test_an_agent_whose_own_check_breaks_is_refused_before_a_run(tmp_path):
    with pytest.raises(AgentError, match="check_game failed for bus: KeyError: 'no"):
        go(bus(agent=f"{AGENT}:CheckRaises"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_agent_that_does_not_say_what_it_needs_is_refused(tmp_path):
    with pytest.raises(PluginError, match="needs_model"):
        go(bus(agent=f"{AGENT}:late"), tmp_path)


def test_a_model_that_gives_one_agent_no_answer_costs_its_turn(tmp_path):
    folder = go(bus(seats={"rider_1": f"{AGENT}:ModelGone"}), tmp_path)
    assert folder.manifest.status == "done"
    for episode in folder.episodes():
        assert episode.status == "done"
        assert episode.forfeits["rider_1"] > 0


def test_forty_plug_ins_are_tried():
    cases = [*GAMES, *UNMADE, *AGENTS, *ALWAYS_BROKEN_AGENTS, *WORTHS]
    assert len(set(cases)) >= 40
