"""Rows of a rule agent: what a seat would be sent, and an answer that it may write."""

import json
import re

import pytest

from shapley_coop.agents.llm import json_answers
from shapley_coop.agents.llm.json_answers import amount
from shapley_coop.config.game_choice import GameChoice
from shapley_coop.errors import ConfigError
from shapley_coop.llm.backends.numerals import number_pattern
from shapley_coop.rl.training.imitation.curriculum import draw_config
from shapley_coop.rl.training.imitation.plays import MOST_REPEATS, demonstrate
from shapley_coop.rl.training.reinforcement.course import reinforce
from tests.rl.training.recurrent import order, silent

GAMES = (
    "escape-room",
    "escape-room-n,seats=3,levers=1",
    "prisoners-dilemma,rounds=2",
    "games.dilemmas.drawn:DrawnMatrix,seats=3,table=*",
    "public-goods,seats=3",
    "trust",
    "task-market",
)


def lessons(games=GAMES, episodes=40, seed=5):
    choices = [GameChoice.read(game) for game in games]
    return demonstrate(
        choices, "rational", episodes=episodes, seed=seed, listen=lambda count: None
    )


def fits(value, schema):
    """Return whether a value is an instance of a schema, its fields in the schema's order."""
    if "enum" in schema:
        return value in schema["enum"]
    if "anyOf" in schema:
        return any(fits(value, option) for option in schema["anyOf"])
    match schema["type"]:
        case "string":
            return isinstance(value, str) and len(value) <= schema["maxLength"]
        case "number" | "integer":
            return bool(re.fullmatch(number_pattern(schema), json.dumps(value)))
        case "array":
            few = schema["minItems"] <= len(value) <= schema["maxItems"]
            return few and all(fits(item, schema["items"]) for item in value)
        case _:
            properties = schema["properties"]
            if list(value) != list(properties):
                return False
            return all(fits(value[name], part) for name, part in properties.items())


def test_every_answer_is_one_that_the_grammar_lets_a_model_write():
    found = lessons()
    assert len(found.rows) > 200
    for row in found.rows:
        assert fits(json.loads(row.answer), row.schema), (row.game, row.answer)
        assert row.answer == json.dumps(
            json.loads(row.answer), separators=(",", ":"), ensure_ascii=False
        )
    purposes = {row.purpose for row in found.rows}
    assert {"task/believe", "task/negotiate", "play/act", "split/negotiate"} <= purposes


def test_what_no_model_may_write_is_counted_and_never_dropped_in_silence():
    found = lessons(("public-goods,seats=3",), episodes=12)
    assert sum(found.unreadable.values()) > 0
    assert "clauses" in next(iter(found.unreadable))
    assert found.figures()["unreadable"] == dict(found.unreadable)


def test_teachers_reach_their_goal_through_what_they_wrote():
    # Alone with their like, rational seats escape. Half of the episodes have another at a seat.
    found = lessons(("escape-room",), episodes=30)
    assert found.successes >= 15


def test_equal_rows_are_capped_and_counted():
    found = lessons(("escape-room",), episodes=200)
    counts = {}
    for row in found.rows:
        name = (row.messages, row.answer)
        counts[name] = counts.get(name, 0) + 1
    assert max(counts.values()) == MOST_REPEATS
    assert found.repeats > 0


def test_the_same_seed_gives_the_same_rows():
    first, again = (lessons(episodes=5) for _ in range(2))
    other = lessons(episodes=5, seed=6)
    assert first.rows == again.rows
    assert first.rows != other.rows


@pytest.mark.parametrize(
    ("value", "favour", "written"),
    [
        (-1.0, "", "-1"),
        (4.5, "", "4.5"),
        (-0.0, "", "0"),
        (22 / 3, "up", "7.34"),
        (22 / 3, "down", "7.33"),
        (0.29, "up", "0.29"),
        (0.29, "down", "0.29"),
        (19 / 3, "", "6.33"),
    ],
)
def test_amounts_have_two_decimals(value, favour, written):
    assert json.dumps(amount(value, favour=favour)) == written


def test_a_teacher_that_asks_a_model_is_refused():
    with pytest.raises(ConfigError, match="asks a model or a person"):
        demonstrate(
            [GameChoice.read("escape-room")],
            "llm",
            episodes=1,
            seed=0,
            listen=lambda count: None,
        )


def test_a_recurrent_policy_can_be_imitated(tmp_path):
    folder = reinforce(order(16), tmp_path, silent)
    found = demonstrate(
        [GameChoice.read("escape-room-n,seats=2,levers=1")],
        f"policy:{folder}",
        episodes=4,
        seed=0,
        listen=lambda count: None,
    )
    assert {row.game for row in found.rows} == {"escape-room-n"}
    assert {"play/act"} <= {row.purpose for row in found.rows}
    assert all(json.loads(row.answer) for row in found.rows)


def test_a_star_is_drawn_anew_for_every_episode():
    choice = GameChoice.read("games.dilemmas.drawn:DrawnMatrix,seats=3,table=*")
    tables = [draw_config([choice], 0, index).game["table"] for index in range(4)]
    assert len(set(tables)) == 4
    assert draw_config([choice], 0, 2).game["table"] == tables[2]
    assert draw_config([choice], 0, 2).game["seats"] == 3


def test_moves_without_an_offer_are_left_alone():
    from shapley_coop.records import Wait

    move = Wait()
    assert json_answers.shorten(move, None) is move
