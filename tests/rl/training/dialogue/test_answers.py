"""Recorded answers: which are compared with which, and what credit each gets."""

import asyncio
from itertools import combinations

import pytest

from shapley_coop.config.resolve import resolve
from shapley_coop.errors import ConfigError, RunFolderError
from shapley_coop.interfaces.model import Message
from shapley_coop.records import Episode
from shapley_coop.rl.training.dialogue import answers as answers_module
from shapley_coop.rl.training.dialogue.answers import (
    RecordedAnswer,
    answers_of,
    game_of_runs,
    weigh,
)
from shapley_coop.rl.training.dialogue.recorded_pays import RECORDED_PAYS
from shapley_coop.simulation.run import run
from tests.rl.training.dialogue.stored import run_of

PROMPT = (Message(role="user", content="what do you do?"),)


@pytest.mark.parametrize("grouping", ["seat", "turn"])
def test_credit_of_equal_answers_is_summed_and_that_of_a_group_is_0(recorded, grouping):
    weighed = weigh([recorded], "individual", "grpo", grouping)
    answers, episodes = answers_of(recorded, 0)
    assert len(episodes) == 6
    different = {(answer.messages, answer.text) for answer in answers}
    assert len(weighed) == len(different)
    total = sum(answer.praise + answer.blame for answer in weighed)
    if grouping == "turn":
        # Each group's credit is centred, and here a group holds one answer of each member.
        assert total == pytest.approx(0.0, abs=1e-6)
    assert any(answer.praise > 0 for answer in weighed)
    assert any(answer.blame < 0 for answer in weighed)


def test_what_a_seat_gets_decides_who_is_praised(recorded):
    answers, episodes = answers_of(recorded, 0)
    weighed = weigh([recorded], "individual", "grpo(divide=false)", "turn")
    credit = {(w.messages, w.text): w.praise + w.blame for w in weighed}
    firsts = [
        answer for answer in answers if (answer.seat, answer.turn) == ("player_0", 0)
    ]
    paid = [episodes[answer.episode].payoffs["player_0"] for answer in firsts]
    mean = sum(paid) / len(paid)
    alone = [
        (answer, own)
        for answer, own in zip(firsts, paid, strict=True)
        if [(a.messages, a.text) for a in answers].count((answer.messages, answer.text))
        == 1
    ]
    assert alone
    for answer, own in alone:
        expected = (own - mean) / len(answers)
        assert credit[answer.messages, answer.text] == pytest.approx(expected)


def credit_by_answer(recorded, pay, credit):
    weighed = weigh([recorded], pay, credit, "seat")
    return [answer.praise + answer.blame for answer in weighed]


def test_every_pay_and_every_credit_method_weighs_otherwise(tmp_path):
    # Of two seats both are needed, so only a third one tells an equal part from the credit.
    recorded = run_of({"id": "escape-room-n", "seats": 3, "levers": 1}, tmp_path)
    # Divided by its spread, credit of a team's pay is that of equal pay.
    by_pay = {
        pay: credit_by_answer(recorded, pay, "grpo(divide=false)")
        for pay in RECORDED_PAYS
    }
    by_method = {
        credit: credit_by_answer(recorded, "individual", credit)
        for credit in ("grpo", "gigpo", "gae")
    }
    for table in (by_pay, by_method):
        for one, other in combinations(table, 2):
            assert table[one] != pytest.approx(table[other]), (one, other)


@pytest.mark.parametrize(
    ("pay", "credit", "says"),
    [
        ("shapely", "grpo", "shapley"),
        ("team", "gpro", "no method 'gpro'"),
        ("team", "shapley*grpo", "cannot be used on answers"),
    ],
)
def test_what_cannot_be_weighed_is_told(recorded, pay, credit, says):
    with pytest.raises(ConfigError, match=says):
        weigh([recorded], pay, credit, "seat")


def test_no_numbers_of_runs_and_episodes_fall_together():
    # By 1,000,000 a run and 1000 an episode, both of these would be one row.
    episode = Episode(index=0, seed=0, seats=("a", "b"), payoffs={"a": 1.0, "b": 2.0})
    far = episode.model_copy(update={"index": 1_000_000})
    numbers = {}
    rows = []
    for number, played in ((0, far), (1, episode)):
        answers = [
            RecordedAnswer(number, played.index, "b", turn, PROMPT, f"{number} {turn}")
            for turn in (0, 1000)
        ]
        paid = {played.index: played.payoffs}
        rows += answers_module._rows(answers, {played.index: played}, paid, numbers)
    assert [row.episode for row in rows] == [0, 0, 1, 1]
    # Seats have the numbers of their game, whichever of them a model played.
    assert {row.seat for row in rows} == {1}
    alone = answers_module._numbered(rows, "turn")
    assert len({row.episode for row in alone}) == 4


def test_runs_of_other_games_or_protocols_are_not_compared(tmp_path, recorded):
    game = {"id": "escape-room"}
    game_of_runs([recorded, recorded], game)
    with pytest.raises(RunFolderError, match="'stag-hunt'"):
        game_of_runs([recorded], {"id": "stag-hunt"})
    with pytest.raises(RunFolderError, match="'seats': 3"):
        game_of_runs([recorded], {**game, "seats": 3})
    raw = {"game": game, "agent": "selfish", "protocol": {"name": "solo"}}
    other = asyncio.run(run(resolve(raw), tmp_path)).path
    with pytest.raises(RunFolderError, match="differ in their game or protocol"):
        game_of_runs([recorded, other], game)


def test_a_run_without_answers_is_told(tmp_path):
    raw = {"game": {"id": "escape-room"}, "agent": "selfish"}
    played = asyncio.run(run(resolve(raw), tmp_path)).path
    with pytest.raises(RunFolderError, match="no answer of a language model"):
        answers_of(played, 0)
