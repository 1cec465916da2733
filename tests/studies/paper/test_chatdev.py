"""The divisions of the paper's software team, and the ranges that its counts of work give."""

import json

import pytest

from shapley_coop.studies.paper.chatdev import (
    adjustment,
    mean_adjustment,
    middle_shares,
    ranges,
)
from shapley_coop.studies.paper.work_published import OTHER_REWARDS, PROJECTS


@pytest.mark.parametrize("name", PROJECTS)
def test_printed_ranges_follow_from_the_printed_counts(name):
    project = PROJECTS[name]
    for role, bounds in ranges(project).items():
        assert bounds == pytest.approx(project[role].range, abs=0.06)
    assert sum(role.reward for role in project.values()) == 100
    assert sum(OTHER_REWARDS[name][1].values()) == 100


@pytest.mark.parametrize(
    ("role", "expected"),
    [("CTO", -13.3), ("Programmer", 5.9), ("CPO", -5.6), ("CEO", 0), ("Reviewer", 0)],
)
def test_adjustments_are_those_of_table_3(role, expected):
    row = PROJECTS["BMI calculator"][role]
    bounds = ranges(PROJECTS["BMI calculator"])[role]
    assert adjustment(row.reward, bounds) == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize("name", PROJECTS)
def test_the_middles_of_the_ranges_divide_better_than_anybody_did(name):
    project = PROJECTS[name]
    middles = middle_shares(project)
    assert sum(middles.values()) == pytest.approx(100)
    paper = {role: row.reward for role, row in project.items()}
    assert mean_adjustment(middles, project) < mean_adjustment(paper, project)


def test_the_command_shows_both_projects_and_plays_nothing(cli):
    code, out, _ = cli("reproduce", "chatdev", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["configurations"] == []
    assert all(bar["holds"] for bar in found["bars"])
    assert {"weights", "work log", "human"} == set(found["inconsistencies"])
    titles = [table["title"] for table in found["tables"]]
    assert titles[:2] == ["Software team, BMI calculator", "Software team, ArtCanvas"]
    cto = next(row for row in found["tables"][0]["rows"] if row[0] == "CTO")
    assert cto[4] == "25.0 (-13.3)"
