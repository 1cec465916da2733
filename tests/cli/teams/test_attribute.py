"""The command `attribute`."""

import json
from xml.etree import ElementTree as ET

import pytest

from shapley_coop.cli.main import main

TEAM = ["attribute", "examples.team:score", "--members", "planner,coder,tester"]


def exit_code(arguments):
    try:
        main(arguments)
    except SystemExit as ending:
        return ending.code
    return 0


def test_a_team_is_told_as_a_table(capsys):
    assert exit_code([*TEAM, "--budget", "48", "--workers", "1"]) == 0
    shown = capsys.readouterr().out
    assert "coder" in shown
    assert "cheapest team" in shown


def test_a_script_reads_values_intervals_and_demands(capsys, tmp_path):
    junit = tmp_path / "credit.xml"
    demands = ["--assert", "coder > planner", "--assert", "tester > 0.3"]
    code = exit_code(
        [
            *TEAM,
            "--budget",
            "48",
            "--workers",
            "1",
            "--json",
            "--junit",
            str(junit),
            *demands,
        ]
    )
    said = json.loads(capsys.readouterr().out)
    assert code == 1
    assert said["ranking"][0] == "coder"
    assert [row["status"] for row in said["demands"]] == ["passed", "failed"]
    suite = ET.parse(junit).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")


def test_what_the_budget_does_not_decide_has_a_code_of_its_own(capsys):
    assert exit_code([*TEAM, "--budget", "8", "--assert", "tester > 0"]) == 3
    assert "undecided" in capsys.readouterr().out


def test_a_command_is_a_team_too(capsys):
    options = ["--members", "a,b", "--budget", "4", "--exact", "--json"]
    command = "python3 -c \"print(3 - len('{absent}'.replace(',', '')))\""
    assert exit_code(["attribute", "--command", command, *options]) == 0
    assert json.loads(capsys.readouterr().out)["values"] == {"a": 1.0, "b": 1.0}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["attribute", "--members", "a,b"], "not both"),
        (["attribute", "nothing", "--members", "a,b"], "module:function"),
        (["attribute", "no.such:team", "--members", "a,b"], "failed to load"),
        ([*TEAM, "--budget", "2"], "budget of 2"),
        ([*TEAM, "--assert", "codr > 0"], "did you mean 'coder'"),
    ],
)
def test_what_cannot_be_attributed_is_bad_input(arguments, words, capsys):
    assert exit_code(arguments) == 2
    assert words in capsys.readouterr().err
