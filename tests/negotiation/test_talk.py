"""Tables that bind nobody: what may be said there, and that nothing of it is ever settled."""

import pytest

from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.errors import IllegalMove
from shapley_coop.records import (
    Accept,
    Counter,
    Halt,
    Intend,
    Propose,
    Reject,
    Wait,
)
from tests.fixtures.plays import configured, played
from tests.negotiation.tables import SEATS, pays, table


def talk(**rules):
    return table(binds=False, **rules)


def say(at, move):
    (seat,) = at.turn()
    at.step({seat: move})
    return seat


def test_every_seat_has_one_message_in_each_of_three_rounds():
    at = talk(rounds=PROTOCOLS["neg"].task_table.rounds)
    speakers = []
    while not at.over:
        speakers.append(say(at, Intend(action="go")))
    assert speakers == [*SEATS] * 3
    assert at.rounds_used == 3


def test_what_all_agree_on_is_signed_by_nobody_and_talk_goes_on():
    at = talk(rounds=2)
    say(at, Propose(terms=pays()))
    say(at, Accept(offer=1))
    say(at, Accept(offer=1))
    assert at.contract is None
    assert at.turn() == ("a",)
    assert at.standing.id == 1
    # Nobody has to answer, and who agreed may still propose something else.
    assert at.legal("a") == ("intend", "counter", "wait", "halt")
    say(at, Counter(terms=pays(price=2)))
    assert at.legal("b") == ("intend", "accept", "counter", "reject", "halt", "wait")
    say(at, Reject())
    assert at.standing is None
    say(at, Wait())
    assert at.over
    assert at.contract is None


def test_others_talk_on_while_two_are_left():
    at = talk(rounds=2)
    say(at, Halt())
    say(at, Propose(terms=pays("b", "c")))
    assert say(at, Wait()) == "c"
    assert say(at, Wait()) == "b"
    say(at, Halt())
    assert at.over


def test_only_known_actions_can_be_meant_and_nothing_is_left_to_do_after_play():
    with pytest.raises(IllegalMove, match=r"unknown action 'fly'.*go, stay"):
        say(talk(), Intend(action="fly"))
    with pytest.raises(IllegalMove, match="cannot intend"):
        say(talk(phase="split"), Intend(action="go"))
    # Where seats can sign, a clause about an action says more than a word does.
    with pytest.raises(IllegalMove, match="cannot intend"):
        say(table(), Intend(action="go"))


def test_no_answer_is_silence_and_no_refusal():
    at = talk(rounds=1)
    say(at, Propose(terms=pays()))
    say(at, None)
    assert at.standing is not None


@pytest.mark.parametrize("agent", ["rational", "selfish", "breaker", "over-claimer"])
def test_rules_say_truly_what_they_do(agent):
    episode, tape = played(configured(agent=agent, protocol="neg"))
    told = {}
    for event in tape.of("say"):
        if event["move"]["kind"] == "intend":
            told[event["seat"]] = event["move"]["action"]
    assert told == episode.steps[0].actions
    assert set(told) == set(episode.seats)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_said_nothing_is_signed_paid_or_broken(seed):
    episode, _ = played(
        configured("escape-room-n", agent="random", protocol="neg", run={"seed": seed})
    )
    assert (episode.contracts, episode.transfers, episode.breaches) == ((), (), ())
    assert episode.payoffs == episode.raw


def test_a_table_before_every_step_is_heard_in_the_next_step_alone():
    config = configured(
        "prisoners-dilemma",
        "game.rounds=2",
        "protocol.reprice_every=1",
        agent="tests.negotiation.test_talk:Listener",
        protocol="neg",
    )
    HEARD.clear()
    played(config)
    assert HEARD == [(0, ("0", "0")), (0, ("0", "0")), (1, ("1", "1")), (1, ("1", "1"))]


HEARD = []


class Listener:
    """Says once at each table which step it is, and notes what it hears when it acts."""

    needs_model = False

    def __init__(self, place):
        self.seat = place.seat

    async def believe(self, view):
        raise AssertionError("nobody is asked for beliefs where all only talk")

    async def negotiate(self, view):
        spoke = any(spoken.seat == self.seat for spoken in view.table.history)
        return Wait() if spoke else Wait(say=str(view.step))

    async def act(self, view):
        words = [spoken.move.say for spoken in view.talk if spoken.move.say]
        HEARD.append((view.step, tuple(words)))
        return view.actions[0]
