"""Errors name fields. The command line adds the flag that sets the field."""

import pytest

from shapley_coop.cli.main import _flags, main
from shapley_coop.cli.options import FIELDS, hint
from shapley_coop.config.sections import Config


def flags(command):
    return _flags([command])


@pytest.mark.parametrize(
    ("field", "command", "words"),
    [
        ("limits.calls", "play", " (--max-calls)"),
        ("limits.calls", "resume", " (--max-calls)"),
        ("limits.seconds", "play", " (--set limits.seconds=…)"),
        ("limits.seconds", "resume", ""),
        ("game.id", "play", " (GAME, such as escape-room)"),
        ("game.id", "resume", ""),
        ("runs_dir", "replay", " (--runs-dir DIR)"),
        ("rollouts", "report", " (--rollouts)"),
        ("continue_with", "report", " (--continue-with)"),
        ("types", "value", " (--types)"),
        ("worth.kind", "report", ""),
        ("run", "report", " (shapley-coop play GAME)"),
        ("", "play", ""),
    ],
)
def test_a_field_is_shown_as_the_flag_of_the_command(field, command, words):
    assert hint(field, flags(command)) == words


@pytest.mark.parametrize(
    ("arguments", "flag"),
    [
        (("nosuch",), "(GAME, such as escape-room)"),
        (("escape-room", "--agent", "nosuch"), "(--agent)"),
        (("escape-room", "--agent", "nosuch:A"), "(--agent)"),
        (("escape-room", "--seat", "player_1=nosuch"), "(--seat)"),
        (("escape-room", "--seat", "player_9=random"), "(--seat)"),
        (("escape-room", "--agent", "llm", "--model", "nosuch"), "(--model)"),
        (("escape-room", "--worth", "nosuch"), "(--worth)"),
        (("escape-room", "--protocol", "nosuch"), "(--protocol)"),
        (
            ("escape-room", "--set", "protocol.settlement=nosuch"),
            "(--set protocol.settlement=…)",
        ),
    ],
)
def test_a_name_that_nobody_knows_is_told_with_the_flag_that_gave_it(
    tmp_path, monkeypatch, capsys, arguments, flag
):
    monkeypatch.chdir(tmp_path)
    agent = () if "--agent" in arguments else ("--agent", "random")
    with pytest.raises(SystemExit) as ending:
        main(["play", *arguments, *agent])
    assert ending.value.code == 2
    assert capsys.readouterr().err.strip().endswith(flag)


def test_every_flag_of_a_field_exists_and_so_does_the_field():
    fields = Config(game={"id": "x"}).model_dump()
    for flag, field in FIELDS.items():
        assert flag in flags("play")
        here = fields
        for key in field.split("."):
            here = here[key]


def test_a_refused_folder_names_the_flag(tmp_path, capsys):
    (tmp_path / "file").write_text("no folder")
    command = ["play", "escape-room", "--agent", "rational"]
    with pytest.raises(SystemExit) as ending:
        main([*command, "--runs-dir", str(tmp_path / "file")])
    assert ending.value.code == 1
    assert "choose another (--runs-dir DIR)" in capsys.readouterr().err
