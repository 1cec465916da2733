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
