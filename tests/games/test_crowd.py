"""A hundred seats: what games know of themselves, and that a table of many is played to its end."""

import pytest

from benchmarks.games.crowd import cases, own_worth, play
from shapley_coop.interfaces.plugins import load


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
