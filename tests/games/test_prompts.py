"""The rules that language models are told hold every number of the game and miss no variable."""

from pathlib import Path

import jinja2
import pytest

from shapley_coop.interfaces.contract.plays import walk
from shapley_coop.interfaces.plugins import load, names

PROMPTS = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parents[2] / "prompts"),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,
)


def template(name):
    """Return a game's own template, or the default where its facts speak for themselves."""
    return name if f"games/{name}.j2" in PROMPTS.list_templates() else "default"


def rendered(game, seat, name):
    template = PROMPTS.get_template(f"games/{name}.j2")
    return template.render(seat=seat, facts=game.facts(seat), seats=list(game.seats))


@pytest.mark.parametrize("name", names("games"))
def test_rules_render_at_every_moment(name):
    for parameters in ({}, *load("games", name).variants):
        for game in walk(load("games", name)(**parameters), 2):
            for seat in game.seats:
                own, default = (
                    rendered(game, seat, template(name)),
                    rendered(game, seat, "default"),
                )
                assert seat in own
                assert "\n\n" not in own
                assert f"You are {seat}." in default
                assert all(key.replace("_", " ") in default for key in game.facts(seat))


def test_escape_room_lists_every_payoff_in_the_second_person():
    text = rendered(load("games", "escape-room")(), "player_1", "escape-room")
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
    text = rendered(game, "player_3", "escape-room-n")
    assert "at least 7 of you choose the lever" in text
    assert "At start: 20 players." in text
    assert "At lever: nobody." in text
    small = load("games", "escape-room-n")(seats=2, levers=1)
    assert "At start: player_0, player_1." in rendered(
        small, "player_0", "escape-room-n"
    )
