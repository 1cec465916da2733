"""The command `attribute`."""

import json
import signal
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


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Return a function that writes a team of its own and returns its name."""

    def write(body):
        name = f"team_of_{tmp_path.name}".replace("-", "_")
        (tmp_path / f"{name}.py").write_text(body)
        monkeypatch.syspath_prepend(tmp_path)
        return f"{name}:team"

    return write


def test_blanks_behind_commas_are_no_part_of_a_name(capsys):
    spaced = [
        "attribute",
        "examples.team:score",
        "--members",
        "planner, coder , tester",
    ]
    assert exit_code([*spaced, "--budget", "16", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["members"] == [
        "planner",
        "coder",
        "tester",
    ]


def test_a_file_that_cannot_be_written_is_found_out_before_any_run(
    stand_in, capsys, tmp_path
):
    team = stand_in(f"""
from pathlib import Path

def team(present):
    Path({str(tmp_path)!r}, "ran").touch()
    return 0.0
""")
    junit = ["--junit", str(tmp_path / "none" / "credit.xml"), "--assert", "a > 0"]
    assert exit_code(["attribute", team, "--members", "a,b", *junit]) == 1
    assert "there is no such folder" in capsys.readouterr().err
    assert not (tmp_path / "ran").exists()


def test_long_names_and_many_failures_fit_a_terminal(stand_in, capsys, monkeypatch):
    team = stand_in("""
def team(present):
    if 0 < len(present) < 5:
        raise RuntimeError("too few")
    return float(len(present))
""")
    monkeypatch.setenv("COLUMNS", "80")
    members = [f"member_of_a_very_long_name_{letter}" for letter in "abcdefg"]
    options = ["--members", ",".join(members), "--budget", "128", "--exact"]
    assert exit_code(["attribute", team, *options]) == 0
    shown = capsys.readouterr().out
    table = [line for line in shown.splitlines() if line[0] in "┏┃┡│└"]
    assert all(len(line) <= 80 for line in table)
    first = "".join(line[1:].partition("│")[0].strip() for line in table)
    assert all(member in first for member in members)
    assert shown.count("left out: ") == 11
    assert "more, which --json lists" in shown


@pytest.mark.parametrize(
    ("log", "words"),
    [(None, "which --log FILE would keep"), ("runs.jsonl", "goes on from")],
)
def test_an_interrupt_says_what_is_left(
    log, words, stand_in, capsys, monkeypatch, tmp_path
):
    team = stand_in("""
import _thread

told = []

def team(present):
    if not told:
        told.append(present)
        _thread.interrupt_main()
    return 0.0
""")
    monkeypatch.chdir(tmp_path)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        options = [] if log is None else ["--log", log]
        code = exit_code(["attribute", team, "--members", "a,b", *options])
    finally:
        signal.signal(signal.SIGINT, before)
    assert code == 130
    assert words in capsys.readouterr().err


def test_a_command_that_says_two_scores_is_not_guessed_at(tmp_path, capsys):
    script = tmp_path / "twice.py"
    script.write_text("""print('{"score": 1, "score": 0}')""")
    command = f"{sys.executable} {script} {{absent}}"
    options = ["--command", command, "--members", "a,b", "--budget", "4"]
    assert exit_code(["attribute", *options]) == 1
    assert "print a score" in capsys.readouterr().err
