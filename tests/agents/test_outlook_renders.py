"""Golden renders: what seats are told that their actions bring, and when nothing is told."""

import json
from dataclasses import replace

from shapley_coop.agents.briefing import state_text
from shapley_coop.interfaces.plugins import load
from shapley_coop.records import Step
from tests.agents.llm.test_agent import models, sensible
from tests.agents.rules.test_rational import table_view
from tests.fixtures.plays import configured, played

AT_THE_TABLE = """\
What you hold in the end by your action now, if all keep what they sign and else play safe:
With the standing offer: {offered}.
Without it: {signed}."""


def told(config, answer=sensible, seat="player_1"):
    """Play an episode and return what a seat was asked, by purpose, its last question each."""
    asked = {}

    def listen(asker, purpose, messages, schema):
        if asker == seat:
            asked[purpose] = messages[1].content
        return answer(asker, purpose, messages, schema)

    played(config, answer=listen)
    return asked


def test_the_offer_beside_no_deal_and_the_contract_in_force():
    asked = told(models(protocol="talk"))
    expected = AT_THE_TABLE.format(
        offered="door -1, lever 4.5", signed="door -1, lever -1"
    )
    assert expected in asked["task/negotiate"]
    assert asked["play/act"].endswith(
        "Signed: player_0 pays player_1 5.50 if player_1 does lever at step 0.\n"
        "What you hold in the end by your action now, if all keep what they sign and else play "
        "safe:\n"
        "door -1, lever 4.5.\n"
        "Choose your action now: door or lever."
    )
    payer = told(models(protocol="talk"), seat="player_0")
    assert "\ndoor 4.5, lever -6.5.\n" in payer["play/act"]


def test_what_the_protocol_makes_of_it_is_said():
    def line(**protocol):
        asked = told(models(protocol={"name": "talk", **protocol}))
        rows = asked["play/act"].splitlines()
        (start,) = (n for n, row in enumerate(rows) if row.startswith("What you hold"))
        return rows[start], rows[start + 1]

    head, figures = line(price_bound="plan")
    assert "and else follow the best plan of the game:" in head
    assert figures == "door -1, lever 4.5."
    head, _ = line(split="equal")
    assert head.endswith("play safe, before the total is divided:")
    head, figures = line(settlement="cheap-talk")
    assert head.endswith("play safe, payments that nobody enforces left out:")
    assert figures == "door -1, lever -1."


def test_the_offer_of_a_division():
    asked = told(models())
    assert "\nThe standing offer leaves you 4.5.\n" in asked["split/negotiate"]


def test_the_switch_turns_it_off():
    asked = told(models(protocol={"name": "shapley-coop", "arithmetic": False}))
    assert len(asked) == 5
    for text in asked.values():
        assert "What you hold in the end" not in text
        assert "leaves you" not in text


def test_nothing_is_told_of_what_is_neither_signed_nor_offered():
    asked = told(models(protocol="solo"))
    assert "What you hold" not in asked["play/act"]
    silent = told(models(protocol="talk"), seat="player_0")
    assert "What you hold" not in silent["task/negotiate"]


def test_it_stays_short_at_twenty_seats():
    deal = {
        "payer": "player_0",
        "payee": "player_1",
        "price": 2,
        "unit": "reward",
        "seat": "player_1",
        "action": "lever",
    }

    def answer(seat, purpose, messages, schema):
        if purpose == "play/act":
            return json.dumps({"reason": "", "action": "door"})
        kinds = json.dumps(schema)
        if '"accept"' in kinds:
            return json.dumps({"move": {"kind": "accept", "say": ""}})
        move = {"kind": "propose", "clauses": [deal], "say": ""}
        return json.dumps({"move": move})

    game = "escape-room-n"
    parameters = {"seats": 20, "levers": 7}
    config = configured(game, agent="llm", parameters=parameters, protocol="talk")
    asked = told(config, answer)
    _, _, rest = asked["task/negotiate"].partition("What you hold in the end")
    block = rest.split("\n\n")[0].split("\nRound")[0]
    assert len(block) < 300
    for action in load("games", game)(**parameters).actions:
        assert action in block


def test_a_split_table_of_twenty_seats_stays_short():
    seats = tuple(f"player_{number}" for number in range(20))
    held = dict.fromkeys(seats, 10.0) | {"player_3": -1.0}
    step = Step(actions=dict.fromkeys(seats, "door"), rewards=held)
    seen = replace(
        table_view("player_3"),
        seats=seats,
        payoffs=held,
        phi=dict.fromkeys(seats, 9.45),
        steps=(step,) * 30,
    )
    seen = replace(seen, table=replace(seen.table, phase="split", standing=None))
    text = state_text(seen, "negotiate")
    assert (
        "Otherwise: player_3 -1, each of player_0, player_1 … player_19 (19 seats) 10."
        in text
    )
    assert "Step 29: each of player_0, player_1 … player_19 (19 seats) door" in text
    assert "; player_3 door, paid -1." in text
    assert len(text) < 3000


def test_a_deposit_is_told_before_anything_is_signed():
    protocol = {"name": "talk", "settlement": "escrow", "deposit": 2.5}
    asked = told(models(protocol=protocol))
    escrow = "Who signs leaves 2.5 in escrow for each promise to act."
    assert escrow in asked["task/negotiate"]
    assert escrow not in told(models(protocol="talk"))["task/negotiate"]
