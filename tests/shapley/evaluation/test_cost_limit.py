"""Limits on cost, which evaluations at once do not pass together."""

import asyncio

import numpy as np
import pytest

from shapley_coop.shapley import Options, evaluate


def run(price, limit, workers=8, **options):
    """Evaluate a noisy game of five, each draw of which has a price, and return the run."""
    dice = np.random.default_rng(0)

    async def game(members, _draw):
        await asyncio.sleep(float(dice.uniform(0, 0.001)))
        return len(members) + float(dice.normal()), price(dice)

    how = Options(workers=workers, noise=True, most_cost=limit, **options)
    rng = np.random.default_rng(0)
    return asyncio.run(evaluate(game, 5, budget=400, rng=rng, options=how))


@pytest.mark.parametrize("workers", [1, 8, 64])
def test_equal_costs_come_to_the_limit_and_not_beyond(workers):
    found = run(lambda _: 0.1, 2.05, workers)
    assert found.cost == pytest.approx(2.0)
    assert found.stopped_by == "another evaluation could go beyond a cost of 2.05"


@pytest.mark.parametrize("workers", [1, 8, 64])
def test_unequal_costs_pass_the_limit_by_little(workers):
    paid = []

    def price(dice):
        paid.append(float(dice.uniform(0.5, 1.0)))
        return paid[-1]

    found = run(price, 20.0, workers)
    assert found.cost <= 21.0
    assert found.cost > 18.0


def test_what_a_log_holds_counts(tmp_path):
    log = tmp_path / "log"
    first = run(lambda _: 1.0, 20.0, log=log)
    again = run(lambda _: 1.0, 20.0, log=log)
    more = run(lambda _: 1.0, 25.0, log=log)
    assert (first.evaluations, again.evaluations, more.evaluations) == (20, 0, 5)


def test_a_game_without_costs_meets_no_limit():
    assert run(lambda _: 0.0, 1.0).evaluations == 400


@pytest.mark.parametrize("cost", [-0.5, float("nan"), float("inf")])
def test_what_no_evaluation_costs_is_a_failure(cost):
    with pytest.raises(ExceptionGroup) as caught:
        run(lambda _: cost, 1.0)
    assert "costs a finite number >= 0" in str(caught.value.exceptions[0])
