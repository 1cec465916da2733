"""The example project `credit-gate`, run from a copy as its user and its CI run it."""

import re
import shlex
import shutil
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

from tests.architecture.source import ROOT

EXAMPLE = ROOT / "examples" / "credit-gate"
WORKFLOW = (EXAMPLE / ".github" / "workflows" / "credit.yml").read_text()
RECORDED, FRESH = re.findall(r"- run: (pytest .*)", WORKFLOW)


@pytest.fixture
def project(tmp_path):
    return shutil.copytree(EXAMPLE, tmp_path / "credit-gate")


def run(command, project):
    tool, *options = shlex.split(command)
    return subprocess.run(
        [sys.executable, "-m", tool, "-p", "no:cacheprovider", *options],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_pushed_is_judged_by_recorded_runs_alone(project):
    # A team that cannot run shows that none is run.
    team = project / "team.py"
    team.write_text(
        team.read_text().replace("    luck = ", "    raise SystemExit\n    luck = ")
    )
    cassettes = {path: path.read_text() for path in project.glob("cassettes/*")}
    done = run(RECORDED, project)
    assert done.returncode == 0, done.stdout
    assert f"{len(cassettes)} passed" in done.stdout
    assert {path: path.read_text() for path in project.glob("cassettes/*")} == cassettes
    assert (
        RECORDED.removesuffix(" --shapley-undecided=fail")
        in (EXAMPLE / "README.md").read_text()
    )


def test_once_a_week_new_runs_are_judged_and_kept(project):
    done = run(FRESH, project)
    assert done.returncode == 0, done.stdout
    suite = ET.parse(project / "credit.xml").getroot()
    names = {entry.get("name") for entry in suite.iter("property")}
    assert names == {
        f"shapley {who}" for who in ("planner", "coder", "tester", "greeter")
    }
    assert len(list((project / "fresh").iterdir())) == 3
