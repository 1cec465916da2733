"""The worked examples of the documentation are as short as it says, load by path, and play."""

import functools
from pathlib import Path

import numpy as np
import pytest

from shapley_coop.interfaces import contract
from shapley_coop.interfaces.plugins import load
from tests.docs.pages import fences

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs/games-tutorial.md"
EXAMPLES = [("examples.stag_hunt:StagHunt", 15), ("examples.bridge:Bridge", 80)]


@pytest.mark.parametrize(("path", "most"), EXAMPLES)
def test_example_is_short(path, most):
    file = ROOT / (path.partition(":")[0].replace(".", "/") + ".py")
    assert len(file.read_text(encoding="utf-8").splitlines()) <= most


@pytest.mark.parametrize(("path", "most"), EXAMPLES)
def test_documentation_shows_the_example_as_it_is(path, most):
    file = path.partition(":")[0].replace(".", "/") + ".py"
    shown = TUTORIAL.read_text(encoding="utf-8")
    assert f"```python\n{(ROOT / file).read_text(encoding='utf-8')}```" in shown
    assert path in shown
    assert f"at most {most} lines" in shown


def test_the_check_of_the_tutorial_runs_as_it_stands():
    (check,) = [
        block
        for block in fences(TUTORIAL.read_text(encoding="utf-8"), "python")
        if "CHECKS" in block
    ]
    exec(check, {})


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("path", [path for path, _ in EXAMPLES])
def test_example_keeps_the_contract(path, check):
    check(functools.partial(load("games", path)))


def test_stag_hunt_worth_is_the_textbook_one():
    oracle = load("games", EXAMPLES[0][0])().oracle()
    members = np.array([[False, False], [True, False], [False, True], [True, True]])
    assert oracle.values(members).tolist() == [0, 3, 3, 8]


@pytest.mark.parametrize("planks", [1, 4, 6, 12, 13])
def test_bridge_is_built_if_it_pays(planks):
    game = load("games", EXAMPLES[1][0])(seats=4, planks=planks)
    ending = game.preview(game.plan())
    best = max(12 - planks, 0) if planks <= 12 else 0
    assert sum(ending.payoffs.values()) == best
    assert ("built" in ending.outcomes) == (planks < 12)
