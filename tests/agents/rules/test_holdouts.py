"""What rational seats still agree on once a seat refuses what all could sign."""

import pytest

from shapley_coop.agents.rules.economy import Economy
from shapley_coop.agents.rules.holdouts import refusers, remainder
from shapley_coop.interfaces.agent import TableView, Utterance
from shapley_coop.interfaces.plugins import load
from shapley_coop.records import Accept, Clause, Counter, Halt, Offer, Reject, Terms
from tests.fixtures.plays import configured, played

DEAL = Terms(clauses=(Clause(payer="a", payee="b", price=1.0),))


OFFER = Offer(id=1, author="a", round=1, terms=DEAL)


def table(*moves, standing=OFFER):
    history = tuple(Utterance(1, seat, move, standing) for seat, move in moves)
    return TableView(
        phase="task",
        round=1,
        rounds=3,
        legal=("wait",),
        actions=(),
        standing=None,
        signed=(),
        history=history,
    )


def test_who_refuses_what_it_could_sign_or_leaves_holds_out():
    said = table(("b", Reject()), ("c", None), ("d", Halt()))
    assert refusers(said, lambda seat, terms: True) == {"b", "c", "d"}
    assert refusers(said, lambda seat, terms: seat == "c") == {"c", "d"}


def test_who_signs_or_offers_later_holds_out_no_longer():
    said = table(
        ("b", Reject()),
        ("c", Reject()),
        ("b", Counter(terms=DEAL)),
        ("c", Accept(offer=1)),
    )
    assert refusers(said, lambda seat, terms: True) == frozenset()


def test_no_answer_where_nothing_stood_refuses_nothing():
    said = table(("a", None), standing=None)
    assert refusers(said, lambda seat, terms: True) == frozenset()


def test_the_willing_plan_against_what_serves_the_others():
    game = load("games", "public-goods")()
    economy = Economy(game, rng=None)
    left = remainder(economy, game.seats[:3])
    assert left.plan == {
        "player_0": ("give-all",),
        "player_1": ("give-all",),
        "player_2": ("give-all",),
        "player_3": ("keep",),
    }
    # Three pay 10 each into a pot that doubles and is shared by four.
    assert left.credit == pytest.approx(
        {"player_0": 15, "player_1": 15, "player_2": 15}
    )


@pytest.mark.parametrize("seats", [4, 10])
def test_public_goods_are_paid_for_without_the_free_rider(seats):
    rider = f"player_{seats - 1}"
    config = configured(
        "public-goods", parameters={"seats": seats}, seats={rider: "free-rider"}
    )
    episode, _ = played(config)
    (contract,) = episode.contracts
    assert contract.offer.terms.seats == set(episode.seats) - {rider}
    # The free rider keeps its endowment of 10 and has its part of what the others pay in.
    doubled = {4: 2 * 30 / 4, 10: 5 * 90 / 10}[seats]
    assert episode.payoffs[rider] == pytest.approx(10 + doubled)
    assert all(episode.columns[s].final > 10 for s in contract.offer.terms.seats)


def test_under_a_quorum_nobody_who_is_not_bound_can_stop_a_deal():
    for quorum, parties in ((1.0, []), (0.5, [3])):
        config = configured(
            "public-goods",
            f"protocol.task_table.quorum={quorum}",
            seats={"player_3": "stubborn"},
            protocol={"name": "talk"},
        )
        episode, _ = played(config)
        assert [len(c.offer.terms.seats) for c in episode.contracts] == parties


def test_a_seat_says_why_it_makes_no_offer():
    """One fisher that holds out catches what the others spare, so they spare nothing."""
    config = configured(
        "fishery", seats={"fisher_4": "free-rider"}, protocol={"name": "talk"}
    )
    _, tape = played(config)
    words = [e["move"]["say"] for e in tape.of("say") if e["move"]["kind"] == "wait"]
    spoken = [text for text in words if text]
    assert spoken
    assert all(text.startswith("my best offer is none: it nets") for text in spoken)
    # Each seat says so once.
    assert len(spoken) <= 4
