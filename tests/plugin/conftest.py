"""The plug-in as if it were installed: real entry points, found by a program of its own."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BROKEN = """[shapley_coop.games]
fallen-bridge = shapley_coop_fallen.game:Fallen
last-bridge = shapley_coop_last:Bridge
toll = sys:maxsize
two words = shapley_coop_footbridge.game:Footbridge
[shapley_coop.agents]
mute = builtins:len
"""


def write_distribution(folder, name, entry_points):
    """Write what an installer leaves of a package: its name and its entry points."""
    information = folder / f"{name}-1.0.dist-info"
    information.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    (information / "METADATA").write_text(metadata, encoding="utf-8")
    (information / "entry_points.txt").write_text(entry_points, encoding="utf-8")


def entry_points_by_group():
    """Return the entry points that the plug-in declares."""
    text = (HERE / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]["entry-points"]


def entry_points_text():
    """Return the entry points of the plug-in in the words of an installed package."""
    lines = []
    for group, points in entry_points_by_group().items():
        lines.append(f"[{group}]")
        lines += [f"{name} = {place}" for name, place in points.items()]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """Return the environment of a program that has the plug-in, and a broken one beside it."""
    folder = tmp_path_factory.mktemp("site")
    write_distribution(folder, "shapley_coop_footbridge", entry_points_text())
    write_distribution(folder, "shapley_coop_fallen", BROKEN)
    last = folder / "shapley_coop_last.py"
    last.write_text("raise SystemExit(5)\n", encoding="utf-8")
    path = os.pathsep.join(map(str, (folder, HERE, ROOT)))
    return {**os.environ, "PYTHONPATH": path}


@pytest.fixture
def command(environment, tmp_path):
    """Return what runs the command line in an empty folder: exit code, output and error."""

    def call(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "shapley_coop", *map(str, arguments)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return call


@pytest.fixture
def ask(command):
    """Return what runs a command that must succeed, and reads the JSON that it prints."""

    def call(*arguments):
        code, out, err = command(*arguments, "--json")
        assert code == 0, err
        return json.loads(out)

    return call


@pytest.fixture
def run_python(environment, tmp_path):
    """Return what runs a program that has the plug-in. The program must succeed."""

    def call(program):
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )

    return call
