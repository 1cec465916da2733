"""Asking and telling: order, repeats, gaps, and what falls back."""

from contextlib import closing

import numpy as np
import pytest

from shapley_coop.shapley import (
    Session,
    estimate,
)
from shapley_coop.shapley.coalitions import players
from shapley_coop.shapley.evaluation.journal import Journal, JournalEntry
from tests.shapley.evaluation.async_game import N, value
from tests.shapley.evaluation.failing_game import rng, run, worth


def matrix_game(z):
    return [worth(frozenset(np.flatnonzero(row).tolist())) for row in z]


def test_what_was_told_unasked_is_not_asked():
    session = Session(4, 16, rng=rng())
    session.ask(2)
    session.tell(3, 1.0)
    session.tell(5, 2.0)
    assert not session.idle
    rest = session.ask(20)
    assert {r.mask for r in rest}.isdisjoint({3, 5})
    assert len(rest) == 12


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


def test_ask_and_tell_takes_answers_in_any_order():
    session = Session(N, 60, rng=np.random.default_rng(0))
    while batch := session.ask(9):
        for request in reversed(batch):
            session.tell(request.mask, value(frozenset(players(request.mask))))
    found = session.estimate()
    assert found.evaluations == 60
    assert found.residual == pytest.approx(0.0, abs=1e-9)
