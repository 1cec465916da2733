"""What a run folder holds, and what is said of a folder that holds something else."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Config
from shapley_coop.errors import ConfigError, RunFolderError
from shapley_coop.records import Credit, Episode
from shapley_coop.runs.store import SCHEMA_VERSION, RunFolder, RunWriter


@pytest.fixture
def path(
    tmp_path: Path,
    config: Config,
    clock: Callable[[], float],
    episode: Callable[..., Episode],
) -> Path:
    credit = Credit(
        values={"player_0": 4.5, "player_1": 4.5},
        stderr={"player_0": 0, "player_1": 0},
        method="exact",
        worth="oracle",
        absence="removed",
        empty=0,
        grand=9,
        evaluations=4,
        coalitions={"player_0": 0.0},
    )
    with RunWriter.create(tmp_path / "runs", config, clock=clock) as writer:
        for index in range(2):
            recorder = writer.recorder(index)
            recorder.emit("credit", phase="split", worth="oracle")
            recorder.finish(episode(index, credit=credit if index else None))
        writer.finish("done", {"success_rate": 1.0})
        return writer.path


def test_a_finished_run_reads_back(path: Path, config: Config) -> None:
    run = RunFolder.open(path)
    assert run.config == config
    assert run.manifest.totals == {"success_rate": 1.0}
    assert run.manifest.seeds == {"run": 7}
    assert run.manifest.versions["shapley-coop"]
    assert [e.seed for e in run.episodes()] == [100, 101]
    assert [e["episode"] for e in run.events()] == [0, 1]
    assert [e["episode"] for e in run.events(1)] == [1]
    stored = json.loads((path / "credit.json").read_text())
    assert [row["episode"] for row in stored["credits"]] == [1]
    assert stored["credits"][0]["absence"] == "removed"
    assert run.derive("report.md", "# ü\n").read_text(encoding="utf-8") == "# ü\n"
    assert sorted(p.name for p in path.iterdir()) == [
        ".lock",
        "config.toml",
        "credit.json",
        "episodes.jsonl",
        "events.jsonl",
        "report.md",
        "run.json",
    ]


@pytest.mark.parametrize("protocol", ["solo", "talk", "short-term", "shapley-coop"])
def test_every_protocol_survives_the_config_file(
    protocol: str, tmp_path: Path, clock: Callable[[], float]
) -> None:
    game = {"id": "games.mine:Duel", "levers": 2, "names": ["a", "b"], "nothing": None}
    config = resolve(
        {
            "game": {k: v for k, v in game.items() if v is not None},
            "protocol": protocol,
        },
        ["seats.player_1=human", "model.temperature=0.25", "worth.absence=idle"],
    )
    with RunWriter.create(tmp_path, config, clock=clock) as writer:
        assert writer.folder.config == config
        assert "-games-mine-duel-" in writer.path.name
        assert (
            resolve(tomllib.loads((writer.path / "config.toml").read_text())) == config
        )


def test_a_config_that_would_not_come_back_is_refused(
    tmp_path: Path, config: Config, clock: Callable[[], float]
) -> None:
    silent = config.protocol.model_copy(update={"task_table": None})
    with pytest.raises(
        ConfigError, match=r"cannot be written down and read back: protocol"
    ):
        RunWriter.create(
            tmp_path, config.model_copy(update={"protocol": silent}), clock=clock
        )
    odd = config.model_copy(update={"game": {"id": "escape-room", "thing": {1: 2}}})
    with pytest.raises(ConfigError, match="does not fit in TOML"):
        RunWriter.create(tmp_path, odd, clock=clock)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "http://me:hunter2@host/v1#m",
        "https://host/v1?api_key=abc#m",
        "http://h?token=x",
    ],
)
def test_no_secret_is_written(
    name: str, tmp_path: Path, clock: Callable[[], float]
) -> None:
    config = resolve({"game": {"id": "escape-room"}, "model": {"name": name}})
    with pytest.raises(ConfigError, match="keeps no secret") as caught:
        RunWriter.create(tmp_path, config, clock=clock)
    assert "hunter2" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_is_no_run_names_the_runs_there_are(
    path: Path, tmp_path: Path
) -> None:
    for given, said in [
        (path.parent / "absent", "there is no run"),
        (path.parent, "is a folder of runs, not a run"),
    ]:
        with pytest.raises(RunFolderError, match=said) as caught:
            RunFolder.open(given)
        assert str(path) in str(caught.value)
        assert repr(str(given)) in str(caught.value)
    empty = tmp_path / "elsewhere" / "empty"
    empty.mkdir(parents=True)
    with pytest.raises(
        RunFolderError, match=r"holds no run.json; no run is near"
    ) as alone:
        RunFolder.open(empty)
    assert "shapley-coop" not in str(alone.value)
    assert alone.value.field == "run"
    with pytest.raises(RunFolderError, match="is a file, not a run folder"):
        RunFolder.open(path / "config.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "run.json' is corrupt"),
        ("[" * 100_000, "run.json' is corrupt"),
        ("\x00\x00", "run.json' is corrupt"),
        ("[1]", "was not written by shapley-coop"),
        ('{"schema_version": true}', "was not written by shapley-coop"),
        ('{"name": "another tool"}', "was not written by shapley-coop"),
        ('{"schema_version": 1}', "is corrupt: run: field required"),
        (
            f'{{"schema_version": {SCHEMA_VERSION + 1}, "new": 1}}',
            f"has schema version {SCHEMA_VERSION + 1}.*reads up to {SCHEMA_VERSION}; upgrade",
        ),
    ],
)
def test_a_run_json_that_is_not_ours(text: str, said: str, path: Path) -> None:
    (path / "run.json").write_text(text)
    with pytest.raises(RunFolderError, match=said):
        RunFolder.open(path)


def test_unreadable_bytes_in_run_json(path: Path) -> None:
    (path / "run.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RunFolderError, match="is corrupt"):
        RunFolder.open(path)


@pytest.mark.parametrize("text", ["x = ", 'game = {id = "x"}\nunheard = 1', "\x00"])
def test_a_corrupt_config(text: str, path: Path) -> None:
    (path / "config.toml").write_text(text)
    with pytest.raises(RunFolderError, match=r"config.toml' is corrupt: .*restore it"):
        RunFolder.open(path)
    (path / "config.toml").unlink()
    with pytest.raises(RunFolderError, match=r"cannot read .*config.toml"):
        RunFolder.open(path)


def test_a_torn_last_line_is_tolerated_and_a_broken_one_is_not(
    path: Path, clock: Callable[[], float]
) -> None:
    file = path / "episodes.jsonl"
    good = file.read_bytes()
    file.write_bytes(good + b'{"index":2,"se')
    assert len(list(RunFolder.open(path).episodes())) == 2
    file.write_bytes(b"{nonsense}\n" + good)
    with pytest.raises(
        RunFolderError, match=r"line 1 of .*episodes.jsonl' is no episode"
    ):
        RunWriter.resume(path, clock=clock)
    first = good.splitlines(keepends=True)[0]
    file.write_bytes(first + first)
    with pytest.raises(
        RunFolderError, match=r"line 2 of .* holds episode 0, expected 1"
    ):
        list(RunFolder.open(path).episodes())
    file.write_bytes(good)
    events = path / "events.jsonl"
    for broken in (b"{}\n", b"[]\n", b"\x00\x00\n", b'{"episode":"0","data":{}}\n'):
        events.write_bytes(broken + events.read_bytes())
        with pytest.raises(
            RunFolderError, match=r"line 1 of .*events.jsonl' is no event"
        ):
            RunWriter.resume(path, clock=clock)
    events.unlink()
    events.mkdir()
    with pytest.raises(RunFolderError, match=r"cannot read"):
        list(RunFolder.open(path).events())


def test_a_run_is_opened_by_a_text_as_by_a_path(path: Path) -> None:
    assert RunFolder.open(str(path)) == RunFolder.open(path)
