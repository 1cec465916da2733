"""The value command: tables and functions valued, bad ones told in one line."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from shapley_coop.cli.main import main

TABLE = "coalition,value\n,0\nann,1\nbob,2\nann+bob,5\n"


def test_a_table_is_valued(tmp_path, capsys):
    path = tmp_path / "game.csv"
    path.write_text(TABLE)
    main(["value", str(path), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert {row["name"]: row["value"] for row in found["players"]} == {
        "ann": 2.0,
        "bob": 3.0,
    }
    assert found["core"]["in_core"] is True
    main(["value", str(path)])
    shown = capsys.readouterr().out
    assert "ann" in shown
    assert "2.00" in shown
    assert "in the core" in shown


@pytest.mark.parametrize(
    ("spec", "options", "code", "told"),
    [
        ("no_such.csv", [], 2, "no file"),
        ("tests.cli.test_value:broken", ["--players", "3"], 1, "out of order"),
        ("tests.cli.test_value:squared", [], 2, "--players ann,bob"),
        ("tests.cli.test_value:squared", ["--players", "a,,b"], 2, "none empty"),
        ("tests.cli.test_value:squared", ["--players", "-3"], 2, "neither a number"),
        ("tests.cli.test_value:squared", ["--types", "3,x"], 2, "3333,3333,3334"),
        ("tests.cli.test_value:squared", ["--types", "3,0"], 2, "3333,3333,3334"),
        (
            "tests.cli.test_value:squared",
            ["--types", "3,4", "--players", "8"],
            2,
            "do not make up",
        ),
        (
            "tests.cli.test_value:squared",
            ["--types", "3,4", "--noise", "1"],
            2,
            "types go with",
        ),
        ("tests.cli.test_value:missing", ["--players", "3"], 1, "[0] is nan"),
        ("tests.cli.test_value:absent", ["--players", "3"], 2, "absent"),
        (
            "tests.cli.test_value:squared",
            ["--players", "3", "--method", "bad"],
            2,
            "permutation",
        ),
        (
            "tests.cli.test_value:squared",
            ["--players", "3", "--noise", "nan"],
            2,
            "--noise nan",
        ),
        (
            "tests.cli.test_value:squared",
            ["--players", "3", "--budget", "-4"],
            2,
            "--budget",
        ),
    ],
)
def test_what_is_no_game_is_told(spec, options, code, told, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["value", spec, *options])
    assert ended.value.code == code
    shown = capsys.readouterr().err
    assert told in shown
    assert "Traceback" not in shown


def test_a_function_is_valued_within_its_budget(capsys):
    main(
        [
            "value",
            "tests.cli.test_value:squared",
            "--players",
            "a,b,c",
            "--budget",
            "8",
            "--json",
        ]
    )
    found = json.loads(capsys.readouterr().out)
    assert [row["value"] for row in found["players"]] == pytest.approx([3.0, 3.0, 3.0])
    assert found["evaluations"] == 8


def test_declared_types_are_counted(capsys):
    main(
        [
            "value",
            "tests.cli.test_value:squared",
            "--types",
            "3,40",
            "--budget",
            "200",
            "--json",
        ]
    )
    found = json.loads(capsys.readouterr().out)
    assert [row["value"] for row in found["players"]] == pytest.approx([43.0] * 43)
    assert found["method"] == "exact types"
    assert found["evaluations"] == 4 * 41


def test_json_holds_no_infinity(capsys):
    """One order of the players has no error bar."""
    spec = ["tests.cli.test_value:squared", "--players", "12", "--budget", "20"]
    main(["value", *spec, "--method", "antithetic", "--json"])

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    found = json.loads(capsys.readouterr().out, parse_constant=refuse)
    assert {row["stderr"] for row in found["players"]} == {None}


@pytest.mark.parametrize(
    ("unit", "shown"), [(1e-12, "2e-12"), (1.0, "2.00"), (1e300, "2e+300")]
)
def test_values_are_told_apart_in_every_unit(tmp_path, capsys, unit, shown):
    path = tmp_path / "game.json"
    table = {"": 0.0, "ann": 1 * unit, "bob": 2 * unit, "ann+bob": 5 * unit}
    path.write_text(json.dumps(table))
    main(["value", str(path)])
    out = capsys.readouterr().out
    assert shown in out
    assert max(map(len, out.splitlines())) <= 80


def test_what_is_missing_points_to_the_option(tmp_path, capsys):
    path = tmp_path / "game.csv"
    path.write_text(",0\nann,1\nann+bob,5\n")
    with pytest.raises(SystemExit):
        main(["value", str(path)])
    assert "--default" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_whoever_stops_reading_hears_no_complaint(tmp_path, options):
    path = tmp_path / "game.csv"
    path.write_text(TABLE)
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "shapley_coop", "value", str(path), *options]
    with os.fdopen(writer, "wb") as closed:
        ended = subprocess.run(
            command, stdout=closed, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ended.returncode == 0
    assert not ended.stderr


def squared(coalitions):
    return coalitions.sum(axis=1) ** 2.0


def missing(coalitions):
    return np.where(
        coalitions[:, 0] & ~coalitions[:, 1] & ~coalitions[:, 2], np.nan, 1.0
    )


def broken(coalitions):
    raise RuntimeError("out of order")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("open.csv", ',0\n"a,1\n' + "p+q,1\n" * 30000, "quotation mark left open"),
        ("deep.json", "[" * 100_000, "nests too deeply"),
        ("half.csv", "a;.5\nb;x\n", "is no 'coalition,value'"),
    ],
)
def test_what_no_reader_can_hold_is_told(tmp_path, capsys, name, text, told):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(SystemExit):
        main(["value", str(path)])
    shown = capsys.readouterr().err
    assert told in shown
    assert "internal error" not in shown


def test_semicolons_stand_before_any_number(tmp_path, capsys):
    path = tmp_path / "half.csv"
    path.write_text(";0\na;.5\nb;1.\na+b;2\n")
    main(["value", str(path), "--json"])
    found = json.loads(capsys.readouterr().out)
    values = {row["name"]: row["value"] for row in found["players"]}
    assert values == {"a": 0.75, "b": 1.25}


def test_a_player_of_a_json_file_may_be_called_values(tmp_path, capsys):
    path = tmp_path / "named.json"
    path.write_text(json.dumps({"": 0, "values": 1, "b": 2, "values+b": 4}))
    main(["value", str(path), "--json"])
    found = json.loads(capsys.readouterr().out)
    values = {row["name"]: row["value"] for row in found["players"]}
    assert values == {"values": 1.5, "b": 2.5}
