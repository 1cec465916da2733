"""Plug-ins that try to end the program: each is named like any other failure, and the run ends."""

import asyncio

import pytest

from shapley_coop.errors import AgentError, ShapleyCoopError
from shapley_coop.interfaces.game import CoalitionWorth
from shapley_coop.simulation.run import run
from shapley_coop.simulation.worker import open_game
from tests.fixtures.broken import agents, games, models, worths
from tests.fixtures.plays import configured

GAMES = "tests.fixtures.broken.games"
AGENTS = "tests.fixtures.broken.agents"
MODELS = "tests.fixtures.broken.models"
WORTHS = "tests.fixtures.broken.worths"

ENDINGS = {
    "exit": SystemExit(3),
    "cancelled": asyncio.CancelledError(),
    "closed": GeneratorExit(),
    "group": BaseExceptionGroup("several", [SystemExit(3), ValueError("one")]),
    "strange": BaseException("none of the usual"),
}


@pytest.fixture(params=ENDINGS)
def end(request):
    """Return a function that raises something which would end the program."""

    def raise_ending(*_arguments, **_options):
        raise ENDINGS[request.param]

    return raise_ending


def errors_of(tmp_path, game="Bus", agent=f"{AGENTS}:Rider", model="scripted", **worth):
    """Return the errors of the episodes of a run, or the error of one that was refused."""
    config = configured(
        f"{GAMES}:{game}",
        agent=agent,
        protocol="shapley-coop",
        model={"name": model},
        worth=worth or {"kind": "replay", "absence": "removed"},
        run={"episodes": 3, "concurrency": 2},
    )
    try:
        folder = asyncio.run(run(config, tmp_path))
    except ShapleyCoopError as refusal:
        assert list(tmp_path.iterdir()) == []
        return [str(refusal)]
    assert folder.manifest.status == "failed"
    return [episode.error for episode in folder.episodes()]


def plant(monkeypatch, module, base, **methods):
    """Put a plug-in into a module of broken ones for the time of a test."""
    made = type("Planted", (base,), {"__module__": module.__name__, **methods})
    monkeypatch.setattr(module, "Planted", made, raising=False)


@pytest.mark.parametrize("method", ["believe", "negotiate", "act"])
def test_an_agent_that_ends_the_program_is_named(tmp_path, monkeypatch, end, method):
    async def ask(self, view):
        await asyncio.sleep(0)
        end()

    plant(monkeypatch, agents, agents.Rider, **{method: ask})
    errors = errors_of(tmp_path, agent=f"{AGENTS}:Planted")
    assert len(errors) == 3
    for error in errors:
        assert f"agent {AGENTS}.Planted at rider_" in error
        assert f"{method} failed at step 0: " in error


def test_an_agent_that_cannot_be_made_for_it_is_named(tmp_path, monkeypatch, end):
    plant(monkeypatch, agents, agents.Rider, __init__=end)
    for error in errors_of(tmp_path, agent=f"{AGENTS}:Planted"):
        assert "it could not be made: " in error


def test_a_check_of_a_game_that_ends_the_program_is_named(tmp_path, monkeypatch, end):
    plant(monkeypatch, agents, agents.Rider, check_game=end)
    (error,) = errors_of(tmp_path, agent=f"{AGENTS}:Planted")
    assert "check_game failed for bus: " in error


@pytest.mark.parametrize(
    "method", ["advance", "facts", "legal", "security", "over", "outcomes", "restrict"]
)
def test_a_game_that_ends_the_program_is_named(tmp_path, monkeypatch, end, method):
    plant(monkeypatch, games, games.Bus, horizon=2, **{method: end})
    for error in errors_of(tmp_path, game="Planted"):
        assert error.startswith("game 'bus': ")
        assert f"Planted.{method}(" in error


def test_an_oracle_that_ends_the_program_is_named(tmp_path, monkeypatch, end):
    def oracle(self):
        return CoalitionWorth(self.seats, end)

    plant(monkeypatch, games, games.Bus, oracle=oracle)
    for error in errors_of(tmp_path, game="Planted", kind="oracle"):
        assert "the values of coalitions failed: " in error


def test_a_worth_kind_that_ends_the_program_is_named(tmp_path, monkeypatch, end):
    async def worth(self, scene):
        return CoalitionWorth(scene.game.seats, end)

    plant(monkeypatch, worths, worths.Measured, worth=worth)
    for error in errors_of(tmp_path, kind=f"{WORTHS}:Planted"):
        assert "worth kind 'measured': to value coalitions failed: " in error


def test_a_worth_kind_that_refuses_by_it_is_named(tmp_path, monkeypatch, end):
    plant(monkeypatch, worths, worths.Measured, refusal=end)
    (error,) = errors_of(tmp_path, kind=f"{WORTHS}:Planted")
    assert "refusal failed: " in error


def test_a_model_that_ends_the_program_is_named(tmp_path, monkeypatch, end):
    async def answer(self, request):
        await asyncio.sleep(0)
        end()

    plant(monkeypatch, models, models.BackendText, answer=answer)
    for error in errors_of(tmp_path, agent="llm", model=f"{MODELS}:Planted"):
        assert f"model '{MODELS}:Planted': {MODELS}.Planted.answer failed: " in error


def test_a_model_that_cannot_be_made_for_it_is_named(tmp_path, monkeypatch, end):
    plant(monkeypatch, models, models.BackendText, __init__=end)
    (error,) = errors_of(tmp_path, agent="llm", model=f"{MODELS}:Planted")
    assert f"model '{MODELS}:Planted' could not be made: " in error


def test_a_game_that_cannot_be_made_for_it_is_named(monkeypatch, end):
    plant(monkeypatch, games, games.Bus, __init__=end)
    with pytest.raises(ShapleyCoopError, match="could not be made"):
        open_game(f"{GAMES}:Planted", {})


def test_an_agent_that_cancels_the_task_it_runs_in_fails_the_run(tmp_path, monkeypatch):
    async def act(self, view):
        asyncio.current_task().cancel()
        await asyncio.sleep(0)

    plant(monkeypatch, agents, agents.Rider, act=act)
    config = configured(
        f"{GAMES}:Bus", agent=f"{AGENTS}:Planted", run={"concurrency": 2}
    )
    with pytest.raises(AgentError, match="cancelled the task"):
        asyncio.run(run(config, tmp_path))


def test_whoever_cancels_a_run_is_obeyed_whatever_an_agent_makes_of_it(
    tmp_path, monkeypatch
):
    asked = asyncio.Event()

    async def act(self, view):
        asked.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise ValueError("not now") from None

    plant(monkeypatch, agents, agents.Rider, act=act)
    config = configured(f"{GAMES}:Bus", agent=f"{AGENTS}:Planted")

    async def cancel():
        task = asyncio.ensure_future(run(config, tmp_path))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    (path,) = tmp_path.iterdir()
    assert '"status":"cancelled"' in (path / "run.json").read_text().replace(" ", "")
