"""Coalitions of few episodes, played one by one in worker processes: the same credit as here."""

import asyncio

import pytest

from shapley_coop.config.resolve import resolve
from shapley_coop.errors import LimitReached
from shapley_coop.llm.money.amounts import Occasion
from shapley_coop.runs.store import RunFolder
from shapley_coop.simulation.executors.relay import ModelQuestion
from shapley_coop.simulation.executors.work import CoalitionWork
from shapley_coop.simulation.run import replay
from tests.cli.scripts import COUNT
from tests.simulation.executors.agents import MARK, SEATS
from tests.simulation.executors.test_processes import SCRIPTS, content, go

AGENTS = "tests.simulation.executors.agents"
ROOM = {"id": "escape-room-n", "seats": SEATS, "levers": 2, "horizon": 2}


def rollout(episodes=1, **tables):
    """Return a run of few episodes whose coalitions are played again."""
    worth = {"kind": "rollout", **tables.pop("worth", {})}
    game = tables.pop("game", ROOM)
    tables |= {"game": game, "worth": worth, "run": {"episodes": episodes}}
    return resolve(tables)


@pytest.fixture
def mark(tmp_path, monkeypatch):
    path = tmp_path / "mark.txt"
    monkeypatch.setenv(MARK, str(path))
    return path


@pytest.fixture
def calls(tmp_path, monkeypatch):
    path = tmp_path / "calls.txt"
    path.touch()
    monkeypatch.setenv(COUNT, str(path))
    return lambda: path.read_text().splitlines()


def models(**tables):
    return rollout(agent="llm", model={"name": f"{SCRIPTS}:Counting"}, **tables)


@pytest.mark.parametrize(
    "tables",
    [
        {"agent": "random", "protocol": "talk"},
        {"agent": "random", "protocol": "solo", "worth": {"width": 0.5}},
        {"agent": "rational", "worth": {"exact_seats": 3, "evaluations": 9}},
    ],
    ids=["all coalitions, with chance", "until intervals are narrow", "a sample"],
)
def test_credit_is_that_of_one_process(tmp_path, tables):
    config = rollout(**tables)
    alone = go(config, tmp_path / "alone", 0)
    assert content(go(config, tmp_path / "apart", 2)) == content(alone)
    (episode,) = alone.episodes()
    assert episode.credit.worth == "rollout"


def test_coalitions_of_one_episode_keep_several_processes_at_work(tmp_path, mark):
    room = {**ROOM, "seats": 3, "horizon": 1}
    go(rollout(agent=f"{AGENTS}:Slow", game=room), tmp_path / "runs", 2)
    # This process plays the episode, and two others play its coalitions.
    assert len(set(mark.read_text().split())) == 3


def test_models_are_asked_as_often_as_in_one_process(tmp_path, calls):
    alone = go(models(), tmp_path / "alone", 0)
    asked = sorted(calls())
    (tmp_path / "calls.txt").write_text("")
    apart = go(models(), tmp_path / "apart", 2)
    assert content(apart) == content(alone)
    assert sorted(calls()) == asked
    (episode,) = apart.episodes()
    assert episode.credit.calls > 0
    _, difference = asyncio.run(replay(apart, tmp_path / "again"))
    assert difference is None


def test_one_budget_counts_and_a_higher_one_goes_on(tmp_path, calls):
    needed = len(go(models(), tmp_path / "whole", 0) and calls())
    (tmp_path / "calls.txt").write_text("")
    few = needed // 2
    with pytest.raises(LimitReached, match=f"limits.calls = {few} is reached") as cut:
        go(models(limits={"calls": few}), tmp_path / "runs", 2)
    assert len(calls()) <= few
    assert RunFolder.open(cut.value.folder).manifest.status == "limit"
    go(models(limits={"calls": needed}), tmp_path / "runs", 2)
    assert len(calls()) == needed


@pytest.mark.parametrize(
    "agent", ["BreaksInCoalitions", "BreaksLateInTheFirstCoalition"]
)
def test_a_coalition_that_breaks_costs_its_episode_as_in_one_process(tmp_path, agent):
    config = rollout(agent=f"{AGENTS}:{agent}")
    alone = go(config, tmp_path / "alone", 0)
    apart = go(config, tmp_path / "apart", 2)
    assert content(apart) == content(alone)
    (episode,) = apart.episodes()
    assert episode.status == "failed"
    assert "somebody is missing" in episode.error
    assert "somebody is missing" in apart.tracebacks()


def test_a_coalition_of_a_killed_worker_is_played_again(tmp_path, mark):
    config = rollout(agent=f"{AGENTS}:KillsInCoalitionsOnce")
    killed = go(config, tmp_path / "killed", 2)
    assert mark.exists()
    # The mark is there now, so that nobody is killed.
    assert content(killed) == content(go(config, tmp_path / "alone", 0))


def test_an_episode_that_is_over_asks_nothing_any_more():
    async def scene():
        work = CoalitionWork(Answers(), (7,), 1)
        play = asyncio.create_task(work.play(7, frozenset({"player_0"}), 0))
        number = await work.take()
        heard = await work.answer(question(7))
        play.cancel()
        await asyncio.wait({play})
        refused = await work.answer(question(7))
        # What nobody waits for any more is not handed out again.
        work.give_back(number)
        return heard, refused, work.take_now()

    heard, refused, rest = asyncio.run(scene())
    assert heard == "an answer"
    assert "nobody waits" in str(refused)
    assert rest is None


class Answers:
    """A run that answers everything alike."""

    async def answer(self, question):
        return "an answer"


def question(episode):
    return ModelQuestion(None, None, Occasion("player_0", episode, "act"))
