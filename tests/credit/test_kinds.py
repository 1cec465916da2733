"""The worth kinds by name: what each says of itself, and what stands in for a missing one."""

import re

import pytest

from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.credit.worth.kinds import sentence, worth_method
from shapley_coop.errors import ConfigError, PluginError
from shapley_coop.interfaces.plugins import load, names
from shapley_coop.negotiation import NegotiatedGame


@pytest.mark.parametrize("kind", ["belief", "forecast", "oracle", "replay", "rollout"])
def test_a_kind_is_found_by_its_name_and_says_a_sentence(kind):
    method = worth_method(kind)
    assert method.name == kind
    assert sentence(kind) == method.sentence
    assert re.fullmatch(r"[A-Z].*\.", method.sentence)


def test_an_unknown_kind_is_told_with_those_that_exist():
    known = ", ".join(names("worths"))
    with pytest.raises(PluginError, match=f"unknown worth 'guess'.*{known}"):
        worth_method("guess")


def test_what_is_no_worth_kind_is_refused():
    with pytest.raises(PluginError, match="must extend"):
        worth_method("builtins:dict")


def test_a_report_can_be_read_where_a_kind_is_not_installed():
    assert sentence("elsewhere") == "The worth kind 'elsewhere' is not installed here."


@pytest.mark.parametrize("kind", ["belief", "forecast", "rollout"])
def test_an_environment_refuses_kinds_that_need_what_it_lacks(kind):
    game = load("games", "escape-room")()
    with pytest.raises(ConfigError, match="environment cannot divide by it"):
        NegotiatedGame(game, divided_by("shapley"), worth=kind)
    assert (
        NegotiatedGame(game, divided_by("shapley"), worth="oracle").worth.name
        == "oracle"
    )


def divided_by(split):
    return PROTOCOLS["shapley-coop"].model_copy(update={"split": split})
