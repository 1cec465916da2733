"""One contract for every registered game, in every parameter set that it declares."""

import functools

import pytest

from shapley_coop.interfaces import contract
from shapley_coop.interfaces.plugins import load, names

CASES = [
    pytest.param(name, parameters, id=f"{name}-{number}")
    for name in names("games")
    for number, parameters in enumerate(({}, *load("games", name).variants))
]


def test_some_games_are_registered():
    assert {"escape-room", "escape-room-n"} <= set(names("games"))


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize(("name", "parameters"), CASES)
def test_contract(name, parameters, check):
    check(functools.partial(load("games", name), **parameters))
