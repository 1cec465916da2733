"""Environments of any importable module can be named, and what cannot be found is explained."""

import sys
import types

import pytest

from shapley_coop.errors import ConfigError, PluginError
from shapley_coop.interfaces.plugins import load
from tests.fixtures.odd_environments.base import Plain

PLACE = "tests.fixtures.odd_environments"


def make(env_id, **options):
    return load("games", f"pettingzoo:{env_id}")(**options)


@pytest.fixture
def package(monkeypatch):
    """A package with a class, and with an `env` that is no function."""
    module = types.ModuleType("stranger")
    module.Plain, module.env = Plain, types.ModuleType("stranger.env")
    monkeypatch.setitem(sys.modules, "stranger", module)
    return module


@pytest.mark.parametrize("place", [f"{PLACE}.base:Plain", f"{PLACE}.base.Plain"])
def test_a_class_in_a_module_goes_by_its_path(place):
    game = make(place)
    assert game.name == f"pettingzoo:{place}"
    assert game.seats == ("a_0", "a_1")


def test_a_class_in_a_package_and_a_function_called_env(package):
    assert make("stranger.Plain").seats == ("a_0", "a_1")
    package.raw_env = Plain
    assert make("stranger").seats == ("a_0", "a_1")
    # The one that PettingZoo wraps is better.
    package.parallel_env = None
    package.env = lambda: None
    with pytest.raises(PluginError, match="makes a NoneType, which is neither"):
        make("stranger")


def test_what_a_package_holds_is_told(package):
    with pytest.raises(PluginError, match=r"of stranger 'plain'; did you mean 'Plain'"):
        make("stranger.plain")
    with pytest.raises(PluginError, match=r"known: stranger.Plain"):
        make("stranger")


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("os:sep", "is a str; name a class or a function"),
        ("json:nothing.here", "json has no 'nothing.here'"),
        ("json:loads", r"cannot be made with {}: TypeError"),
        ("json.decoder", "unknown environment of json 'decoder'"),
        ("tests.fixtures.odd_environments.failures:QuitsAtOnce", "SystemExit: 3"),
        ("no_such_package.module:env", "needs 'no_such_package', which is not instal"),
    ],
)
def test_what_is_no_environment_is_refused(place, sentence):
    with pytest.raises(PluginError, match=sentence) as refusal:
        make(place)
    assert f"pettingzoo:{place}" in str(refusal.value) or "unknown" in sentence


def test_spaces_of_another_package_are_named(package):
    class Discrete:
        def __repr__(self):
            return "Discrete(3)"

    class Old(Plain):
        def action_space(self, agent):
            return Discrete()

    package.Old = Old
    with pytest.raises(ConfigError, match=r"Discrete\(3\).*they are of .*test_lookup"):
        make("stranger.Old")
