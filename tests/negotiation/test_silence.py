"""Rounds in which nobody says anything are told apart from rounds of talk."""

from shapley_coop.interfaces.agent import Utterance
from shapley_coop.negotiation.silence import silent_rounds
from shapley_coop.records import Reject, Wait
from shapley_coop.runs.summary import summarise
from tests.fixtures.plays import configured, played


def test_a_round_is_silent_if_all_only_wait_or_forfeit():
    history = [
        Utterance(1, "a", Wait()),
        Utterance(1, "b", None),
        Utterance(2, "a", Wait()),
        Utterance(2, "b", Wait(say="I think about it.")),
        Utterance(3, "a", Reject()),
        Utterance(4, "a", Wait()),
    ]
    assert silent_rounds(history) == 2
    assert silent_rounds([]) == 0


def test_rational_seats_that_have_nothing_to_offer_do_not_talk():
    config = configured("prisoners-dilemma", agent="selfish", protocol="talk")
    episode, _ = played(config)
    rounds = config.protocol.task_table.rounds
    assert (episode.rounds, episode.silent_rounds) == (0, rounds)
    figures = summarise([episode])
    assert (figures.mean_rounds, figures.mean_silent_rounds) == (0, rounds)


def test_rounds_of_talk_are_counted_as_ever():
    episode, _ = played(configured())
    assert (episode.rounds, episode.silent_rounds) == (1, 0)
