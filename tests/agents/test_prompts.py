"""Prompts: every template has a digest, and each game finds the rules that lie beside it."""

import sys

import pytest

from games.dilemmas.classic import Chicken
from games.escape_room.paper import EscapeRoom
from games.raid.game import Raid
from shapley_coop.agents import prompts
from shapley_coop.errors import ConfigError


def test_every_template_is_in_the_package_and_has_a_digest():
    shared = {"agent/system.j2", "agent/act.j2", "games/default.j2"}
    assert shared <= set(prompts.names())
    digests = prompts.digests(EscapeRoom())
    own = {"games/escape-room.j2"}
    assert own | set(prompts.names()) <= set(digests)
    assert "games/raid.j2" not in digests
    assert len(set(digests.values())) == len(digests)
    assert digests["agent/act.j2"] == prompts.digests(Raid())["agent/act.j2"]


def test_a_template_without_a_variable_or_without_a_file_is_told():
    with pytest.raises(ConfigError, match=r"'agent/act.j2'.*undefined.*given: seat"):
        prompts.render("agent/act.j2", seat="a")
    with pytest.raises(
        ConfigError, match=r"unknown template 'agent/atc.j2'.*agent/act.j2"
    ):
        prompts.render("agent/atc.j2")
    with pytest.raises(ConfigError, match="unknown template"):
        prompts.render("../pyproject.toml")


def test_a_game_without_rules_of_its_own_gets_the_default_ones():
    class Hidden(EscapeRoom):
        name = "../agent/act"

    assert prompts.rules_template(EscapeRoom()) == "games/escape-room.j2"
    assert prompts.rules_template(Hidden()) == "games/default.j2"
    assert "You are player_0" in prompts.render_rules(
        Hidden(), seat="player_0", seats=("player_0",), facts={}
    )


def test_a_game_of_another_package_brings_its_rules_and_may_include_inherited_ones(
    tmp_path, monkeypatch
):
    package = tmp_path / "foreign_games"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "duel.py").write_text(
        "from games.dilemmas.classic import Chicken\n"
        "class Duel(Chicken):\n"
        "    name = 'duel'\n"
        "class Second(Chicken):\n"
        "    name = 'chicken'\n"
    )
    (package / "duel.j2").write_text('A duel.\n{% include "games/matrix.j2" %}')
    (package / "chicken.j2").write_text("Other rules.")
    monkeypatch.syspath_prepend(tmp_path)
    from foreign_games.duel import Duel, Second

    def rules(game):
        facts = game.facts("player_0")
        return prompts.render_rules(
            game, seat="player_0", seats=game.seats, facts=facts
        )

    assert rules(Duel()).startswith("A duel.")
    assert rules(Duel()).partition("\n")[2] == rules(Chicken()).partition("\n")[2]
    assert "games/duel.j2" in prompts.digests(Duel())
    assert rules(Second()) == "Other rules."
    own, inherited = prompts.digests(Second()), prompts.digests(Chicken())
    assert own["games/chicken.j2"] != inherited["games/chicken.j2"]
    del sys.modules["foreign_games.duel"], sys.modules["foreign_games"]
