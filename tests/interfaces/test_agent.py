"""The agent port: what seats work out together, and which factories check a game."""

from shapley_coop.agents.llm.agent import LanguageModel
from shapley_coop.agents.rules.rational import Rational
from shapley_coop.interfaces.agent import Commons, GameCheck


def test_a_play_has_one_object_of_a_class_for_each_group_of_seats():
    commons = Commons()
    first = commons.once(list, list)
    assert commons.once(list, list) is first
    assert commons.once(dict, dict) == {}
    assert commons.once(list, list, ("a", "b")) is not first
    assert Commons().once(list, list) is not first


def test_a_factory_may_check_games():
    assert isinstance(Rational, GameCheck)
    assert not isinstance(LanguageModel, GameCheck)
