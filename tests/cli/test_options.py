"""Input that cannot be used: one line that says what to do, exit code two, nothing written."""

import json

import pytest

SCRIPTS = "tests.cli.scripts"
BAD_INPUT = {
    "unknown game": (
        ["play", "escape-rom"],
        ["'escape-rom'", "did you mean 'escape-room'"],
    ),
    "no game": (["play"], ["names no game", "(GAME, such as escape-room)"]),
    "no game to configure": (["config"], ["(GAME, such as escape-room)"]),
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
    "unknown section": (
        ["play", "escape-room", "--set", "runs.seed=2"],
        ["'runs'", "'run'"],
    ),
    "no override": (
        ["play", "escape-room", "--set", "run.seed"],
        ["section.field=value"],
    ),
    "unknown worth": (
        ["play", "escape-room", "--worth", "guess"],
        ["'guess'", "oracle, realised, replay"],
    ),
    "absence the game has not": (
        [
            "play",
            "escape-room",
            "--agent",
            "rational",
            "--worth",
            "replay",
            "--absence",
            "removed",
        ],
        ["'removed'", "baseline, swap"],
    ),
    "too few seats": (
        ["play", "escape-room-n", "--set", "game.seats=2", "--set", "game.levers=2"],
        ["seats=2", "levers=2", "more seats than levers"],
    ),
    "agent of another game": (
        ["play", "escape-room", "--agent", "raid-planner"],
        ["'raid-planner' plays raid, not escape-room"],
    ),
    "bargaining without a plan": (
        ["play", "raid", "--seat", "hero_0=stubborn"],
        ["raid has none", "'random'"],
    ),
    "unknown game parameter": (
        ["play", "escape-room-n", "--set", "game.doors=2"],
        ["doors", "horizon, levers, seats"],
    ),
    "seat named twice": (
        [
            "play",
            "escape-room",
            "--seat",
            "player_0=rational",
            "--seat",
            "player_0=selfish",
        ],
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
    "no such file": (
        ["play", "--config", "nowhere.toml"],
        ["nowhere.toml", "No such file"],
    ),
    "no run": (["report", "nowhere"], ["'nowhere'", "shapley-coop play"]),
    "plug-in that fails": (
        ["play", "tests.cli.nothing:Game"],
        ["tests.cli.nothing", "ModuleNotFoundError"],
    ),
    "plug-in that is no game": (
        ["play", f"{SCRIPTS}:no_game"],
        ["is no game", SCRIPTS],
    ),
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


@pytest.mark.parametrize(
    "arguments", [["play", "x", "-n", "0"], ["fly"], ["play", "--nothing"]]
)
def test_misuse_of_options_is_exit_code_two(cli, arguments):
    code, _, err = cli(*arguments)
    assert code == 2
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "table", ['game = "escape-room"', "run = 3", "seats = 3", "[protocoll]"]
)
def test_a_config_file_of_the_wrong_shape(cli, tmp_path, table):
    (tmp_path / "my.toml").write_text(table + "\n")
    code, _, err = cli(
        *(
            "play",
            "escape-room",
            "--config",
            "my.toml",
            "-n",
            2,
            "--seat",
            "player_0=rational",
        )
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
            (run / "episodes.jsonl").write_text(
                "\n".join([lines[0][:50], *lines[1:]]) + "\n"
            )


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


def test_places_that_no_episode_needs_cost_nothing(cli):
    line = ["play", "escape-room", "--agent", "rational", "--concurrency", 10**9]
    code, _, err = cli(*line, "--json")
    assert code == 0, err


@pytest.mark.parametrize("form", [(), ("--dry-run",)])
def test_a_price_that_no_sum_can_hold_is_refused(form, cli):
    price = "model.prices={m={input=1e308, output=1e308}}"
    line = ["play", "escape-room", "--model", "http://127.0.0.1:9/v1#m", *form]
    code, _, err = cli(*line, "--set", price, "--json")
    assert code == 2
    assert "model.prices.m.input" in err
    assert "1000000000" in err
