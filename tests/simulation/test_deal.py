"""A play held against its deal: what was agreed, and who cost what against it."""

import pytest

from shapley_coop.interfaces.plugins import load
from shapley_coop.negotiation.promises import kept_profile, play_profile
from shapley_coop.records import (
    AtLeast,
    Clause,
    Contract,
    Does,
    Offer,
    Outcome,
    Terms,
)
from shapley_coop.simulation.measurement.deal import deal_of
from tests.fixtures.plays import configured, played


def column(episode, name):
    return [getattr(episode.columns[seat], name) for seat in episode.seats]


def test_a_saboteur_is_told_from_those_whom_it_let_down():
    config = configured("escape-room-n", seats={"player_4": "breaker"})
    episode, _ = played(config)
    assert column(episode, "potential") == pytest.approx([5.6] * 5)
    assert column(episode, "measured") == pytest.approx([-1, -1, -1, -1, 0])
    assert column(episode, "deviation") == pytest.approx([0, 0, 0, 0, -32])
    assert column(episode, "agreed") == pytest.approx([5.6] * 5, abs=1e-5)
    assert sum(column(episode, "measured")) == sum(episode.raw.values())
    # The deal would have brought 28, and the play brought -4.
    assert sum(column(episode, "deviation")) == pytest.approx(-4 - 28)


def test_where_all_keep_their_word_nobody_deviates_and_agreed_is_final():
    for game in ("escape-room", "escape-room-n", "airport-runway"):
        episode, _ = played(configured(game))
        assert episode.contracts
        assert column(episode, "deviation") == [0.0] * len(episode.seats)
        assert column(episode, "agreed") == column(episode, "final")


def test_without_a_contract_there_is_no_deviation():
    episode, _ = played(configured(protocol="solo", agent="selfish"))
    assert column(episode, "deviation") == [None, None]
    assert column(episode, "agreed") == [None, None]


def test_a_payer_that_strays_at_its_own_cost_signed_for_what_it_was_promised():
    """Who pays promised no action. What it signed is worth what its part of the plan earns."""
    config = configured("escape-room-n", seats={"player_0": "breaker"})
    episode, _ = played(config)
    assert column(episode, "agreed") == pytest.approx([5.6] * 5, abs=1e-5)
    assert column(episode, "final")[0] == pytest.approx(-4.4)
    assert column(episode, "deviation") == pytest.approx([-10, 0, 0, 0, 0])


def test_two_that_stray_share_what_neither_alone_would_have_cost():
    seats = {"player_3": "breaker", "player_4": "breaker"}
    episode, _ = played(configured("escape-room-n", seats=seats))
    first, second = column(episode, "deviation")[3:]
    assert first == pytest.approx(second)
    assert first + second == pytest.approx(sum(episode.raw.values()) - 28)


def contract(game, *clauses, step=0):
    terms = Terms(clauses=clauses)
    offer = Offer(id=1, author=game.seats[0], round=1, terms=terms)
    return Contract(offer=offer, signatures=game.seats, step=step)


def clause(payer, payee, condition, price=1.0):
    return Clause(payer=payer, payee=payee, price=price, condition=condition)


@pytest.fixture
def dilemma():
    return load("games", "prisoners-dilemma")(rounds=3)


def defected(game):
    game.start(0)
    return [game.apply(dict.fromkeys(game.seats, "defect")) for _ in range(3)]


def lines(game, *contracts):
    return kept_profile(game, 0, contracts, defected(game))


def test_paid_actions_and_fines_are_promises(dilemma):
    one, two = dilemma.seats
    paid = Does(seat=two, action="cooperate", step=1)
    fined = Does(seat=one, action="cooperate", step=2, unless=True)
    kept = lines(
        dilemma,
        contract(dilemma, clause(one, two, paid), clause(one, two, fined)),
    )
    assert kept == {
        one: ("defect", "defect", "cooperate"),
        two: ("defect", "cooperate", "defect"),
    }


def test_paying_for_somebody_elses_action_is_no_promise(dilemma):
    one, two = dilemma.seats
    others = Does(seat=one, action="cooperate", step=0)
    unless = Does(seat=two, action="cooperate", step=0, unless=True)
    kept = lines(
        dilemma, contract(dilemma, clause(one, two, others), clause(one, two, unless))
    )
    assert kept == dict.fromkeys(dilemma.seats, ("defect",) * 3)


def test_counts_are_kept_from_the_signing_step_on(dilemma):
    one, two = dilemma.seats
    twice = AtLeast(seat=two, action="cooperate", times=2)
    kept = lines(dilemma, contract(dilemma, clause(one, two, twice), step=1))
    assert kept[two] == ("defect", "cooperate", "cooperate")
    past = Does(seat=two, action="cooperate", step=0)
    kept = lines(dilemma, contract(dilemma, clause(one, two, past), step=1))
    assert kept[two] == ("defect",) * 3


def test_outcomes_bind_nobody_to_an_action(dilemma):
    one, two = dilemma.seats
    goal = Outcome(outcome=dilemma.goal)
    kept = lines(dilemma, contract(dilemma, clause(one, two, goal)))
    assert kept[two] == ("defect",) * 3


def test_a_deal_says_who_strayed(dilemma):
    one, two = dilemma.seats
    paid = Does(seat=two, action="cooperate", step=0)
    signed = [contract(dilemma, clause(one, two, paid))]
    deal = deal_of(dilemma, 0, signed, defected(dilemma))
    assert deal.strayed == (two,)
    assert deal_of(dilemma, 0, [], defected(dilemma)) is None
    game, steps = play_profile(dilemma, 0, deal.kept)
    assert not game.agents
    assert steps[0].rewards == {one: 5, two: 0}
