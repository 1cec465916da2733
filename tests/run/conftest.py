"""The command line in process, and a run that it finished."""

import json
from pathlib import Path

import pytest

from shapley_coop.cli.main import main


@pytest.fixture
def cli(tmp_path, capsys, monkeypatch):
    """Run the command in an empty folder; return exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        code = 0
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as done:
            code = done.code or 0
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


@pytest.fixture
def done_run(cli):
    code, out, _ = cli("play", "escape-room", "--agent", "rational", "-n", 2, "--json")
    assert code == 0
    return Path(json.loads(out)["run"])
