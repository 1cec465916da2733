"""The command `lint`."""

import json
import os

import pytest

from shapley_coop.cli.main import COMMANDS, main
from shapley_coop.cli.view.lines import fold

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
        (["lint", "none.txt"], "there is no file"),
        (["lint", "folder/none"], "there is no file"),
        (["lint", "chickn"], "did you mean 'chicken'"),
        (["lint", "chickn"], "a file of payoffs is judged as well"),
        (["lint", "."], "'.' is no file"),
        (["lint", "chicken", "--set", "run.seed=3"], "changes nothing of a deal"),
        (["lint", "chicken", "--set", "rounds=3"], "such as game.rounds=2"),
        (["lint", "raid"], "profiles of plans"),
        (["lint", "escape-room", "--set", "game.x=3"], "x"),
    ],
)
def test_what_cannot_be_judged_is_bad_input(arguments, words, capsys):
    with pytest.raises(SystemExit) as ending:
        main(arguments)
    assert ending.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("name", ["deal.txt", "deal", "chicken.json"])
def test_a_file_of_any_name_is_a_deal(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(json.dumps(DEAL))
    main(["lint", name])
    assert "ann gains 2.00 by leave" in capsys.readouterr().out


def test_a_game_is_not_taken_for_the_folder_of_its_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chicken").mkdir()
    main(["lint", "chicken"])
    assert "player_0 does yield" in capsys.readouterr().out


def test_parameters_beside_a_file_are_refused(deal, capsys):
    with pytest.raises(SystemExit):
        main(["lint", deal, "--set", "game.rounds=2"])
    assert "rounds would be a parameter of a game" in capsys.readouterr().err


def test_a_pipe_is_not_waited_for(tmp_path, capsys):
    path = tmp_path / "deal.json"
    os.mkfifo(path)
    with pytest.raises(SystemExit):
        main(["lint", str(path)])
    assert "is no file" in capsys.readouterr().err


def test_long_names_are_shortened_and_stay_apart(tmp_path, capsys):
    path = tmp_path / "deal.json"
    players = ["the-planner-of-the-whole-team-" + end for end in ("one", "two")]
    path.write_text(json.dumps({**DEAL, "players": players}))
    main(["lint", str(path)])
    shown = capsys.readouterr().out
    for line in shown.splitlines():
        folded = fold(line, 80).split("\n")
        assert max(map(len, folded)) <= 80
        assert " ".join(map(str.strip, folded)) == line.strip()
    assert "the-planner…ole-team-one gains 2.00 by leave" in shown
    assert "the-planner…ole-team-two gains 2.00 by leave" in shown


def test_what_is_true_of_many_players_is_one_line(capsys):
    main(["lint", "public-goods", "--set", "game.seats=9"])
    shown = capsys.readouterr().out
    others = "each of player_1, player_2 … player_8 (8 players)"
    everybody = "each of player_0, player_1 … player_8 (9 players)"
    assert f"{everybody} does give-all: holds 45.00, 10.00 without a deal" in shown
    assert f"  {everybody} gains 5.00 by keep" in shown
    assert "risk: player_0 loses 5.00 if player_1 does keep instead" in shown
    assert f"risk: {others} loses 5.00 if player_0 does keep instead" in shown


def test_a_player_that_objects_is_sure_of_more_by_itself(tmp_path, capsys):
    path = tmp_path / "deal.json"
    payoffs = [[[0, 9], [0, 9]], [[1, 0], [1, 0]]]
    path.write_text(json.dumps({**DEAL, "payoffs": payoffs, "players": ["a", "b"]}))
    main(["lint", str(path)])
    assert "  a can be sure of 1.00 more by itself" in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_only_a_command_that_goes_on_says_so_when_it_is_stopped(
    command, monkeypatch, capsys
):
    def stopped(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "make_context", stopped)
    with pytest.raises(SystemExit) as ending:
        main([command.name, "--dry-run"])
    assert ending.value.code == 130
    # What a dry run found is kept nowhere.
    assert "begins anew" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([command.name])
    said = capsys.readouterr().err
    goes_on = command.name in (
        [
            "demo",
            "play",
            "resume",
            "sweep",
            "tournament",
            "reproduce",
            "train",
            "evaluate",
            "swe",
        ]
    )
    assert ("continues the run" in said) is goes_on
    assert ("begins anew" in said) is not goes_on
