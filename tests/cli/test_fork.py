"""The command `fork`."""

import json

import pytest

import shapley_coop as sc
from shapley_coop.cli.main import main


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    result = sc.play("escape-room", agent="rational", protocol="talk", runs_dir=folder)
    return str(result.path)


def test_a_script_reads_payoffs_and_their_difference(run, capsys):
    main(["fork", run, "--at", "e0.s0", "--set", "player_1=door", "--json"])
    said = json.loads(capsys.readouterr().out)
    assert said["after"]["payoffs"] == {"player_0": -1.0, "player_1": -1.0}
    assert said["difference"]["player_1"]["mean"] == pytest.approx(-5.5)
    assert said["set"] == {"player_1": "door"}


def test_a_person_reads_sentences(run, capsys):
    main(["fork", run, "--at", "e0.s0", "--set", "player_1=door"])
    shown = capsys.readouterr().out
    assert "changed: player_0 does door, player_1 does door" in shown
    assert "player_1 holds -1.00 instead of 4.50" in shown


def test_a_step_that_is_none_is_bad_input(run, capsys):
    with pytest.raises(SystemExit) as ending:
        main(["fork", run, "--at", "e0.s5", "--set", "player_1=door"])
    assert ending.value.code == 2
    assert "(--at)" in capsys.readouterr().err
