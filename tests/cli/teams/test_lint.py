"""The command `lint`."""

import json

import pytest

from shapley_coop.cli.main import main

DEAL = {
    "players": ["ann", "b\x1bob"],
    "actions": ["help", "leave"],
    "payoffs": [[[3, 3], [0, 5]], [[5, 0], [1, 1]]],
    "goal": ["help", "help"],
}


@pytest.fixture
def deal(tmp_path):
    path = tmp_path / "deal.json"
    path.write_text(json.dumps(DEAL))
    return str(path)


def test_a_deal_is_told_in_sentences(deal, capsys):
    main(["lint", deal])
    shown = capsys.readouterr().out
    assert "equilibrium: no" in shown
    assert "ann gains 2.00 by leave" in shown
    assert "add, for 4.00 in prices:" in shown
    assert "\x1b" not in shown


def test_a_script_reads_verdicts_and_clauses(deal, capsys, tmp_path):
    main(["lint", deal, "--json"])
    first = json.loads(capsys.readouterr().out)
    verdicts = [first[name] for name in ("equilibrium", "dominant", "rational", "core")]
    assert verdicts == [False, False, True, True]
    clauses = tmp_path / "clauses.json"
    clauses.write_text(json.dumps(first["cheapest"]))
    main(["lint", deal, "--clauses", str(clauses), "--json"])
    mended = json.loads(capsys.readouterr().out)
    assert mended["equilibrium"]
    assert mended["cheapest"] == []


def test_a_game_is_judged_by_its_name_and_parameters(capsys):
    main(["lint", "prisoners-dilemma", "--set", "game.rounds=2", "--json"])
    said = json.loads(capsys.readouterr().out)
    assert all(len(line) == 2 for line in said["goal"].values())
    assert said["cheapest_plan"] == said["goal"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lint", "no-such-game"], "unknown game"),
        (["lint", "none.json"], "there is no file"),
        (["lint", "raid"], "profiles of plans"),
        (["lint", "escape-room", "--set", "game.x=3"], "x"),
    ],
)
def test_what_cannot_be_judged_is_bad_input(arguments, words, capsys):
    with pytest.raises(SystemExit) as ending:
        main(arguments)
    assert ending.value.code == 2
    assert words in capsys.readouterr().err
