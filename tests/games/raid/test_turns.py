"""Raids whose table re-opens before every turn, as in the paper: rules, models, faults, prompts."""

import json

import pytest

from tests.fixtures.plays import configured, played

EVERY_TURN = "protocol.reprice_every=1"
DEAL = {
    "kind": "propose",
    "clauses": [
        {
            "transfer": "hero_0 pays hero_1",
            "price": 0.1,
            "unit": "reward",
            "seat": "hero_1",
            "action": "heal",
        }
    ],
    "say": "keep us alive",
}


def raid(answer, protocol="talk", *overrides):
    """Play a raid of models. Return it, its events, and what was asked of whom in which turn."""
    asked = []

    def answered(seat, purpose, messages, schema):
        # A question begins with the rules, which name the turn.
        turn = int(messages[1].content.split("This is turn ")[1].split(" ")[0])
        asked.append((turn, seat, purpose, messages[1].content))
        return answer(seat, purpose, turn, schema)

    config = configured("raid", EVERY_TURN, *overrides, agent="llm", protocol=protocol)
    return *played(config, answer=answered), asked


def dealing(seat, purpose, _turn, schema):
    if purpose == "play/act":
        actions = schema["properties"]["action"]["enum"]
        return json.dumps({"reason": "", "action": actions[0]})
    options = schema["properties"]["move"]["anyOf"]
    kinds = {option["properties"]["kind"]["enum"][0] for option in options}
    if "accept" in kinds:
        return json.dumps({"move": {"kind": "accept", "say": ""}})
    if seat == "hero_0" and "propose" in kinds:
        return json.dumps({"move": DEAL})
    return json.dumps({"move": {"kind": "wait", "say": ""}})


def test_models_sign_before_every_turn_and_are_told_what_is_open():
    episode, tape, asked = raid(dealing)
    turns = len(episode.steps)
    assert turns > 2
    assert [contract.step for contract in episode.contracts] == list(range(turns))
    assert sum(episode.forfeits.values()) == 0, tape.of("forfeit")
    for contract in episode.contracts:
        condition = contract.offer.terms.clauses[0].condition
        assert condition.step == contract.step
    for turn, _, purpose, text in asked:
        step = turn - 1
        if purpose == "task/negotiate":
            opening = "First you may" if turn == 1 else f"Before step {step} you may"
            assert opening in text
            # What hung on earlier turns is decided, and questions do not grow with the battle.
            assert "Signed" not in text
        elif turn > 1:
            assert f"Signed (it is step {step} now): hero_0 pays hero_1" in text
            assert text.count("hero_0 pays hero_1") == 1


def test_under_neg_each_turn_is_talked_over_anew():
    episode, _, asked = raid(dealing, "neg")
    assert episode.contracts == ()
    assert episode.payoffs == episode.raw
    acting = [text for _, _, purpose, text in asked if purpose == "play/act"]
    assert acting
    for text in acting:
        assert text.count("Round 1, hero_0: propose hero_0 pays hero_1") == 1
        assert "Nobody is bound by anything said there." in text


def test_a_model_that_fails_in_one_turn_is_heard_in_the_next():
    def stumbling(seat, purpose, turn, schema):
        if seat == "hero_2" and turn == 2 and purpose == "task/negotiate":
            return "lorem {"
        return dealing(seat, purpose, turn, schema)

    episode, tape, _ = raid(stumbling, "talk", "model.repairs=0")
    # A forfeit at the table is a refusal, and unanimity then fails in that turn alone.
    steps = [contract.step for contract in episode.contracts]
    assert steps == [step for step in range(len(episode.steps)) if step != 1]
    assert episode.forfeits["hero_2"] == len(tape.of("forfeit")) > 0
    assert {event["seat"] for event in tape.of("forfeit")} == {"hero_2"}


@pytest.mark.parametrize("protocol", ["talk", "neg", "short-term", "shapley-coop"])
def test_planners_play_it_to_the_end_under_every_protocol(protocol):
    config = configured(
        "raid",
        EVERY_TURN,
        "game.action_rewards=true",
        agent="raid-planner",
        protocol=protocol,
    )
    episode, tape = played(config)
    assert episode.success
    assert sum(episode.forfeits.values()) == 0
    signed = [contract.step for contract in episode.contracts]
    if protocol == "neg":
        assert signed == []
        said = [e for e in tape.of("say") if e["move"]["kind"] == "intend"]
        # Before the first turn all throw fireballs alike, so nobody has a price to name.
        opening = {e["seat"]: e["move"]["action"] for e in said[: len(episode.seats)]}
        assert opening == episode.steps[0].actions
    else:
        assert len(signed) > 2
        assert signed == sorted(set(signed))
