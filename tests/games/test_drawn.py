"""Drawn matrix games: another table for every number, and the same one for the same number."""

import hashlib
import itertools

import numpy as np
import pytest

from games.dilemmas.drawn import LEAST, MOST, SCALES, DrawnMatrix
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.contract import CHECKS


@pytest.mark.parametrize("parameters", [{}, *DrawnMatrix.variants], ids=str)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_it_keeps_the_contract_of_games(check, parameters):
    check(lambda **more: DrawnMatrix(**{**parameters, **more}))


def test_a_number_is_a_table():
    tables = [DrawnMatrix(table=number) for number in range(20)]
    assert np.array_equal(DrawnMatrix(table=3).table, tables[3].table)
    assert len({game.table.tobytes() for game in tables}) == 20
    assert len({game.actions for game in tables}) > 15
    for game in tables:
        assert len(set(game.actions)) == 2
        assert np.abs(game.table).max() <= max(MOST + 1, -LEAST) * max(SCALES)


@pytest.mark.parametrize("wrong", [{"seats": 1}, {"choices": 1}, {"table": -1}])
def test_a_table_that_is_none_is_refused(wrong):
    with pytest.raises(ConfigError, match="whole number of at least"):
        DrawnMatrix(**wrong)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"choices": 100}, r"choices=100; there are \d+ words"),
        ({"seats": 40}, r"seats=40 and choices=2; that is 2\^40 profiles"),
    ],
)
def test_a_table_that_is_too_large_is_refused(wrong, why):
    with pytest.raises(ConfigError, match=why):
        DrawnMatrix(**wrong)


def test_tables_that_agents_were_trained_on_stay_what_they_are():
    drawn = hashlib.sha256()
    for seats, choices, number in itertools.product((2, 3, 4, 5), (2, 3), range(60)):
        game = DrawnMatrix(seats=seats, choices=choices, table=number)
        drawn.update(repr(game.actions).encode())
        drawn.update(game.table.tobytes())
    assert drawn.hexdigest().startswith("bedc9fde0b68075d")
