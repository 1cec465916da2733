"""What a model is asked to believe, and what it is told of its own beliefs at the table."""

import json
from dataclasses import replace

import pytest

from shapley_coop.agents.llm import json_form
from tests.agents.llm.test_agent import FAIR, models, sensible
from tests.agents.rules.test_rational import table_view
from tests.fixtures.plays import configured, played

ROOM = {"seats": 6, "levers": 2}


def told(config, believed, *, phase="task"):
    """Play with models that state the same beliefs. Return what each is shown at a table."""
    shown = {}

    def answer(seat, purpose, messages, schema):
        if purpose == f"{phase}/negotiate":
            shown.setdefault(seat, []).append(messages[1].content)
        if purpose.endswith("believe"):
            return json.dumps(believed[seat])
        return sensible(seat, purpose, messages, schema)

    episode, tape = played(config, answer=answer)
    return episode, tape, shown


def by_role(**changes):
    """Return the beliefs of a seat that means to take the door and of one that will not."""
    both = {"pot": 9, "externality": "positive", "values": FAIR, **changes}
    return {"player_0": {**both, "own": 10}, "player_1": {**both, "own": -1}}


BEFORE_PLAY = """\
What can each group of players earn by itself?
- pot: total reward of everyone if all goes well.
- externality: is what you do good (positive), bad (negative) or neither (none) for others?
- own: reward that the game itself then gives you, before any player pays another.
- values: total reward of nobody; of player_0; of player_1; of everyone.
- reason: a few words."""
AFTER_PLAY = """\
The game paid 9 in total. What would each group of players have earned by itself?
- pot: total reward of everyone, which the game paid.
- externality: is what you do good (positive), bad (negative) or neither (none) for others?
- values: total reward of nobody; of player_0; of player_1; of everyone.
- reason: a few words."""


def test_what_a_model_is_asked_to_believe_before_and_after_play():
    asked = {}

    def answer(seat, purpose, messages, schema):
        asked[purpose] = (messages[1].content, list((schema or {})["properties"]))
        return sensible(seat, purpose, messages, schema)

    played(models(), answer=answer)
    before, fields = asked["task/believe"]
    assert before.endswith(BEFORE_PLAY)
    assert fields == ["pot", "externality", "own", "values", "reason"]
    after, fields = asked["split/believe"]
    assert after.endswith(AFTER_PLAY)
    assert fields == ["pot", "externality", "values", "reason"]


def test_a_seat_is_told_to_offer_or_to_ask_by_its_own_beliefs():
    _, _, shown = told(models(protocol="short-term"), by_role())
    assert (
        "Fair shares by your own values: player_0 4.5, player_1 4.5.\n"
        "You expect the game to pay you 10.\n"
        "So offer to pay. Pay at most 5.5.\n"
    ) in shown["player_0"][0]
    assert (
        "You expect the game to pay you -1.\nSo ask to be paid. Ask for at least 5.5.\n"
    ) in shown["player_1"][0]


def test_a_seat_that_does_others_no_good_is_told_of_no_price():
    believed = by_role(externality="none")
    _, _, shown = told(models(protocol="short-term"), believed)
    assert "So offer to pay. Pay at most 5.5." in shown["player_0"][0]
    assert "So you need neither pay nor be paid." in shown["player_1"][0]


def test_without_a_word_on_its_own_pay_the_sign_decides_and_nothing_bounds():
    believed = {
        seat: {key: value for key, value in said.items() if key != "own"}
        for seat, said in by_role().items()
    }
    _, _, shown = told(models(protocol="short-term"), believed)
    assert "So ask to be paid.\n" in shown["player_0"][0]
    assert "at least" not in shown["player_0"][0]
    assert "expect the game" not in shown["player_0"][0]


def test_the_engine_tells_its_plan_only_where_the_protocol_says_so():
    protocol = {"name": "short-term", "price_bound": "plan"}
    believed = by_role()
    believed["player_0"]["own"] = 123
    _, _, shown = told(models(protocol=protocol), believed)
    assert "The best plan of the game pays you 10.\n" in shown["player_0"][0]
    assert "123" not in shown["player_0"][0]
    _, _, shown = told(models(protocol="short-term"), believed)
    assert "You expect the game to pay you 123.\n" in shown["player_0"][0]
    assert "best plan" not in shown["player_0"][0]


def test_a_pot_that_makes_no_sense_is_told_once_and_kept_in_the_record():
    believed = by_role(pot=-77)
    words = "you stated a pot of -77.00, but 9.00 for everyone."
    config = models(protocol={"name": "short-term", "task_table": {"order": "fixed"}})

    def shy(seat, purpose, messages, schema):
        if purpose.endswith("believe"):
            return json.dumps(believed[seat])
        if purpose == "task/negotiate":
            shown.append((seat, words in messages[1].content))
            return json.dumps({"move": {"kind": "wait", "say": "hm"}})
        return sensible(seat, purpose, messages, schema)

    shown = []
    _, tape = played(config, answer=shy)
    first = {}
    for seat, was_told in shown:
        first.setdefault(seat, []).append(was_told)
    assert all(turns[0] and not any(turns[1:]) for turns in first.values())
    assert len(shown) > len(first)
    stated = [event for event in tape.of("say") if "beliefs" in event]
    assert {event["contradiction"] for event in stated} == {
        "a pot of -77.00, but 9.00 for everyone"
    }


def test_after_play_no_price_follows_from_dues_that_miss_the_pot():
    believed = by_role()
    _, _, shown = told(models(), believed, phase="split")
    assert "Pay at most" not in shown["player_0"][0]
    assert "So you need neither pay nor be paid." in shown["player_0"][0]
    values = {**FAIR, "everyone": 6}
    _, _, shown = told(models(), by_role(pot=6, values=values), phase="split")
    assert (
        "Fair shares by your own values: player_0 3, player_1 3."
        in (shown["player_0"][0])
    )
    assert "So " not in shown["player_0"][0]


def test_what_is_said_after_play_takes_no_claim_back():
    believed = by_role()

    def answer(seat, purpose, messages, schema):
        if purpose == "split/believe":
            later = {**FAIR, "player_0": 5, "everyone": 9}
            return json.dumps({**believed[seat], "values": later})
        return sensible(seat, purpose, messages, schema)

    episode, tape = played(models(), answer=answer)
    stated = [event for event in tape.of("say") if "beliefs" in event]
    assert stated[-1]["phi"]["player_0"] == 7.5
    assert {c.claimed for c in episode.columns.values()} == {4.5}
    assert episode.beliefs["player_0"].values == FAIR


def test_of_many_seats_a_model_states_shares_and_they_are_called_so():
    seats = tuple(f"player_{i}" for i in range(6))
    shares = dict(zip(seats, (10, 8, 6, 4, 2, 0), strict=True))
    said = {"pot": 30, "externality": "positive", "own": -1, "shares": shares}
    questions = []

    def answer(seat, purpose, messages, schema):
        if purpose.endswith("believe"):
            questions.append((messages[1].content, schema))
            return json.dumps({**said, "reason": ""})
        if purpose.endswith("negotiate"):
            shown.append(messages[1].content)
            return json.dumps({"move": {"kind": "wait", "say": ""}})
        return json.dumps({"reason": "", "action": "door"})

    shown = []
    config = configured(
        "escape-room-n",
        parameters=ROOM,
        agent="llm",
        protocol="short-term",
        worth={"kind": "belief"},
    )
    episode, _ = played(config, answer=answer)
    question, schema = questions[0]
    assert "- shares: how much of the pot is fair for each player" in question
    assert "values:" not in question
    assert list(schema["properties"]) == [
        "pot",
        "externality",
        "own",
        "shares",
        "reason",
    ]
    assert "Your stated shares: player_0 10, player_1 8" in shown[0]
    assert "Fair shares" not in shown[0]
    assert episode.credit.values == shares
    assert episode.credit.method == "stated shares"
    assert {c.claimed for c in episode.columns.values()} == set(shares.values())


def test_shares_must_cover_exactly_the_seats_asked_about():
    view = table_view("player_0")
    view = replace(view, shares_of=("a", "b", "c", "d", "e"))
    answer = {"pot": 1, "externality": "none", "own": 0, "shares": {"a": 1}}
    with pytest.raises(ValueError, match="shares must be given for exactly: a, b, c"):
        json_form.read_beliefs(answer, view)


def test_the_schema_of_beliefs_grows_by_the_same_for_every_seat():
    def size(seats):
        names = tuple(f"player_{i:03}" for i in range(seats))
        view = replace(table_view("player_0"), shares_of=names)
        return len(json.dumps(json_form.believe_schema(view)))

    assert size(100) - size(50) == size(150) - size(100) == 50 * (size(51) - size(50))
