"""The command line in process: names scripts rely on, exit codes, one line for each error."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shapley_coop import __version__
from shapley_coop.cli import main
from shapley_coop.llm import weights
from shapley_coop.store import RunFolder
from tests.llm.conftest import Server, completion, http
from tests.run.scripts import COUNT

SCRIPTS = "tests.run.scripts"
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


@pytest.mark.parametrize(
    ("game", "more"),
    [
        ("escape-room", ()),
        ("escape-room-n", ("--set", "game.seats=3", "--set", "game.levers=1")),
        ("escape-room-n", ("--worth", "replay", "--absence", "idle")),
        ("raid", ("--set", "game.level=2", "--set", "game.draws=8", "--agent", "random")),
    ],
)
def test_a_planted_null_seat_is_credited_with_nothing(cli, game, more):
    code, out, err = cli("play", game, "--null-seat", "--agent", "rational", "--json", *more)
    assert (code, err) == (0, "")
    figures = json.loads(out)
    assert RunFolder.open(Path(figures["run"])).config.game_id == f"null:{game}"
    (null,) = (credit for seat, credit in figures["credit"].items() if seat.startswith("null_"))
    assert abs(null["measured"]) <= 3 * null["stderr"] + 1e-9
    assert any(credit["measured"] for credit in figures["credit"].values())


def test_a_null_seat_is_planted_once(cli):
    code, out, _ = cli("play", "null:gloves", "--null-seat", "--agent", "rational", "--json")
    assert code == 0
    seats = json.loads(out)["credit"]
    assert [seat for seat in seats if seat.startswith("null_")] == ["null_3"]


def test_play_prints_one_object_with_the_promised_keys(cli):
    code, out, err = cli("play", "escape-room", "--agent", "rational", "-n", 3, "--json")
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
        assert credit["worth"] == "oracle"
    assert RunFolder.open(Path(figures["run"])).manifest.status == "done"


def test_play_shows_a_report_to_people(cli):
    code, out, _ = cli("play", "escape-room", "--agent", "rational", "--protocol", "talk")
    assert code == 0
    assert "player_0" in out
    assert "4.50" in out
    assert "runs/" in out.replace("\n", "")


def test_options_reach_the_configuration(cli, tmp_path):
    (tmp_path / "my.toml").write_text('[game]\nid = "escape-room-n"\nseats = 4\n[run]\nseed = 9\n')
    code, out, _ = cli(
        *("play", "--config", "my.toml", "--json", "--runs-dir", "elsewhere"),
        *("--agent", "selfish", "--seat", "player_1=rational", "--seat", "player_0=breaker"),
        *("--protocol", "talk", "--worth", "replay", "--absence", "idle", "--episodes", "2"),
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
        assert rows["escape-room-n"]["parameters"] == {"seats": 5, "levers": 2, "horizon": 5}


def test_help_and_version(cli):
    code, out, _ = cli("--help")
    assert code == 0
    for word in ("play", "report", "replay", "resume", "games", "agents", "models"):
        assert word in out
    code, out, _ = cli("--version")
    assert code == 0
    assert __version__ in out


BAD_INPUT = {
    "unknown game": (["play", "escape-rom"], ["'escape-rom'", "did you mean 'escape-room'"]),
    "no game": (["play"], ["names no game"]),
    "unknown agent": (
        ["play", "escape-room", "--agent", "ratoinal"],
        ["'ratoinal'", "did you mean 'rational'", "provider/model"],
    ),
    "unknown model": (
        ["play", "escape-room", "--agent", "llm", "--model", "smolm2"],
        ["'smolm2'", "did you mean 'smollm2'", "openai/NAME"],
    ),
    "model that is no URL": (
        ["play", "escape-room", "--model", "http://127.0.0.1:1/v1"],
        ["names no model", "#NAME"],
    ),
    "unknown protocol": (
        ["play", "escape-room", "--protocol", "shapley"],
        ["'shapley'", "shapley-coop, short-term, solo, talk"],
    ),
    "unknown field": (
        ["play", "escape-room", "--set", "run.episode=2"],
        ["'run.episode'", "did you mean 'run.episodes'"],
    ),
    "unknown section": (["play", "escape-room", "--set", "runs.seed=2"], ["'runs'", "'run'"]),
    "no override": (["play", "escape-room", "--set", "run.seed"], ["section.field=value"]),
    "unknown worth": (["play", "escape-room", "--worth", "guess"], ["'guess'", "'oracle'"]),
    "absence the game has not": (
        ["play", "escape-room", "--agent", "rational", "--worth", "replay", "--absence", "removed"],
        ["'removed'", "baseline, swap"],
    ),
    "too few seats": (
        ["play", "escape-room-n", "--set", "game.seats=2", "--set", "game.levers=2"],
        ["seats=2", "levers=2", "more seats than levers"],
    ),
    "unknown game parameter": (
        ["play", "escape-room-n", "--set", "game.doors=2"],
        ["doors", "horizon, levers, seats"],
    ),
    "seat named twice": (
        ["play", "escape-room", "--seat", "player_0=rational", "--seat", "player_0=selfish"],
        ["'player_0' is named twice", "'rational'", "'selfish'"],
    ),
    "unknown seat": (
        ["play", "escape-room", "--seat", "player_7=rational", "--agent", "rational"],
        ["'player_7'", "player_0, player_1"],
    ),
    "seat without anybody": (
        ["play", "escape-room", "--seat", "player_0"],
        ["'player_0'", "player_0=rational"],
    ),
    "no such file": (["play", "--config", "nowhere.toml"], ["nowhere.toml", "No such file"]),
    "no run": (["report", "nowhere"], ["'nowhere'", "shapley-coop play"]),
    "plug-in that fails": (
        ["play", "tests.run.nothing:Game"],
        ["tests.run.nothing", "ModuleNotFoundError"],
    ),
    "plug-in that is no game": (["play", f"{SCRIPTS}:no_game"], ["is no game", SCRIPTS]),
    "no weights by that name": (["models", "pull", "gpt-9"], ["gpt-9", "smollm2"]),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_one_line_and_exit_code_two(cli, tmp_path, case):
    arguments, told = BAD_INPUT[case]
    code, out, err = cli(*arguments)
    assert code == 2, err
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("error: ")
    assert "Traceback" not in err
    for part in told:
        assert part in err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("arguments", [["play", "x", "-n", "0"], ["fly"], ["play", "--nothing"]])
def test_misuse_of_options_is_exit_code_two(cli, arguments):
    code, _, err = cli(*arguments)
    assert code == 2
    assert "Traceback" not in err


@pytest.mark.parametrize("table", ['game = "escape-room"', "run = 3", "seats = 3", "[protocoll]"])
def test_a_config_file_of_the_wrong_shape(cli, tmp_path, table):
    (tmp_path / "my.toml").write_text(table + "\n")
    code, _, err = cli(
        *("play", "escape-room", "--config", "my.toml", "-n", 2, "--seat", "player_0=rational")
    )
    assert code == 2
    assert err.startswith("error: ")
    assert "internal" not in err


def corrupt(run, how):
    manifest = run / "run.json"
    match how:
        case "no manifest":
            manifest.unlink()
        case "half a manifest":
            manifest.write_text(manifest.read_text()[:40])
        case "foreign":
            manifest.write_text('{"name": "something else"}')
        case "newer":
            fields = json.loads(manifest.read_text())
            manifest.write_text(json.dumps(fields | {"schema_version": 99}))
        case "config":
            (run / "config.toml").write_text("nonsense")
        case "episodes":
            lines = (run / "episodes.jsonl").read_text().splitlines()
            (run / "episodes.jsonl").write_text("\n".join([lines[0][:50], *lines[1:]]) + "\n")


@pytest.mark.parametrize("command", ["report", "resume", "replay"])
@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("no manifest", "run.json"),
        ("half a manifest", "corrupt"),
        ("foreign", "not written by shapley-coop"),
        ("newer", "schema version 99"),
        ("config", "config.toml"),
    ],
)
def test_a_run_folder_that_cannot_be_read(cli, done_run, how, told, command):
    corrupt(done_run, how)
    before = sorted(p.name for p in done_run.iterdir())
    code, _, err = cli(command, done_run)
    assert code == 2
    assert told in err
    assert len(err.strip().splitlines()) == 1
    assert sorted(p.name for p in done_run.iterdir()) == before


def test_a_corrupt_episode_is_told_by_its_line(cli, done_run):
    corrupt(done_run, "episodes")
    code, _, err = cli("report", done_run)
    assert code == 2
    assert "line 1" in err


def test_debug_shows_the_traceback(cli):
    from shapley_coop.errors import PluginError

    with pytest.raises(PluginError):
        cli("--debug", "play", "escape-rom")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"", "cannot reach"),
        (http(b"<html>hello</html>", kind="text/html"), "HTML"),
        (http(completion()[:40]), "JSON"),
        (http(b'{"error": {"message": "no such model"}}', status="404 Not Found"), "no such model"),
        (None, "did not answer within"),
    ],
)
def test_endpoints_that_misbehave(cli, answer, told):
    server = Server()
    try:
        server.answers = [answer]
        code, _, err = cli(
            *("play", "escape-room", "--agent", "llm", "--model", f"{server.url}#m", "--json"),
            *("--set", f"model.timeout={0.5 if answer is None else 20}"),
        )
    finally:
        server.stop()
    assert code == 1
    assert told.lower() in err.lower()
    assert "127.0.0.1" in err
    assert len(err.strip().splitlines()) == 1
    (run,) = Path("runs").iterdir()
    assert RunFolder.open(run).manifest.status == "failed"


def test_an_endpoint_that_refuses(cli):
    code, _, err = cli(
        "play", "escape-room", "--agent", "llm", "--model", "http://127.0.0.1:9/v1#m", "--json"
    )
    assert code == 1
    assert "cannot reach http://127.0.0.1:9/v1" in err


def test_weights_with_a_wrong_checksum(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = weights.location()
    assert str(tmp_path) in str(path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not the weights")
    code, _, err = cli("play", "escape-room", "--agent", "llm", "--json")
    assert code in (1, 2)
    assert len(err.strip().splitlines()) == 1
    assert str(path) in err
    assert "internal" not in err


def test_a_limit_is_exit_code_three_and_the_run_goes_on(cli, tmp_path, monkeypatch):
    count = tmp_path / "calls.txt"
    count.touch()
    monkeypatch.setenv(COUNT, str(count))
    monkeypatch.setenv(COUNT + "_LIMIT", "3")
    command = ["play", "escape-room", "--agent", "llm", "--model", f"{SCRIPTS}:Counting", "--json"]
    code, _, err = cli(*command)
    assert code == 3
    assert "budget" in err
    (run,) = Path("runs").iterdir()
    monkeypatch.delenv(COUNT + "_LIMIT")
    code, out, _ = cli("resume", run, "--json")
    assert code == 0
    assert json.loads(out)["status"] == "done"
    assert json.loads(out)["episodes"] == 1


def test_a_read_only_runs_folder(cli, tmp_path, monkeypatch):
    runs = tmp_path / "runs"
    runs.mkdir()
    if os.geteuid() == 0:
        monkeypatch.setattr(Path, "mkdir", refuse(Path.mkdir, runs))
    else:
        runs.chmod(0o500)
    code, _, err = cli("play", "escape-room", "--agent", "rational")
    assert code == 1
    assert "runs" in err
    assert "ermission denied" in err
    assert "Traceback" not in err


def refuse(mkdir, folder):
    """Return a mkdir that may not write in `folder`: root may write anywhere."""

    def refused(self, *arguments, **options):
        if self.parent == folder or self.parent.name == folder.name:
            raise PermissionError(13, "Permission denied", str(self))
        mkdir(self, *arguments, **options)

    return refused


def test_a_person_without_a_terminal_is_told(cli, monkeypatch):
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    code, _, err = cli("play", "escape-room", "--seat", "player_0=human", "--agent", "rational")
    assert code == 2
    assert "input ended" in err


def test_the_installed_command_and_its_exit_codes(tmp_path):
    def call(*arguments):
        return subprocess.run(
            [sys.executable, "-c", "from shapley_coop.cli import main; main()", *arguments],
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


def test_an_internal_error_is_one_line(cli, monkeypatch):
    from shapley_coop import plugins

    def broken(_group):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(plugins, "described", broken)
    code, _, err = cli("games")
    assert code == 1
    assert err == "error: internal error: ZeroDivisionError: oops; --debug shows where\n"
    with pytest.raises(ZeroDivisionError):
        cli("--debug", "games")


def test_an_interrupted_command_says_how_to_go_on(cli, monkeypatch):
    from shapley_coop import plugins

    def stop(_group):
        raise KeyboardInterrupt

    monkeypatch.setattr(plugins, "described", stop)
    code, _, err = cli("games")
    assert code == 130
    assert "the same command continues" in err
