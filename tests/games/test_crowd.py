"""A hundred seats: what games know of themselves, and that a table of many is played to its end."""

import pytest

from benchmarks.games.crowd import cases, own_worth, play
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.plugins import load
from shapley_coop.simulation.worker import open_game


@pytest.mark.parametrize("game", list(cases(100)))
def test_each_case_has_a_hundred_seats(game):
    parameters = cases(100)[game]
    assert len(load("games", game)(**parameters).seats) == 100


@pytest.mark.parametrize("game", ["escape-room-n", "public-goods", "fishery"])
def test_rational_crowds_reach_what_their_game_can_pay(game, tmp_path):
    parameters = cases(30)[game]
    efficient, _seconds = own_worth(game, parameters)
    figures = play(game, parameters, str(tmp_path))
    assert figures["mean_total"] == pytest.approx(efficient)
    assert figures["forfeits"] == 0


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("escape-room-n", {"seats": 10**9}),
        ("fishery", {"seats": 10**9}),
        ("public-goods", {"seats": 10**9}),
        ("unanimity", {"seats": 10**9}),
        ("gloves", {"left": 10**9}),
        ("gloves", {"right": 10**9}),
    ],
)
def test_a_crowd_that_fits_in_no_memory_is_refused_at_once(name, parameters):
    with pytest.raises(ConfigError, match="give at most 10000"):
        open_game(name, parameters)
