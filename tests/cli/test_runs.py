"""A run is one thing: it is listed, named by its id, and never goes on as another unnoticed."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shapley_coop.runs.store import RunFolder
from tests.cli.scripts import COUNT
from tests.fixtures.command_line import cli, done_run

__all__ = ["cli", "done_run"]  # fixtures

AGENT = """
class A:
    needs_model = False

    def __init__(self, place):
        self.place = place

    async def believe(self, view):
        return None

    async def negotiate(self, view):
        return None

    async def act(self, view):
        {act}
"""
DOOR = 'return "door"'
MENDED = 'return "lever"'


@pytest.fixture
def mine(cli, tmp_path, monkeypatch):
    """Write an agent to a module of a name of its own and return how to write it again."""
    import importlib

    name = f"mine_{tmp_path.name.replace('-', '_')}"
    monkeypatch.syspath_prepend(tmp_path)

    def write(act):
        (tmp_path / f"{name}.py").write_text(AGENT.format(act=act))
        # As a new process would, which imports what is written there now.
        importlib.invalidate_caches()
        sys.modules.pop(name, None)
        return f"{name}:A"

    yield write
    sys.modules.pop(name, None)


def cut(cli, monkeypatch, *command):
    """Run a command that is interrupted at the start of its third episode, and return its run."""
    from shapley_coop.simulation.worker import Worker

    play_episode = Worker.episode

    async def interrupted(self, index, recorder):
        if index == 2:
            raise KeyboardInterrupt
        await play_episode(self, index, recorder)

    with monkeypatch.context() as patch:
        patch.setattr(Worker, "episode", interrupted)
        code, _, _ = cli(*command)
    assert code == 130
    (run,) = Path("runs").iterdir()
    assert RunFolder.open(run).manifest.status == "cancelled"
    return run


PLAY = ("play", "escape-room", "--agent", "selfish", "--protocol", "solo", "-n", 5,
        "--concurrency", 1)  # fmt: skip


def test_a_continued_run_says_so(cli, monkeypatch):
    run = cut(cli, monkeypatch, *PLAY)
    code, out, err = cli(*PLAY, "--json")
    assert code == 0
    assert json.loads(out)["run"] == str(run)
    assert f"continuing run {run.name} (2 of 5 played)" in err
    _, report, err = cli("report", run)
    assert "continuing" not in err
    assert "2: the run was cut and continued" in " ".join(report.split())


def test_a_cut_run_is_not_continued_with_other_code_but_begun_anew(
    cli, monkeypatch, mine
):
    command = (*PLAY, "--seat", f"player_1={mine(DOOR)}")
    run = cut(cli, monkeypatch, *command)
    mine(MENDED)
    code, out, err = cli(*command, "--json")
    assert code == 0
    figures = json.loads(out)
    assert figures["run"] != str(run)
    assert f"run {run.name} is not continued" in err
    assert "the code of agent mine" in err
    actions = [step.actions["player_1"] for episode in
               RunFolder.open(figures["run"]).episodes() for step in episode.steps]  # fmt: skip
    assert set(actions) == {"lever"}


def test_resume_refuses_other_code_unless_it_is_told_to_go_on(cli, monkeypatch, mine):
    run = cut(cli, monkeypatch, *PLAY, "--seat", f"player_1={mine(DOOR)}")
    before = (run / "run.json").read_text()
    mine(MENDED)
    code, _, err = cli("resume", run)
    assert code == 2
    assert "the code of agent mine" in err
    assert "(--anyway)" in err
    assert (run / "run.json").read_text() == before
    code, _, err = cli("resume", run, "--anyway", "--json")
    assert code == 0
    assert "(2 of 5 played)" in err
    (change,) = RunFolder.open(run).manifest.changes
    assert change.startswith("from episode 2 on: the code of agent mine")
    _, report, _ = cli("report", run)
    assert "from episode 2 on: the code of agent" in " ".join(report.split())


def test_a_comment_elsewhere_is_no_other_code(cli, monkeypatch, mine, tmp_path):
    run = cut(cli, monkeypatch, *PLAY, "--seat", f"player_1={mine(MENDED)}")
    (tmp_path / "notes.py").write_text("# a study beside it")
    mine(MENDED)
    code, _, err = cli("resume", run, "--json")
    assert code == 0, err


def test_what_an_agent_uses_beside_it_is_its_code_too(cli, monkeypatch, mine, tmp_path):
    import sys

    helper = tmp_path / "my_helper.py"
    helper.write_text("def choice():\n    return 'door'\n")
    act = "from my_helper import choice\n        return choice()"
    agent = mine(act)
    source = next(tmp_path.glob("mine_*.py"))
    source.write_text(
        "import my_helper\n" + AGENT.format(act="return my_helper.choice()")
    )
    run = cut(cli, monkeypatch, *PLAY, "--seat", f"player_1={agent}")
    helper.write_text("def choice():\n    return 'lever'\n")
    for name in (source.stem, "my_helper"):
        sys.modules.pop(name, None)
    code, _, err = cli("resume", run)
    sys.modules.pop("my_helper", None)
    assert code == 2
    assert "the code of agent mine" in err


def test_resume_refuses_other_templates_and_another_version(cli, monkeypatch, tmp_path):
    (tmp_path / "calls").touch()
    monkeypatch.setenv(COUNT, str(tmp_path / "calls"))
    model = ("--seat", "player_1=llm", "--model", "tests.cli.scripts:Counting")
    run = cut(cli, monkeypatch, *PLAY, *model)
    manifest = json.loads((run / "run.json").read_text())
    manifest["templates"]["agent/system.j2"] = "another"
    manifest["versions"]["shapley-coop"] = "0.0.1"
    (run / "run.json").write_text(json.dumps(manifest))
    code, _, err = cli("resume", run)
    assert code == 2
    assert "shapley-coop 0.0.1 (now " in err
    assert "the prompt templates agent/system.j2" in err


def test_runs_are_listed_and_the_newest_is_reported(cli, done_run):
    code, out, _ = cli("runs")
    assert code == 0
    assert out.split()[:2] == [done_run.name, "done"]
    assert "2 of 2" in out
    _, second, _ = cli("play", "stag-hunt", "--agent", "random", "--json")
    other = Path(json.loads(second)["run"])
    (Path("runs") / "broken").mkdir()
    (Path("runs") / "broken" / "run.json").write_text("{")
    _, out, _ = cli("runs", "--json")
    rows = {row["run"]: row for row in json.loads(out)}
    assert "corrupt" in rows.pop("broken")["error"]
    assert sorted(rows) == sorted([done_run.name, other.name])
    row = rows[done_run.name]
    assert (row["game"], row["status"], row["recorded"]) == ("escape-room", "done", 2)
    assert row["cost"] == 0
    (Path("runs") / "broken" / "run.json").unlink()
    _, out, _ = cli("report", "--json")
    assert Path(json.loads(out)["run"]).name == max(rows)


def test_without_runs_there_is_nothing_to_list_or_report(cli):
    code, out, _ = cli("runs")
    assert (code, out) == (0, "no run in 'runs'; play one: shapley-coop play GAME\n")
    assert cli("runs", "--json")[1] == "[]\n"
    code, _, err = cli("report")
    assert code == 2
    assert "there is no run in 'runs'" in err


def test_runs_of_a_study_are_found_from_the_folder_around_them(cli):
    code, _, _ = cli("tournament", "escape-room", "rational", "selfish", "-n", 1)
    assert code == 0
    place = Path("runs", "tournament-escape-room")
    assert cli("runs")[1] == (
        f"no run in 'runs'; 4 in '{place}': shapley-coop runs --runs-dir {place}\n"
    )


def test_a_run_is_named_by_its_id_or_the_end_of_it(cli, done_run):
    digest = done_run.name.rpartition("-")[2]
    for name in (done_run, done_run.name, digest):
        code, out, _ = cli("report", name, "--json")
        assert code == 0
        assert json.loads(out)["run"] == str(done_run)
    for command in (
        ("resume", digest),
        ("replay", digest),
        ("compare", digest, digest),
    ):
        assert cli(*command)[0] == 0, command
    code, _, err = cli("report", "nosuch")
    assert code == 2
    assert f"there is no run 'nosuch'; known runs: {done_run}" in err


def test_an_empty_name_is_no_run(cli, done_run):
    code, _, err = cli("report", " ")
    assert code == 2
    assert "the name of the run is empty" in err


def test_an_end_or_a_beginning_that_several_runs_share_is_refused(cli, done_run):
    import shutil

    digest = done_run.name.rpartition("-")[2]
    other = done_run.with_name(f"20990101T000000Z-copy-{digest}")
    shutil.copytree(done_run, other)
    for part in (digest, "20"):
        code, _, err = cli("report", part)
        assert code == 2
        listed = f"{other.name}, {done_run.name}; name one"
        assert f"several runs begin or end with {part!r}: {listed}" in err
    for part in ("2099", "copy-" + digest, done_run.name[:12], done_run.name[-11:]):
        code, out, err = cli("report", part, "--json")
        assert (code, err) == (0, "")
        whole = other if "copy" in part or part == "2099" else done_run
        assert json.loads(out)["run"] == str(whole)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_run_that_is_asked_to_end_ends_as_by_ctrl_c(tmp_path, name):
    number = getattr(signal, name)
    playing = endless_run(tmp_path)
    playing.send_signal(number)
    _, err = playing.communicate(timeout=120)
    assert playing.returncode == 128 + number
    assert [line for line in err.splitlines() if line] == [
        "stopping …",
        "error: stopped; the same command continues the run",
    ]
    (run,) = (tmp_path / "runs").iterdir()
    folder = RunFolder.open(run)
    assert folder.manifest.status == "cancelled"
    assert folder.manifest.totals["episodes"] == folder.episode_count > 0


def test_a_run_that_was_killed_is_listed_with_what_it_played(cli, tmp_path):
    playing = endless_run(tmp_path)
    playing.kill()
    playing.communicate()
    code, out, _ = cli("runs", "--json")
    (row,) = json.loads(out)
    assert code == 0
    assert row["status"] == "started"
    assert row["recorded"] == RunFolder.open(row["path"]).episode_count > 0


def endless_run(folder):
    """Return a process that plays a run in a folder and has recorded some of its episodes."""
    command = ("play", "escape-room", "--agent", "random", "-n", "100000", "-q")
    playing = subprocess.Popen(
        [sys.executable, "-m", "shapley_coop", *command],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    episodes = []
    while not episodes or not episodes[0].stat().st_size:
        time.sleep(0.05)
        episodes = list(folder.glob("runs/*/episodes.jsonl"))
    return playing


def test_an_empty_folder_of_runs_is_refused(cli):
    code, _, err = cli("play", "escape-room", "--agent", "rational", "--runs-dir", "")
    assert code == 2
    assert "runs_dir is empty" in err
    assert list(Path().iterdir()) == []
    import shapley_coop as sc
    from shapley_coop.errors import ConfigError

    with pytest.raises(ConfigError, match="runs_dir"):
        sc.play("escape-room", agent="rational", runs_dir=" ")
