"""The command `config`: every setting with its value and its source."""

import json

import pytest

from shapley_coop.cli.main import main


def settings(capsys, *arguments):
    main(["config", *arguments, "--json"])
    rows = json.loads(capsys.readouterr().out)
    return {row["field"]: (row["value"], row["source"]) for row in rows}


def test_each_setting_says_where_it_came_from(tmp_path, capsys):
    file = tmp_path / "my.toml"
    file.write_text(
        'protocol = "talk"\n[game]\nid = "trust"\n[run]\nseed = 4\nepisodes = 2\n'
    )
    rows = settings(
        capsys,
        *("escape-room", "--config", str(file), "--episodes", "7"),
        *("--set", "protocol.deposit=2", "--seat", "player_0=human"),
    )
    assert rows["game.id"] == ("escape-room", "flag")
    assert rows["run.seed"] == (4, "file")
    assert rows["run.episodes"] == (7, "flag")
    assert rows["protocol.name"] == ("talk", "file")
    assert rows["protocol.split"] == ("none", "preset")
    assert rows["protocol.deposit"] == (2, "flag")
    assert rows["seats.player_0"] == ("human", "flag")
    assert rows["worth.kind"] == ("realised", "default")
    assert rows["limits.cost"] == (None, "default")
    assert rows["run.concurrency"] == (1, "derived")


def test_a_null_seat_shows_in_the_game(capsys):
    rows = settings(capsys, "escape-room", "--null-seat")
    assert rows["game.id"] == ("null:escape-room", "flag")


def test_people_get_a_table(capsys):
    main(["config", "escape-room", "--protocol", "talk"])
    lines = capsys.readouterr().out.splitlines()
    fields = {line.split()[0]: line.split()[1:] for line in lines}
    assert fields["protocol.name"] == ["flag", '"talk"']
    assert fields["limits.cost"] == ["default", "-"]


def test_the_games_own_parameters_are_settings(capsys):
    rows = settings(capsys, "escape-room-n", "--set", "game.levers=1")
    assert rows["game.levers"] == (1, "flag")
    assert rows["game.seats"] == (5, "default")
    rows = settings(capsys, "null:escape-room-n")
    assert rows["game.seats"] == (5, "default")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("escape-room", "--protocol", "nothing"), "shapley-coop, short-term, solo"),
        (("escape-rom",), "did you mean 'escape-room'"),
        (("escape-room", "--agent", "rationl"), "did you mean 'rational'"),
        (("escape-room", "--seat", "player_9=rational"), "unknown seat 'player_9'"),
        (("escape-room", "--model", "smolm2"), "did you mean 'smollm2'"),
        (("escape-room", "--worth", "orcle"), "did you mean 'oracle'"),
        (("escape-room", "--set", "protocol.settlement=bnding"), "'binding'"),
        (("escape-room", "--set", "game.seets=3"), "unknown parameter"),
    ],
)
def test_what_cannot_be_played_is_refused_here_too(capsys, arguments, told):
    with pytest.raises(SystemExit) as ending:
        main(["config", *arguments])
    assert ending.value.code == 2
    assert told in capsys.readouterr().err
