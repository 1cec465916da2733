"""Workers that wait for a choice, and a run that its log ends."""

import asyncio
import threading
import time
from contextlib import closing

import pytest

from shapley_coop.shapley import (
    Options,
    evaluate,
    half_width,
    max_evaluations,
)
from shapley_coop.shapley.coalitions import players
from shapley_coop.shapley.estimators.pair_selection import choose_pairs
from shapley_coop.shapley.evaluation.journal import Journal, JournalEntry
from tests.shapley.evaluation.failing_game import Failing, rng, run, worth


@pytest.mark.parametrize(("known", "workers"), [(70, 5), (86, 5), (86, 16), (94, 16)])
def test_a_budget_used_up_while_pairs_are_chosen_ends_the_run(tmp_path, known, workers):
    log = tmp_path / "log"
    with closing(Journal(log, 9)) as journal:
        for mask in (rng(3).permutation((1 << 9) - 2)[:known] + 1).tolist():
            journal.add(JournalEntry(mask, 0, worth(frozenset(players(mask))), 0.0))
    found = run(Failing(lambda _c, _d: False), 9, 100, seed=3, workers=workers, log=log)
    assert found.resumed == known
    assert found.evaluations == 100 - known


def test_a_rule_that_the_log_meets_costs_nothing(tmp_path):
    log = tmp_path / "log"
    run(Failing(lambda _c, _d: False), 9, 40, log=log)
    for stop in (max_evaluations(30), half_width(1e9)):
        game = Failing(lambda _c, _d: False)
        found = run(game, 9, 90, log=log, stop=stop)
        assert game.calls == found.evaluations == 0
        assert found.resumed == 40
        assert found.stopped_by == stop.text


def test_cancelling_while_pairs_are_chosen_keeps_the_log(tmp_path, monkeypatch):
    began = threading.Event()

    def slow(*given, **more):
        began.set()
        time.sleep(0.2)
        return choose_pairs(*given, **more)

    monkeypatch.setattr("shapley_coop.shapley.evaluation.plans.choose_pairs", slow)
    log = tmp_path / "log"

    async def cancelled():
        options = Options(log=log, workers=4, method="process")
        paid_some = asyncio.Event()

        async def game(coalition, _draw):
            await asyncio.sleep(0)
            if len(log.read_text().splitlines()) >= 10:
                paid_some.set()
            return worth(coalition)

        task = asyncio.create_task(
            evaluate(game, 12, budget=90, rng=rng(), options=options)
        )
        await paid_some.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert began.is_set()
    paid = len(log.read_text().splitlines()) - 1
    assert paid >= 9
    found = run(Failing(lambda _c, _d: False), 12, 90, log=log)
    assert found.resumed == paid
    assert found.resumed + found.evaluations == 90
