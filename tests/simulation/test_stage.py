"""One episode: re-opened tables, settlement by protocol, and what each seat may see."""

import asyncio

import pytest

from shapley_coop.errors import IllegalMove
from shapley_coop.records import (
    Accept,
    Beliefs,
    Clause,
    Does,
    Halt,
    Propose,
    Terms,
    Wait,
)
from shapley_coop.runs.store import NullRecorder
from shapley_coop.simulation.casting import configured_cast
from shapley_coop.simulation.stage import Stage
from shapley_coop.simulation.worker import make_game
from tests.fixtures.plays import configured, played


class Patient:
    """Does nothing for two steps, where `player_0` offers to pay for the lever whenever asked."""

    needs_model = False

    def __init__(self, place):
        self.seat = place.seat
        self.views = place.shared.once(list, list)

    async def believe(self, view):
        return None

    async def negotiate(self, view):
        self.views.append(view)
        table = view.table
        if table.standing is not None:
            return Accept(offer=table.standing.id)
        if self.seat != "player_0":
            return Wait()
        promise = Does(seat="player_1", action="lever", step=view.step)
        return Propose(
            terms=Terms(
                clauses=(
                    Clause(
                        payer="player_0", payee="player_1", price=2.0, condition=promise
                    ),
                )
            )
        )

    async def act(self, view):
        if view.step < 2:
            return "start"
        return "lever" if self.seat == "player_1" else "door"


class Faulty(Patient):
    """Answers what nobody asked for."""

    async def believe(self, view):
        return Beliefs(pot=1, externality="none", values={"everyone": 1})

    async def negotiate(self, view):
        return Accept(offer=99)

    async def act(self, view):
        if self.seat == "player_0":
            raise IllegalMove("\x1b[31mno idea")
        return "../../fly\x1b[0m"


class Leaver(Patient):
    """Leaves every table."""

    async def negotiate(self, view):
        return Halt()


def room(agent, *overrides, **protocol):
    return configured(
        "escape-room-n",
        *overrides,
        parameters={"seats": 3, "levers": 1, "horizon": 5},
        agent=f"{__name__}:{agent}",
        protocol={"name": "talk", **protocol},
    )


@pytest.mark.parametrize(("every", "tables"), [(0, [0]), (1, [0, 1, 2]), (2, [0, 2])])
def test_the_task_table_re_opens_as_often_as_the_protocol_says(every, tables):
    episode, tape = played(room("Patient", reprice_every=every))
    assert [contract.step for contract in episode.contracts] == tables
    assert episode.rounds == len(tables)
    assert len(tape.of("sign")) == len(tables)
    # Only the promise for the step in which the lever was pulled is due and kept.
    due = 2 in tables
    assert sum(t.micro for t in episode.transfers) == (2_000_000 if due else 0)
    assert len(episode.breaches) == len(tables) - due
    assert episode.ledger_residual == 0


def test_escrow_forfeits_a_deposit_for_every_broken_promise():
    episode, _ = played(
        room("Patient", reprice_every=1, settlement="escrow", deposit=1.5)
    )
    deposits = [t for t in episode.transfers if t.reason == "deposit"]
    assert {(t.payer, t.payee, t.micro) for t in deposits} == {
        ("player_1", "player_0", 1_500_000)
    }
    assert len(deposits) == 2
    assert episode.payoffs["player_0"] == 10 - 2 + 3


def test_answers_that_nobody_asked_for_are_forfeits_with_reasons():
    episode, tape = played(room("Faulty", short_term=True, task_table={"rounds": 1}))
    reasons = [(e["seat"], e["moment"], e["reason"]) for e in tape.of("forfeit")]
    assert (
        len(reasons) == sum(episode.forfeits.values()) == 3 + 3 + 3 * len(episode.steps)
    )
    assert any(r == ("player_0", "act", "no idea") for r in reasons)
    assert any(r[1] == "act" and "'../../fly' is not legal" in r[2] for r in reasons)
    assert any(r[1] == "believe" and "no value for" in r[2] for r in reasons)
    assert any(r[1] == "negotiate" and "cannot accept now" in r[2] for r in reasons)
    assert set(episode.steps[0].actions.values()) == {"start"}
    assert not episode.contracts


def test_a_halt_ends_a_unanimous_table_at_once():
    episode, tape = played(room("Leaver"))
    assert episode.rounds == 1
    assert len(tape.of("view")) == 1
    assert not episode.contracts


def test_views_hold_what_a_seat_may_see():
    config = room("Patient", reprice_every=2)
    game = make_game(config)
    stage = Stage(game, configured_cast(config, game), config, 0, NullRecorder())
    views = stage.agents["player_0"].views
    asyncio.run(stage.negotiate_and_act())
    first, last = views[0], views[-1]
    assert first.seats == game.seats
    assert first.contracts == ()
    assert first.steps == ()
    assert first.outside.value == 0
    assert len(last.contracts) == 1
    (terms,) = last.promises
    assert [clause.payer for clause in terms.clauses] == ["player_0"]
    assert len(last.steps) == last.step == 2
    assert last.measured is None


def test_a_single_present_seat_does_not_negotiate():
    config = room("Patient")
    game = make_game(config)
    stage = Stage(
        game,
        configured_cast(config, game),
        config,
        0,
        NullRecorder(),
        present=frozenset({"player_1"}),
    )
    asyncio.run(stage.negotiate_and_act())
    assert stage.rounds == 0
    assert stage.raw() == {"player_0": 0, "player_1": -1, "player_2": 0}


def test_the_rounds_of_both_tables_are_told():
    episode, _ = played(configured())
    assert (episode.rounds, episode.split_rounds) == (1, 1)
    assert episode.division.offer.terms.shares == pytest.approx(
        {"player_0": 0.5, "player_1": 0.5}
    )
