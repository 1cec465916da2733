"""Answers shared by runs, in one process and in several."""

import asyncio
import multiprocessing
import sqlite3

import pytest

from shapley_coop.config.sections import ModelSettings
from shapley_coop.errors import RunFolderError, StorageError
from shapley_coop.interfaces.model import Message, Reply, Usage
from shapley_coop.llm.backends.scripted import ScriptedBackend
from shapley_coop.llm.gateway import Gateway
from shapley_coop.llm.memory.cache import Cache
from shapley_coop.llm.memory.cassette import Cassette
from tests.fixtures.models import OFFER, request_for


def test_first_answer_stays_and_is_free_the_second_time(tmp_path):
    kept = Cache(tmp_path / "a.sqlite")
    request = request_for("x", schema=OFFER)
    assert kept.find(request) is None
    kept.add(request, Reply(text="one", cost=0.5, usage=Usage(prompt=1, completion=2)))
    kept.add(request, Reply(text="two"))
    found = Cache(tmp_path / "a.sqlite").find(request)
    assert (found.text, found.source, found.cost, found.attempts) == (
        "one",
        "cache",
        0.0,
        0,
    )
    assert kept.find(request_for("x", schema=OFFER, seed=9)) is None
    (row,) = kept.rows()
    assert (row["model"], row["answers"]) == ("smollm2", 1)
    kept.close()


def test_prune_and_clear(tmp_path):
    kept = Cache(tmp_path / "a.sqlite")
    for text in "ab":
        kept.add(request_for(text), Reply(text=text))
    kept._base.execute("UPDATE answers SET used = 0 WHERE reply LIKE '%\"a\"%'")
    assert kept.prune(30) == 1
    assert kept.find(request_for("b")) is not None
    assert kept.clear() == 1
    assert kept.rows() == []
    kept.close()


def test_foreign_file_and_bad_place_are_told(tmp_path):
    (tmp_path / "text").write_text("hello " * 400)
    with pytest.raises(RunFolderError, match="is no cache"):
        Cache(tmp_path / "text")
    with pytest.raises(StorageError, match="cache"):
        Cache(tmp_path / "text" / "inside.sqlite")


def fill(path, worker):
    kept = Cache(path)
    for number in range(60):
        kept.add(request_for(f"{number}"), Reply(text=f"by {worker}"))
        kept.find(request_for(f"{number}"))
    kept.close()


def test_several_processes_at_once(tmp_path):
    path = tmp_path / "a.sqlite"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=fill, args=(path, worker)) for worker in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    base = sqlite3.connect(path)
    assert base.execute("SELECT COUNT(*) FROM answers").fetchone() == (60,)
    assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    base.close()


def test_second_run_asks_nothing_and_its_own_cassette_holds_all(tmp_path):
    backend = ScriptedBackend(script=lambda _: "{}")

    async def run(folder):
        gate = Gateway(
            ModelSettings(name="scripted"),
            Cassette(tmp_path / folder),
            cache=Cache(tmp_path / "a.sqlite"),
            open_backend=lambda _: backend,
        )
        asker = gate.seat("", seat="p0", episode=0, seed=1)
        reply = await asker.complete(
            [Message(role="user", content="x")], OFFER, purpose="a"
        )
        await gate.close()
        return reply.source, gate.budget.spending.calls

    assert asyncio.run(run("first")) == ("scripted", 1)
    assert asyncio.run(run("second")) == ("cache", 0)
    assert len(backend.requests) == 1
    assert len(Cassette(tmp_path / "second", writable=False)) == 1
