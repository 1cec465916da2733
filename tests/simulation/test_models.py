"""The gateway under whole runs: faults to forfeits, limits, replays, secrets, pictures, savings."""

import asyncio
import base64
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from shapley_coop.cli import main as cli
from shapley_coop.config.resolve import resolve
from shapley_coop.errors import LimitReached, ShapleyCoopError
from shapley_coop.llm import faults
from shapley_coop.llm.backends.scripted import ScriptedBackend
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.llm.sharing import SharedCalls
from shapley_coop.runs.store import RunFolder
from shapley_coop.simulation.run import replay, run
from tests.fixtures.models import completion, http

ROOT = Path(__file__).parents[2]
FAILS_NOW_AND_THEN = f"{__name__}:now_and_then"
SLOW = f"{__name__}:slow"


def now_and_then(target):
    """A scripted model of which every seventh answer is unusable."""
    plain, count = ScriptedBackend(target), [0]

    class Backend(ScriptedBackend):
        async def answer(self, request):
            count[0] += 1
            if count[0] % 7 == 0:
                raise faults.UnusableError("the server answered nonsense")
            return await plain.answer(request)

    return Backend(target)


def slow(target):
    return ScriptedBackend(target, delay=0.03)


def config(spec="scripted", **sections):
    return resolve({"game": {"id": "escape-room"}, **sections}, [f"model.name={spec}"])


def played(tmp_path, *arguments, **sections):
    return asyncio.run(run(config(*arguments, **sections), tmp_path))


def test_faults_become_forfeits_and_a_replay_forfeits_alike(tmp_path):
    folder = played(
        tmp_path, FAILS_NOW_AND_THEN, run={"episodes": 12, "concurrency": 3}
    )
    episodes = list(folder.episodes())
    assert [episode.status for episode in episodes] == ["done"] * 12
    assert sum(sum(episode.forfeits.values()) for episode in episodes) > 0
    reasons = [e["data"]["reason"] for e in folder.events() if e["kind"] == "forfeit"]
    assert any("nonsense" in reason for reason in reasons)
    again, difference = asyncio.run(replay(folder, tmp_path / "again"))
    assert difference is None
    assert len(list(again.episodes())) == 12


def test_limit_leaves_a_usable_run_that_goes_on_without_paying_twice(tmp_path):
    limited = {"run": {"episodes": 6, "concurrency": 1}, "limits": {"calls": 30}}
    with pytest.raises(LimitReached, match=r"limits\.calls = 30"):
        played(tmp_path, **limited)
    (path,) = (p.parent for p in tmp_path.glob("*/run.json"))
    folder = RunFolder.open(path)
    done = len(list(folder.episodes()))
    assert folder.manifest.status == "limit"
    assert 0 < done < 6
    _, difference = asyncio.run(replay(folder, tmp_path / "again"))
    assert (
        difference is None or difference.right is None
    )  # the cut episode's own events
    more = config(run=limited["run"], limits={"calls": 1000})
    whole = asyncio.run(run(more, tmp_path))
    assert whole.path == path
    assert len(list(whole.episodes())) == 6
    lines = [json.loads(line) for line in whole.calls.read_text().splitlines()]
    keys = [line["key"] for line in lines if line["kind"] == "call"]
    assert len(keys) == len(set(keys)) == sum(line["kind"] == "sent" for line in lines)


def test_cli_ends_with_3_at_a_limit_and_resume_raises_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = [
        "play",
        "escape-room",
        "--model",
        "scripted",
        "-n",
        "4",
        "--concurrency",
        "1",
    ]
    with pytest.raises(SystemExit) as ended:
        cli.main([*command, "--max-calls", "20"])
    assert ended.value.code == 3
    assert "limits.calls = 20 is reached" in capsys.readouterr().err
    (path,) = (p.parent for p in tmp_path.glob("runs/*/run.json"))
    cli.main(["resume", str(path), "--max-calls", "500", "--json"])
    figures = json.loads(capsys.readouterr().out)
    assert figures["status"] == "done"
    assert figures["cost"] == 0
    assert set(figures["spend"]["seat"]) == {"player_0", "player_1"}
    assert (
        sum(row["calls"] for row in figures["spend"]["purpose"].values())
        == figures["calls"]
    )


def test_episode_out_of_time_ends_alone_and_replays(tmp_path):
    timed = {
        "run": {"episodes": 2, "concurrency": 1},
        "limits": {"episode_seconds": 0.1},
    }
    folder = played(tmp_path, SLOW, **timed)
    assert folder.manifest.status == "limit"
    assert [episode.status for episode in folder.episodes()] == ["limit", "limit"]
    _, difference = asyncio.run(replay(folder, tmp_path / "again"))
    assert difference is None


def test_run_out_of_time(tmp_path):
    timed = {"run": {"episodes": 50, "concurrency": 1}, "limits": {"seconds": 0.5}}
    with pytest.raises(LimitReached, match=r"limits\.seconds"):
        played(tmp_path, SLOW, **timed)


def test_dry_run_sends_nothing_and_prices(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = [
        "play",
        "escape-room",
        "--model",
        "openai/gpt-4o-mini",
        "-n",
        "50",
        "--dry-run",
    ]
    out = CliRunner().invoke(cli.app, [*asked, "--json"])
    (expected,) = json.loads(out.output)["models"].values()
    assert expected["calls"] > 100
    assert 0 < expected["cost"] < expected["cost_of_full_answers"]
    said = CliRunner().invoke(cli.app, asked).output
    assert "this is no bound" in said
    assert "at most" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", ["off", "record"])
def test_cassette_modes_that_do_not_recall(tmp_path, mode):
    setup = {"run": {"episodes": 1}, "model": {"cassette": mode}}
    folder = played(tmp_path, **setup)
    assert folder.calls.exists() == (mode == "record")


def test_replay_mode_asks_nobody(tmp_path):
    with pytest.raises(ShapleyCoopError, match="cannot read cassette"):
        played(tmp_path, model={"cassette": "replay"})


# -- counterfactual reuse --------------------------------------------------------------------


def test_rollouts_share_equal_calls_with_the_same_credit(tmp_path, monkeypatch):
    """Against a gateway that asks every call of every coalition: the model goes by the request."""
    worth = {"kind": "rollout", "absence": "baseline"}
    game = {"id": "escape-room-n", "seats": 4, "levers": 1}
    rules = resolve(
        {"game": game, "protocol": "talk", "worth": worth, "run": {"episodes": 3}},
        ["model.name=scripted"],
    )
    folder = asyncio.run(run(rules, tmp_path))
    shared = list(folder.episodes())
    lines = [json.loads(line) for line in folder.calls.read_text().splitlines()]
    assert sum(line["kind"] == "call" for line in lines) == sum(e.calls for e in shared)
    assert "saved as equal ones" in (folder.path / "report.md").read_text()
    _, difference = asyncio.run(replay(folder, tmp_path / "again"))
    assert difference is None

    def never_shared(_calls, _name, call):
        return call()

    monkeypatch.setattr(Cassette, "find", lambda *_: None)
    monkeypatch.setattr(SharedCalls, "ask", never_shared)
    naive = asyncio.run(run(rules, tmp_path / "naive"))
    for one, other in zip(shared, naive.episodes(), strict=True):
        assert one.credit.values == other.credit.values
        assert one.credit.coalitions == other.credit.coalitions
    saved = sum(episode.credit.saved for episode in shared)
    asked = sum(episode.credit.calls for episode in shared)
    assert saved >= 0.3 * (saved + asked)
    sent = sum('"kind":"sent"' in line for line in naive.calls.read_text().splitlines())
    assert sent == sum(e.calls + e.credit.saved for e in shared)


# -- pictures --------------------------------------------------------------------------------


@pytest.mark.parametrize("observe", ["text", "image", "both"])
def test_models_see_the_frame(server, tmp_path, observe):
    server.answers = [http(completion('{"reason":"x","action":"door"}'))]
    rules = resolve(
        {"game": {"id": "escape-room-n", "seats": 2, "levers": 1, "horizon": 1}},
        ["protocol=solo", f"model.name={server.url}#m", f"model.observe={observe}"],
    )
    asyncio.run(run(rules, tmp_path))
    content = json.loads(server.heard[0].split(b"\r\n\r\n", 1)[1])["messages"][1][
        "content"
    ]
    if observe == "text":
        assert "You are at start." in content
        return
    words, picture = content
    png = base64.b64decode(
        picture["image_url"]["url"].removeprefix("data:image/png;base64,")
    )
    assert png.startswith(b"\x89PNG")
    assert len(png) > 1000
    assert ("You are at start." in words["text"]) == (observe == "both")
    assert "Choose the door while it is open" in words["text"]
