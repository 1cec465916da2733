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


def run_suite(folder, *options):
    (folder / "test_credit.py").write_text(SUITE)
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


def test_a_log_repeats_a_verdict_without_runs(tmp_path):
    log = tmp_path / "logs"
    run_suite(tmp_path, f"--shapley-log={log}")
    kept = {path.name: path.read_text() for path in log.iterdir()}
    assert len(kept) == 3
    _, cases = run_suite(tmp_path, f"--shapley-log={log}")
    assert status(cases["test_passes"]) == "passed"
    assert {path.name: path.read_text() for path in log.iterdir()} == kept


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
