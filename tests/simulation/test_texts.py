"""Actions that carry a text: it reaches the game as it was written, and every replay of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapley_coop.agents import people
from shapley_coop.credit.worth.replay import replay
from shapley_coop.errors import IllegalMove
from shapley_coop.interfaces.agent import Reasoned, Written
from shapley_coop.interfaces.contract import CHECKS
from shapley_coop.interfaces.plugins import load
from shapley_coop.interfaces.worth import history_of
from shapley_coop.negotiation.ledger import holds
from shapley_coop.records import (
    MAX_TEXT,
    AtLeast,
    Step,
    join_text,
    split_text,
    text_fault,
)
from shapley_coop.records.statements import Thought
from tests.fixtures.minutes import Minutes
from tests.fixtures.plays import configured, played

CODE = "def f(x):\r\n\treturn x  # \x1b[31m ünï \u202e\n\n"
MINUTES = "tests.fixtures.minutes:Minutes"


class Clerk:
    """Writes `texts`, one a step, in the form that its class says."""

    needs_model = False
    texts = (CODE, "")

    def __init__(self, place):
        self.seat = place.seat

    async def believe(self, view):
        return None

    async def negotiate(self, view):
        return None

    async def act(self, view):
        assert view.writes == ("note", "sign")
        # What others wrote is in the facts of those who may read it, and nowhere else.
        assert all(not step.texts for step in view.steps)
        return Written("note", self.texts[view.step])


class Joined(Clerk):
    async def act(self, view):
        return join_text("note", self.texts[view.step])


class Thinking(Clerk):
    async def act(self, view):
        deed = join_text("note", self.texts[view.step])
        return Reasoned(deed, Thought(reasoning="none", reason="", attempts=1))


class Quiet(Clerk):
    async def act(self, view):
        return "note"


class Loud(Clerk):
    texts = ("x" * (MAX_TEXT + 1), "\0")


class Muddled(Clerk):
    async def act(self, view):
        return Written("listen", "what?") if view.step else "note\n\ud800"


def play_minutes(agent, **tables):
    settings = {"agent": f"{__name__}:{agent.__name__}", "protocol": "solo", **tables}
    return played(configured(MINUTES, **settings))


@pytest.mark.parametrize("agent", [Clerk, Joined, Thinking])
def test_a_text_arrives_in_the_game_and_in_the_record_as_it_was_written(agent):
    episode, tape = play_minutes(agent)
    assert episode.status == "done", episode.error
    assert [step.texts["clerk_0"] for step in episode.steps] == [CODE, ""]
    # Whoever reads what was done sees names alone.
    assert {step.actions["clerk_0"] for step in episode.steps} == {"note"}
    assert episode.raw["clerk_0"] == len(CODE) / 100
    acts = [event for event in tape.events if event["kind"] == "act"]
    assert acts[0]["action"] == "note"
    assert acts[0]["text"] == CODE
    again = type(episode).model_validate_json(episode.model_dump_json())
    assert again == episode


def test_no_text_is_not_an_empty_text():
    quiet, _ = play_minutes(Quiet)
    assert quiet.steps[0].texts == {}
    assert not quiet.success
    written, _ = play_minutes(Clerk)
    assert written.steps[1].texts == {"clerk_0": "", "clerk_1": ""}


@pytest.mark.parametrize(
    ("agent", "reasons"),
    [
        (Loud, ["100,001 characters", "NUL"]),
        (Muddled, ["surrogate", "'listen' takes no text"]),
    ],
)
def test_a_text_that_cannot_be_taken_is_a_forfeit_with_its_reason(agent, reasons):
    episode, tape = play_minutes(agent)
    assert episode.status == "done", episode.error
    told = [
        event["reason"]
        for event in tape.events
        if event["kind"] == "forfeit" and event["seat"] == "clerk_0"
    ]
    assert len(told) == 2
    for reason, words in zip(told, reasons, strict=True):
        assert words in reason
    assert {step.actions["clerk_0"] for step in episode.steps} == {"listen"}


def test_replay_and_rollout_follow_texts():
    episode, _ = play_minutes(Clerk)
    worth = replay(Minutes(), episode.seed, episode.steps, rule="removed")
    both = worth.values([[True, True]])
    assert both[0] == pytest.approx(2 * len(CODE) / 100)
    for kind in ("replay", "rollout"):
        measured, _ = play_minutes(Clerk, worth={"kind": kind})
        assert measured.credit.values["clerk_0"] == pytest.approx(len(CODE) / 100)
    history = history_of(Minutes().seats, episode.steps)
    assert [split_text(deed).text for deed in history["clerk_0"]] == [CODE, ""]


def test_a_preview_and_a_restored_moment_follow_texts():
    game = Minutes()
    moment = game.snapshot()
    deed = join_text("sign", CODE)
    preview = game.preview({"clerk_0": (deed,)})
    assert preview.payoffs["clerk_0"] == len(CODE) / 100
    game.apply({"clerk_0": deed, "clerk_1": "listen"})
    assert game.world == [["clerk_0", CODE]]
    assert game.texts == {}
    game.restore(moment)
    assert game.world == []


def test_illegal_deeds_change_nothing_and_say_why():
    game = Minutes()
    for deed, words in (
        ("listen\nhello", "takes no text"),
        ("shout\nhello", "legal: listen, note, sign"),
        ("note\nx\0", "NUL"),
    ):
        with pytest.raises(IllegalMove, match=words):
            game.apply({"clerk_0": deed, "clerk_1": "listen"})
    assert game.clock == 0


def test_a_game_without_texts_takes_none():
    game = load("games", "escape-room")()
    with pytest.raises(IllegalMove):
        game.apply({"player_0": "lever\nhello", "player_1": "door"})


def test_learners_give_numbers_or_names_with_texts():
    game = Minutes()
    game.reset(seed=0)
    given = {"clerk_0": join_text("note", "abc"), "clerk_1": 1}
    _, rewards, _, _, infos = game.step(given)
    assert rewards == {"clerk_0": 0.03, "clerk_1": 0.0}
    assert infos == {"clerk_0": {}, "clerk_1": {}}
    _, _, _, _, infos = game.step({"clerk_0": "listen\nabc", "clerk_1": 0})
    assert infos["clerk_0"] == {"illegal": "listen\nabc"}


def test_a_game_of_texts_keeps_the_contract():
    assert CHECKS
    for check in CHECKS:
        check(Minutes)


def test_a_step_without_texts_is_written_as_it_always_was():
    step = Step(actions={"a": "x"}, rewards={"a": 1.0})
    assert json.loads(step.model_dump_json()) == {
        "actions": {"a": "x"},
        "rewards": {"a": 1.0},
    }
    assert step.deeds == {"a": "x"}


@given(st.sampled_from(["note", "sign"]), st.text())
def test_joined_texts_come_apart_as_they_were(action, text):
    assert split_text(join_text(action, text)) == (action, text)


@given(st.text(max_size=30))
def test_only_what_no_file_holds_is_refused(text):
    taken = text_fault(text) is None
    assert taken is ("\0" not in text)
    if taken:
        game = Minutes()
        game.apply({"clerk_0": join_text("note", text), "clerk_1": "listen"})
        assert game.world == [["clerk_0", text]]


def test_conditions_look_at_names_alone():
    episode, _ = play_minutes(Clerk)
    condition = AtLeast(seat="clerk_0", action="note", times=2)
    assert holds(condition, episode.steps, frozenset(), since=0, breakers=frozenset())


@pytest.mark.parametrize(
    "answer",
    [
        "note",
        Written("note", CODE),
        Reasoned("note\nx", Thought(reasoning="none", reason="y", attempts=1)),
        None,
    ],
)
def test_what_people_answered_comes_back_as_it_was(answer):
    kept = people._ACTION.dump_python(answer, mode="json", warnings="error")
    back = people._ACTION.validate_python(json.loads(json.dumps(kept)))
    assert back == answer
    assert type(back) is type(answer)
