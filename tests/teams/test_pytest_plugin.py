"""The pytest plug-in: credit as a test that passes, fails or says that it is undecided."""

import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

SUITE = """
import numpy as np
import pytest

MEMBERS = ["planner", "coder", "tester"]
dice = np.random.default_rng(0)


def team(present):
    worth = 5.0 * ("coder" in present) + 1.0 * ("planner" in present)
    return worth + float(dice.normal(scale=0.5))


@pytest.mark.shapley(budget=40, workers=1)
def test_passes(shapley_credit):
    credit = shapley_credit(team, MEMBERS, "coder > planner", "planner > 0")
    assert credit.ranking[0] == "coder"


@pytest.mark.shapley(budget=40, workers=1)
def test_fails(shapley_credit):
    shapley_credit(team, MEMBERS, "planner > coder")


def test_undecided(shapley_credit):
    shapley_credit(team, MEMBERS, "tester > 0", budget=8, workers=1)
"""


def run_suite(folder, *options, suite=SUITE):
    (folder / "test_credit.py").write_text(suite)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            f"--junitxml={folder}/junit.xml",
            *options,
            str(folder),
        ],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    cases = ET.parse(folder / "junit.xml").getroot().iter("testcase")
    return done, {case.get("name"): case for case in cases}


def status(case):
    kinds = [child.tag for child in case if child.tag != "properties"]
    return kinds[0] if kinds else "passed"


def test_demands_pass_fail_or_skip_their_test(tmp_path):
    done, cases = run_suite(tmp_path)
    statuses = {name: status(case) for name, case in cases.items()}
    assert statuses == {
        "test_passes": "passed",
        "test_fails": "failure",
        "test_undecided": "skipped",
    }
    assert "planner > coder: failed" in done.stdout
    names = {entry.get("name") for entry in cases["test_passes"].iter("property")}
    assert names == {"shapley planner", "shapley coder", "shapley tester"}


def test_undecided_demands_can_be_made_to_fail(tmp_path):
    _, cases = run_suite(tmp_path, "--shapley-undecided=fail")
    assert status(cases["test_undecided"]) == "failure"


COUNTED = """
import asyncio
from pathlib import Path

import numpy as np
import pytest

MEMBERS = ["planner", "coder", "tester"]
dice = np.random.default_rng(0)


def team_of(coder):
    async def team(present):
        with Path("runs.txt").open("a") as file:
            file.write("run\\n")
        await asyncio.sleep(float(dice.uniform(0, 0.002)))
        worth = coder * ("coder" in present) + 1.0 * ("planner" in present)
        return worth + float(dice.normal(scale=0.7)), 0.1

    return team


# Eight runs at once: some are in flight when the demands are decided.
@pytest.mark.parametrize("name", ["a/b", "a-b", "x" * 300])
@pytest.mark.shapley(budget=64)
def test_decided_early(shapley_credit, name):
    shapley_credit(team_of(5.0), MEMBERS, "coder > planner", "coder > 1")


@pytest.mark.shapley(budget=24, ranking=0.9, max_cost=2.05)
def test_two_teams(shapley_credit):
    strong = shapley_credit(team_of(5.0), MEMBERS)
    weak = shapley_credit(team_of(-5.0), MEMBERS)
    assert strong.values["coder"] > 0 > weak.values["coder"]


def test_undecided(shapley_credit):
    shapley_credit(team_of(0.0), MEMBERS, "tester > 0", budget=8)
"""


def test_a_log_repeats_every_verdict_without_any_run(tmp_path):
    log = f"--shapley-log={tmp_path}/logs"
    _, first = run_suite(tmp_path, log, suite=COUNTED)
    kept = {path.name: path.read_text() for path in (tmp_path / "logs").iterdir()}
    # One for each test and each team in it.
    assert len(kept) == 6
    (tmp_path / "runs.txt").unlink()
    _, again = run_suite(tmp_path, log, suite=COUNTED)
    assert not (tmp_path / "runs.txt").exists()
    assert described(again) == described(first)
    assert {p.name: p.read_text() for p in (tmp_path / "logs").iterdir()} == kept


def test_without_its_log_a_replay_fails_and_makes_no_run(tmp_path):
    _, cases = run_suite(tmp_path, "--shapley-replay", suite=COUNTED)
    assert {status(case) for case in cases.values()} == {"failure"}
    words = [case.find("failure").get("message") for case in cases.values()]
    assert all("name the folder by --shapley-log=DIR" in said for said in words)
    assert not (tmp_path / "runs.txt").exists()


def described(cases):
    """Return what is told of each test: how it ended, in which words, and its values."""
    told = {}
    for name, case in cases.items():
        values = [
            (entry.get("name"), entry.get("value")) for entry in case.iter("property")
        ]
        words = [child.get("message") for child in case if child.tag != "properties"]
        told[name] = (status(case), words, values)
    return told


@pytest.mark.parametrize("option", ["--markers", "--fixtures"])
def test_pytest_lists_what_the_plug_in_brings(option, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", option, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert "shapley" in done.stdout
