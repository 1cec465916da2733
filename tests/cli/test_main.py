"""The command line in process: names scripts rely on, exit codes, one line for each error."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shapley_coop import __version__
from shapley_coop.runs.store import RunFolder

KEYS = {
    "run",
    "episodes",
    "success_rate",
    "mean_payoffs",
    "mean_raw_payoffs",
    "mean_rounds",
    "forfeits",
    "breaches",
    "ledger_residual",
    "credit",
    "calls",
    "tokens",
    "seconds",
}


@pytest.mark.parametrize(
    ("game", "more"),
    [
        ("escape-room", ()),
        ("escape-room-n", ("--set", "game.seats=3", "--set", "game.levers=1")),
        ("escape-room-n", ("--worth", "replay", "--absence", "idle")),
        (
            "raid",
            ("--set", "game.level=2", "--set", "game.draws=8", "--agent", "random"),
        ),
    ],
)
def test_a_planted_null_seat_is_credited_with_nothing(cli, game, more):
    code, out, err = cli(
        "play", game, "--null-seat", "--agent", "rational", "--json", *more
    )
    assert (code, err) == (0, "")
    figures = json.loads(out)
    assert RunFolder.open(Path(figures["run"])).config.game_id == f"null:{game}"
    (null,) = (
        credit for seat, credit in figures["credit"].items() if seat.startswith("null_")
    )
    assert abs(null["measured"]) <= 3 * null["stderr"] + 1e-9
    assert any(credit["measured"] for credit in figures["credit"].values())


def test_a_null_seat_is_planted_once(cli):
    code, out, _ = cli(
        "play", "null:gloves", "--null-seat", "--agent", "rational", "--json"
    )
    assert code == 0
    seats = json.loads(out)["credit"]
    assert [seat for seat in seats if seat.startswith("null_")] == ["null_3"]


def test_play_prints_one_object_with_the_promised_keys(cli):
    code, out, err = cli(
        "play", "escape-room", "--agent", "rational", "-n", 3, "--json"
    )
    assert code == 0
    assert err == ""
    assert len(out.splitlines()) == 1
    figures = json.loads(out)
    assert set(figures) >= KEYS
    assert figures["episodes"] == 3
    assert figures["success_rate"] == 1
    assert figures["mean_payoffs"] == {"player_0": 4.5, "player_1": 4.5}
    assert figures["mean_raw_payoffs"] == {"player_0": 10, "player_1": -1}
    assert figures["mean_rounds"] == 1
    assert figures["ledger_residual"] == figures["forfeits"] == figures["breaches"] == 0
    for seat in ("player_0", "player_1"):
        credit = figures["credit"][seat]
        assert set(credit) >= {"claimed", "agreed", "measured", "stderr", "worth"}
        assert credit["measured"] == pytest.approx(4.5)
        assert credit["worth"] == "realised"
    assert RunFolder.open(Path(figures["run"])).manifest.status == "done"


def test_play_shows_a_report_to_people(cli):
    code, out, _ = cli(
        "play", "escape-room", "--agent", "rational", "--protocol", "talk"
    )
    assert code == 0
    assert "player_0" in out
    assert "4.50" in out
    assert "runs/" in out.replace("\n", "")


def test_options_reach_the_configuration(cli, tmp_path):
    (tmp_path / "my.toml").write_text(
        '[game]\nid = "escape-room-n"\nseats = 4\n[run]\nseed = 9\n'
    )
    code, out, _ = cli(
        *("play", "--config", "my.toml", "--json", "--runs-dir", "elsewhere"),
        *(
            "--agent",
            "selfish",
            "--seat",
            "player_1=rational",
            "--seat",
            "player_0=breaker",
        ),
        *(
            "--protocol",
            "talk",
            "--worth",
            "replay",
            "--absence",
            "idle",
            "--episodes",
            "2",
        ),
        *("--seed", "5", "--concurrency", "1", "--model", "scripted"),
        *("--set", "game.levers=1", "--set", "protocol.settlement=escrow"),
    )
    assert code == 0
    path = Path(json.loads(out)["run"])
    assert path.parent == Path("elsewhere")
    config = RunFolder.open(path).config
    assert config.game == {"id": "escape-room-n", "seats": 4, "levers": 1}
    assert config.seats == {"player_0": "breaker", "player_1": "rational"}
    assert config.agent == "selfish"
    assert config.protocol.settlement == "escrow"
    assert (config.worth.kind, config.worth.absence) == ("replay", "idle")
    assert (config.run.episodes, config.run.seed, config.run.concurrency) == (2, 5, 1)
    assert config.model.name == "scripted"
    again, out, _ = cli("play", "--config", path / "config.toml", "--json")
    assert again == 0
    assert RunFolder.open(Path(json.loads(out)["run"])).config == config


def test_report_resume_and_replay_of_a_done_run(cli, done_run):
    code, out, _ = cli("report", done_run, "--json")
    assert code == 0
    assert json.loads(out)["episodes"] == 2
    code, out, _ = cli("report", done_run, "--episode", 1)
    assert code == 0
    assert "player_0" in out
    code, out, _ = cli("resume", done_run, "--json")
    assert code == 0
    assert json.loads(out)["run"] == str(done_run)
    assert RunFolder.open(done_run).manifest.sessions == 1
    code, out, _ = cli("replay", done_run)
    assert code == 0
    assert "identical apart from time" in out
    code, out, _ = cli("replay", done_run, "--json", "--runs-dir", "again")
    found = json.loads(out)
    assert found["identical"] is True
    assert found["difference"] is None
    assert found["events"] > 4
    assert Path(found["run"]).parent == Path("again")


def test_a_replay_that_differs_fails(cli, done_run):
    events = done_run / "events.jsonl"
    events.write_text(events.read_text().replace("lever", "lover", 1))
    code, out, _ = cli("replay", done_run)
    assert code == 1
    assert "lover" in out
    assert "lever" in out
    code, out, _ = cli("replay", done_run, "--json", "--runs-dir", "again")
    assert code == 1
    assert "lover" in json.loads(out)["difference"]["left"]


@pytest.mark.parametrize("command", ["games", "agents", "models"])
def test_lists(cli, command):
    code, out, _ = cli(command, "--json")
    assert code == 0
    rows = {row["id"]: row for row in json.loads(out)}
    code, text, _ = cli(command)
    assert code == 0
    for name, row in rows.items():
        assert name in text
        assert row["about"]
        assert not row["about"].startswith("cannot be loaded")
    if command == "games":
        assert rows["escape-room-n"]["parameters"] == {
            "seats": 5,
            "levers": 2,
            "horizon": 5,
        }


def test_help_and_version(cli):
    code, out, _ = cli("--help")
    assert code == 0
    for word in ("play", "report", "replay", "resume", "games", "agents", "models"):
        assert word in out
    code, out, _ = cli("--version")
    assert code == 0
    assert __version__ in out


def test_the_installed_command_and_its_exit_codes(tmp_path):
    def call(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "shapley_coop", *arguments],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=False,
        )

    done = call("play", "escape-room", "--agent", "rational", "--json")
    assert done.returncode == 0
    assert set(json.loads(done.stdout)) >= KEYS
    assert done.stderr == ""
    wrong = call("play", "escape-rom")
    assert wrong.returncode == 2
    assert wrong.stderr.count("\n") == 1
