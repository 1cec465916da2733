"""A game and its parameters as a short text: read, written, drawn."""

import pytest

from shapley_coop.config.game_choice import GameChoice
from shapley_coop.config.seeds import generator
from shapley_coop.errors import ConfigError


@pytest.mark.parametrize("text", ["escape-room,", "escape-room,seats", "x,=3"])
def test_a_game_that_sets_nothing_is_refused(text):
    with pytest.raises(ConfigError, match="parameter=value"):
        GameChoice.read(text)


def test_lists_tables_and_quotations_keep_their_commas():
    choice = GameChoice.read(
        'x,costs=[1, 2],deal={a = 1, b = 2},note="one, two",seats=3'
    )
    assert choice.name == "x"
    assert choice.parameters == {
        "costs": [1, 2],
        "deal": {"a": 1, "b": 2},
        "note": "one, two",
        "seats": 3,
    }


@pytest.mark.parametrize(
    "value", [True, 3, 2.5, "plain", "7", "true", "a, b", [1, 2], ["a", [1.5, True]]]
)
def test_what_is_written_is_read_again(value):
    choice = GameChoice("x", {"first": value, "second": 1})
    assert GameChoice.read(choice.text) == choice
    assert GameChoice.of_table(choice.table) == choice


def test_stars_alone_are_drawn():
    choice = GameChoice.read("x,table=*,seats=3")
    drawn = choice.draw(generator(0, "test"))
    assert choice.is_drawn
    assert not drawn.is_drawn
    assert drawn.parameters["seats"] == 3
    assert isinstance(drawn.parameters["table"], int)
