"""What goes wrong on the way: failing games, bad values, cut runs; what is kept and what ends."""

import asyncio
import threading
import time
from contextlib import closing

import numpy as np
import pytest

from shapley_coop.shapley import (
    EvaluationError,
    Options,
    Session,
    estimate,
    evaluate,
    half_width,
    max_evaluations,
)
from shapley_coop.shapley.coalitions import players, to_masks
from shapley_coop.shapley.estimators.pair_selection import choose_pairs
from shapley_coop.shapley.evaluation.journal import Journal, JournalEntry
from shapley_coop.shapley.evaluation.plans import METHODS


def rng(seed=0):
    return np.random.default_rng(seed)


def worth(coalition):
    return float(
        len(coalition) ** 1.5
        + 2 * (0 in coalition)
        + (1 in coalition and 2 in coalition)
    )


def matrix_game(z):
    return [worth(frozenset(np.flatnonzero(row).tolist())) for row in z]


class Failing:
    def __init__(self, fails):
        self.fails, self.calls = fails, 0

    async def __call__(self, coalition, draw):
        self.calls += 1
        await asyncio.sleep(0)
        if self.fails(coalition, draw):
            raise RuntimeError("away")
        return worth(coalition)


def run(game, n, budget, seed=0, **options):
    async def limited():
        how = Options(**options)
        return await asyncio.wait_for(
            evaluate(game, n, budget=budget, rng=rng(seed), options=how), 10
        )

    return asyncio.run(limited())


@pytest.mark.parametrize(("known", "workers"), [(70, 5), (86, 5), (86, 16), (94, 16)])
def test_a_budget_used_up_while_pairs_are_chosen_ends_the_run(tmp_path, known, workers):
    log = tmp_path / "log"
    with closing(Journal(log, 9)) as journal:
        for mask in (rng(3).permutation((1 << 9) - 2)[:known] + 1).tolist():
            journal.add(JournalEntry(mask, 0, worth(frozenset(players(mask))), 0.0))
    found = run(Failing(lambda _c, _d: False), 9, 100, seed=3, workers=workers, log=log)
    assert found.resumed == known
    assert found.evaluations == 100 - known


@pytest.mark.parametrize("method", [m for m in METHODS if m != "exact"])
def test_a_game_that_fails_but_for_its_ends_costs_no_more_than_the_budget(method):
    game = Failing(lambda coalition, _d: 0 < len(coalition) < 25)
    found = run(game, 25, 60, method=method, retries=1)
    assert found.evaluations == 2
    assert game.calls == 2 + 2 * 58
    assert len(found.failures) == 58
    assert np.isinf(found.estimate.stderr).all()


def test_repeats_that_fail_end_too():
    game = Failing(lambda _c, draw: draw > 0)
    found = run(game, 3, 40, noise=True, retries=0)
    assert found.evaluations == 8
    assert game.calls == 40


def test_an_end_that_fails_stops_the_run_at_once():
    for fails, name in (
        (lambda c, _d: not c, "empty"),
        (lambda c, _d: len(c) == 9, "N"),
    ):
        game = Failing(fails)
        with pytest.raises(
            ValueError, match=rf"v\({name}\) has no value \(RuntimeError: away"
        ):
            run(game, 9, 500, workers=4)
        assert game.calls < 20
    for method in ("permutation", "auto"):
        game = Failing(lambda _c, _d: True)
        with pytest.raises(ExceptionGroup, match="every evaluation failed"):
            run(game, 25, 500, workers=4, method=method)
        assert game.calls <= 12


@pytest.mark.parametrize(
    "spoil", [lambda v: v[:-1], lambda v: v[:, None], lambda v: v * np.nan]
)
def test_bad_values_are_value_errors_that_keep_the_good_ones(spoil):
    asked = []

    def game(z):
        asked.append(len(z))
        values = np.array(matrix_game(z))
        return values if len(asked) < 3 else spoil(values)

    with pytest.raises(EvaluationError) as caught:
        estimate(game, 10, budget=60, rng=rng())
    assert isinstance(caught.value, ValueError)
    assert len(caught.value.paid_values) == sum(asked[:2])


def test_the_good_values_of_a_bad_batch_are_kept_and_resumed():
    asked = []

    def game(z, broken=True):
        asked.extend(to_masks(z))
        values = np.array(matrix_game(z))
        return np.where(z.sum(axis=1) == 3, np.nan, values) if broken else values

    with pytest.raises(EvaluationError, match="is nan") as caught:
        estimate(game, 6, budget=64, rng=rng())
    known = caught.value.paid_values
    bad = [m for m in asked if m.bit_count() == 3]
    assert len(known) == len(asked) - len(bad)
    found = estimate(
        lambda z: game(z, broken=False), 6, budget=64, rng=rng(), paid_values=known
    )
    assert found.evaluations == 64
    assert len(asked) == 64 + len(bad)
    assert found.values == pytest.approx(
        estimate(matrix_game, 6, budget=64, rng=rng()).values
    )


def test_what_was_told_unasked_is_not_asked():
    session = Session(4, 16, rng=rng())
    session.ask(2)
    session.tell(3, 1.0)
    session.tell(5, 2.0)
    assert not session.idle
    rest = session.ask(20)
    assert {r.mask for r in rest}.isdisjoint({3, 5})
    assert len(rest) == 12


def test_a_rule_that_the_log_meets_costs_nothing(tmp_path):
    log = tmp_path / "log"
    run(Failing(lambda _c, _d: False), 9, 40, log=log)
    for stop in (max_evaluations(30), half_width(1e9)):
        game = Failing(lambda _c, _d: False)
        found = run(game, 9, 90, log=log, stop=stop)
        assert game.calls == found.evaluations == 0
        assert found.resumed == 40
        assert found.stopped_by == stop.text


def test_draws_missing_from_the_log_are_made_up_and_none_twice(tmp_path):
    log = tmp_path / "log"
    with closing(Journal(log, 2)) as journal:
        for draw in (0, 2, 3):
            journal.add(JournalEntry(0, draw, 0.1 * draw, 0.0))
    asked = []

    async def game(coalition, draw):
        asked.append((coalition, draw))
        return worth(coalition)

    run(game, 2, 40, noise=True, log=log)
    assert len(set(asked)) == len(asked) == 37
    draws = [draw for coalition, draw in asked if not coalition]
    assert draws[0] == 1
    assert not {0, 2, 3} & set(draws)


@pytest.mark.parametrize(
    "answer", [(1.0, np.nan), (1.0, None), (1.0, 2.0, 3.0), "much", None]
)
def test_an_answer_of_another_shape_is_a_failure_not_a_crash(answer):
    async def game(coalition, _draw):
        return answer if len(coalition) == 2 else worth(coalition)

    found = run(game, 5, 32, retries=0)
    assert len(found.failures) == 10
    assert found.evaluations == 22


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


def test_numpy_numbers_are_numbers_and_seeds_are_no_generators():
    found = estimate(matrix_game, np.int64(70), budget=np.int64(90), rng=rng())
    assert found.values.sum() == pytest.approx(worth(frozenset(range(70))))
    with pytest.raises(TypeError, match="default_rng"):
        estimate(matrix_game, 5, budget=32, rng=3)
    with pytest.raises(TypeError, match="integer"):
        estimate(matrix_game, 5, budget=32.5, rng=rng())


@pytest.mark.parametrize("method", ["unbiased", "regression"])
def test_too_few_pairs_fall_back_on_the_process(method):
    found = estimate(matrix_game, 3, budget=5, rng=rng(), method=method, noise=True)
    assert np.isfinite(found.values).all()
    assert f"too few for method '{method}'" in found.reason


def test_unseen_strata_have_an_error():
    for budget in (12, 30, 60):
        found = estimate(matrix_game, 10, budget=budget, rng=rng(), method="stratified")
        assert (found.stderr > 0).all()
    whole = estimate(matrix_game, 6, budget=64, rng=rng(), method="stratified")
    assert not whole.stderr.any()


def test_a_game_of_even_part_alone_is_worth_nothing():
    found = estimate(
        lambda z: z.sum(axis=1) * (3.0 - z.sum(axis=1)), 3, budget=6, rng=rng()
    )
    assert found.values == pytest.approx(np.zeros(3))
