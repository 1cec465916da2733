"""Models that may only talk, in both wire formats: what they are told, say and hear."""

import json

import pytest

from shapley_coop.records import Intend
from tests.fixtures.plays import configured, played

DOOR, LEVER = "player_0", "player_1"
PRICE = {
    "transfer": f"{DOOR} pays {LEVER}",
    "price": 5.5,
    "unit": "reward",
    "seat": LEVER,
    "action": "lever",
}


def moves(wire):
    """Return what is said in order: an offer, an answer, two intents, and silence."""
    if wire == "tags":
        offer = f"I propose that {DOOR} pays {LEVER} 5.5 if {LEVER} does lever"
        return (
            f"<s>{offer} because we both gain</s>",
            "<s>I agree because it is fair</s>",
            "<s>I propose to door because you pull</s>",
            "<s>I propose to lever</s>",
            "<s>I wait</s>",
            "<s>I wait</s>",
        )
    said = (
        {"kind": "propose", "clauses": [PRICE], "say": "we both gain"},
        {"kind": "accept", "say": "it is fair"},
        {"kind": "intend", "action": "door", "say": "you pull"},
        {"kind": "intend", "action": "lever", "say": ""},
        {"kind": "wait", "say": ""},
        {"kind": "wait", "say": ""},
    )
    return tuple(json.dumps({"move": move}) for move in said)


def talked(wire):
    """Play one episode. Return it, its events, and every question with its purpose."""
    answers = iter(moves(wire))
    questions = []

    def answer(seat, purpose, messages, _schema):
        questions.append((purpose, messages[-1].content))
        if purpose.endswith("negotiate"):
            return next(answers)
        # The lever is promised, told, and not pulled: nobody is bound.
        return "<s>door</s>" if wire == "tags" else '{"reason": "", "action": "door"}'

    config = configured(agent="llm", protocol="neg", model={"wire": wire})
    return *played(config, answer=answer), questions


@pytest.mark.parametrize("wire", ["json", "tags"])
def test_models_say_all_three_kinds_of_message_and_nothing_binds(wire):
    episode, tape, _ = talked(wire)
    assert sum(episode.forfeits.values()) == 0, tape.of("forfeit")
    said = [event["move"] for event in tape.of("offer") + tape.of("say")]
    assert [move["kind"] for move in said] == [
        "propose",
        "accept",
        "intend",
        "intend",
        "wait",
        "wait",
    ]
    assert Intend.model_validate(said[2]) == Intend(action="door", say="you pull")
    assert (episode.contracts, episode.transfers, episode.breaches) == ((), (), ())
    assert episode.payoffs == {DOOR: -1, LEVER: -1}
    assert episode.rounds == 2


@pytest.mark.parametrize("wire", ["json", "tags"])
def test_models_are_told_that_nobody_is_bound_and_hear_all_when_they_act(wire):
    _, _, questions = talked(wire)
    at_table = [text for purpose, text in questions if purpose == "task/negotiate"]
    assert len(at_table) == 6
    for text in at_table:
        assert "Nobody is bound by anything said here." in text
        assert "sign" not in text
        assert ("I propose to ACTION because REASON" in text) == (wire == "tags")
    acting = [text for purpose, text in questions if purpose == "play/act"]
    assert len(acting) == 2
    for text in acting:
        assert f"{DOOR} pays {LEVER} 5.50 if {LEVER} does lever" in text
        assert f'Round 2, {DOOR}: intend door ("you pull")' in text
        assert f"Round 2, {LEVER}: intend lever" in text
        assert "Nobody is bound by anything said there." in text


def test_an_intent_names_an_action_that_is_open_to_the_seat():
    config = configured(agent="llm", protocol="neg", model={"repairs": 0})
    fly = json.dumps({"move": {"kind": "intend", "action": "fly", "say": ""}})

    def answer(seat, purpose, messages, _schema):
        return fly if purpose.endswith("negotiate") else '{"action": "door"}'

    episode, tape = played(config, answer=answer)
    assert episode.forfeits == {DOOR: 3, LEVER: 3}
    assert "action is 'fly'; it must be one of: door, lever" in str(tape.of("forfeit"))
