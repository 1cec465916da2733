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


def test_the_played_work_stands_beside_table_3(cli):
    command = ("reproduce", "chatdev", "-n", 1, "--set", "worth.kind=replay", "--json")
    code, out, _ = cli(*command)
    found = json.loads(out)
    assert code == 0
    names = [row["configuration"] for row in found["configurations"]]
    assert names == [
        {"project": project, "configuration": configuration}
        for project in PROJECTS
        for configuration in ("sc", "talk")
    ]
    assert all(bar["holds"] for bar in found["bars"])
    assert {"weights", "work log", "human"} == set(found["inconsistencies"])
    tables = {table["title"]: table["rows"] for table in found["tables"]}
    printed = {row[0]: row for row in tables["Software team, BMI calculator"]}
    assert printed["CTO"][4] == "25.0 (-13.3)"
    here = {row[0]: row for row in tables["Software team, BMI calculator played here"]}
    assert list(here) == list(PROJECTS["BMI calculator"])
    # The paper's range and reward, then the shares of one play, which sum to the whole.
    assert here["Programmer"][1:3] == ["30.9 to 47.1", "25.00"]
    for column in range(4, 9):
        shares = [float(row[column]) for row in here.values()]
        assert sum(shares) == pytest.approx(100, abs=0.4)
    # All of the code is the programmer's, whatever it is worth.
    assert here["Programmer"][3].startswith("27.0")
    labels = [row[0] for row in tables["Software team, divisions against credit"]]
    assert "ArtCanvas, SC, by evidence" in labels
    assert "ArtCanvas, fair negotiation, as claimed" not in labels
