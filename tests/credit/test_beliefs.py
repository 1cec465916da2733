"""Stated beliefs: what they amount to, where they contradict themselves, and old ones."""

import pytest

from shapley_coop.credit.beliefs import (
    contradiction,
    gap_in,
    stated_credit,
    stated_zero,
)
from shapley_coop.records import Beliefs
from tests.fixtures.plays import configured, played

FIVE = ("a", "b", "c", "d", "e")
SHARES = {"a": 4.0, "b": -1.0, "c": 0.0, "d": 2.5, "e": 0.5}


def beliefs(**fields):
    return Beliefs(**{"pot": 6.0, "externality": "none", **fields})


def test_of_more_than_four_seats_the_stated_shares_are_the_credit():
    stated = beliefs(shares=SHARES)
    assert stated_credit(stated, FIVE) == SHARES
    assert stated_zero(stated) == 0
    assert gap_in(stated, FIVE) == ""
    assert gap_in(beliefs(shares={"a": 1.0}), FIVE) == (
        "no share for ['b', 'c', 'd', 'e']"
    )
    assert gap_in(beliefs(values={"everyone": 6.0}), FIVE).startswith("no share")
    with pytest.raises(KeyError):
        stated_credit(beliefs(), FIVE)


def test_a_pot_that_contradicts_the_rest_is_named():
    two = {"nobody": 0.0, "a": -1.0, "b": -1.0, "everyone": 9.0}
    assert contradiction(beliefs(pot=9.01, values=two), ("a", "b")) == ""
    assert contradiction(beliefs(pot=-77.0, values=two), ("a", "b")) == (
        "a pot of -77.00, but 9.00 for everyone"
    )
    assert contradiction(beliefs(shares=SHARES), FIVE) == ""
    assert contradiction(beliefs(pot=7.0, shares=SHARES), FIVE) == (
        "a pot of 7.00, but shares that sum to 6.00"
    )


def test_beliefs_of_older_versions_are_read_as_they_were_written():
    values = {"nobody": 0.0, "a": 1.0, "everyone but a": 3.0, "everyone": 6.0}
    old = {"pot": 6.0, "externality": "none", "values": values, "reason": "so"}
    read = Beliefs.model_validate(old)
    assert (read.values, read.shares, read.own) == (values, None, None)
    new = beliefs(shares=SHARES, own=2.0)
    for record in (read, new):
        assert Beliefs.model_validate_json(record.model_dump_json()) == record


@pytest.mark.parametrize("game", ["null:unanimity", "null:public-goods", "null:gloves"])
def test_honest_seats_credit_a_null_seat_with_nothing(game):
    config = configured(game, worth={"kind": "belief"}, protocol="short-term")
    episode, _ = played(config)
    null = episode.seats[-1]
    many = len(episode.seats) > 4
    assert episode.credit.values[null] == pytest.approx(0, abs=1e-9)
    assert episode.credit.method == ("stated shares" if many else "shapley")
    assert (episode.credit.coalitions is None) == many
    assert episode.credit.grand == pytest.approx(sum(episode.credit.values.values()))


def test_an_over_claimer_states_a_larger_share_and_a_larger_pot():
    config = configured(
        "weighted-voting",
        seats={"germany_0": "over-claimer"},
        worth={"kind": "belief"},
        protocol="short-term",
    )
    episode, _ = played(config)
    claims = {seat: column.claimed for seat, column in episode.columns.items()}
    honest = stated_credit(episode.beliefs["france_1"], episode.seats)
    assert claims["germany_0"] == pytest.approx(2 * honest["germany_0"])
    assert claims["luxembourg_5"] == pytest.approx(0, abs=1e-9)
    assert episode.credit.values["germany_0"] == pytest.approx(
        (5 * honest["germany_0"] + claims["germany_0"]) / 6
    )
    assert episode.credit.stderr["germany_0"] > 0.01
    assert episode.credit.stderr["luxembourg_5"] == pytest.approx(0, abs=1e-9)
