"""The families: references pass, starting trees and faults do not, and seeds really differ."""

import difflib

import numpy as np
import pytest

from swe_sim.judge.judge import Judge
from swe_sim.tasks import listing, task
from swe_sim.tasks.catalogue import SEEDS
from swe_sim.tasks.families import FAMILIES
from swe_sim.tasks.mutants import draw_mutants
from swe_sim.tasks.record import DIFFICULTIES

SOLVABLE = [name for name, family in FAMILIES.items() if not family.impossible]
IMPOSSIBLE = [name for name, family in FAMILIES.items() if family.impossible]


@pytest.fixture(scope="module")
def judge():
    with Judge() as judge:
        yield judge


def rate(judge, made, tree):
    return judge.rate(tree, made.tests, weights=made.weights, expected=made.expected)


def test_there_are_24_families_and_6_impossible_ones():
    assert len(SOLVABLE) == 24
    assert len(IMPOSSIBLE) == 6
    assert {"bmi-calculator", "drawing-canvas"} <= set(SOLVABLE)
    assert {family.difficulty for family in FAMILIES.values()} == set(DIFFICULTIES)
    rows = listing()
    assert len({row["id"] for row in rows}) == len(rows) == 24 * SEEDS + 6
    assert sum(row["held_out"] for row in rows) == 24 * SEEDS // 3


@pytest.mark.parametrize("name", SOLVABLE)
def test_the_reference_passes_and_what_a_team_starts_with_does_not(judge, name):
    made = task(f"{name}-1")
    verdict = judge.rate(made.solution, {**made.tests, **made.examples})
    assert verdict.rate == 1.0, verdict.why
    assert set(made.expected) < set(verdict.tests)
    if made.files:
        assert rate(judge, made, made.files).rate < 1


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_be_passed_contradicts_itself_and_nothing_else(judge, name):
    made = task(f"{name}-0")
    assert made.impossible
    verdict = rate(judge, made, made.solution)
    failures = [node for node, passed in verdict.tests.items() if not passed]
    assert failures == [made.expected[-1]]
    # What fails asks for another outcome of the same call as the test that it is named after.
    assert failures[0].removesuffix("_again") in made.expected


def alike(one, other):
    """Return how much of two texts is the same, from 0 to 1."""
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


@pytest.mark.parametrize("name", SOLVABLE)
def test_seeds_change_rules_and_code_and_not_numbers_alone(name):
    tasks = [task(f"{name}-{seed}") for seed in range(SEEDS)]
    for reader in (
        lambda made: made.spec,
        lambda made: str(sorted(made.solution.items())),
    ):
        words = ["".join(c for c in reader(made) if not c.isdigit()) for made in tasks]
        assert len(set(words)) == SEEDS
    assert any(alike(tasks[0].spec, made.spec) < 0.97 for made in tasks[1:])


@pytest.mark.parametrize("name", ["route-planner", "broken-cache"])
def test_hidden_tests_catch_nearly_all_faults(judge, name):
    made = task(f"{name}-2")
    faults = draw_mutants(made.solution, 8, np.random.default_rng(7))
    assert len({fault.kind for fault in faults}) >= 7
    caught = [rate(judge, made, fault.tree).rate < 1 for fault in faults]
    assert sum(caught) >= 7


def test_work_items_follow_the_imports_of_the_files():
    made = task("little-calculator-0")
    after = {item.name: item.after for item in made.items}
    assert after["write tokens.py"] == ("plan",)
    assert "write tokens.py" in after["write parser_of.py"]
    assert "write parser_of.py" in after["write values.py"]
    assert set(after["review"]) == {
        item.name for item in made.items if item.skill == "code"
    }
