"""The rules that language models are told hold every number of the game and miss no variable."""

import pytest

from shapley_coop.agents.prompts import DEFAULT_RULES, render, render_rules
from shapley_coop.interfaces.contract.plays import walk
from shapley_coop.interfaces.plugins import load, names


def rendered(game, seat):
    return render_rules(game, seat=seat, facts=game.facts(seat), seats=list(game.seats))


@pytest.mark.parametrize("name", names("games"))
def test_rules_render_at_every_moment(name):
    for parameters in ({}, *load("games", name).variants):
        for game in walk(load("games", name)(**parameters), 2):
            for seat in game.seats:
                own = rendered(game, seat)
                default = render(
                    DEFAULT_RULES, seat=seat, facts=game.facts(seat), seats=game.seats
                )
                assert seat in own
                assert "\n\n" not in own
                assert f"You are {seat}." in default
                assert all(key.replace("_", " ") in default for key in game.facts(seat))


def test_escape_room_lists_every_payoff_in_the_second_person():
    text = rendered(load("games", "escape-room")(), "player_1")
    assert (
        "You take door and player_0 takes lever: you get 10, player_0 gets -1." in text
    )
    assert (
        "You take lever and player_0 takes door: you get -1, player_0 gets 10." in text
    )
    assert text.count("you get -1, player_0 gets -1") == 2
    assert "There is one round only" in text


def test_escape_room_n_says_how_many_levers_and_who_is_where():
    game = load("games", "escape-room-n")(seats=20, levers=7)
    text = rendered(game, "player_3")
    assert "at least 7 of you choose the lever" in text
    assert "At start: 20 players." in text
    assert "At lever: nobody." in text
    small = load("games", "escape-room-n")(seats=2, levers=1)
    assert "At start: player_0, player_1." in rendered(small, "player_0")
