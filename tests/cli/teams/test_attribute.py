"""The command `attribute`."""

import json
import sys
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


KEY = "canaryzq-9911-secretvalue"
TALKERS = f"""
import sys


def fails(present):
    if present == {{"a"}}:
        raise RuntimeError("no {KEY[:9]}\\\\n{KEY[9:]}")
    return len(present)


def ends(present):
    if present == {{"a"}}:
        sys.exit("{KEY}")
    return len(present)
"""


@pytest.mark.parametrize("team", ["fails", "ends"])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_run_that_fails_or_ends_the_program_is_told_without_its_keys(
    team, form, cli, tmp_path, monkeypatch
):
    monkeypatch.setenv("MY_SECRET", KEY)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "talking_team", raising=False)
    (tmp_path / "talking_team.py").write_text(TALKERS)
    members = f"a,b,{KEY}"
    line = ["attribute", f"talking_team:{team}", "--members", members, "--exact"]
    code, out, err = cli(*line, "--log", "log.jsonl", *form)
    assert code == 0, err
    assert "[key]" in out
    assert ("SystemExit" if team == "ends" else "RuntimeError") in out
    written = (tmp_path / "log.jsonl").read_text()
    for part in (KEY, KEY[9:]):
        assert part not in out + err + written
