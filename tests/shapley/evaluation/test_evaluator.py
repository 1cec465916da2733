"""Games that fail: what is tried again, left out, counted and said."""

import numpy as np
import pytest

from shapley_coop.shapley.evaluation.task import METHODS
from tests.shapley.evaluation.failing_game import Failing, run, worth


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
    "answer", [(1.0, np.nan), (1.0, None), (1.0, 2.0, 3.0), "much", None]
)
def test_an_answer_of_another_shape_is_a_failure_not_a_crash(answer):
    async def game(coalition, _draw):
        return answer if len(coalition) == 2 else worth(coalition)

    found = run(game, 5, 32, retries=0)
    assert len(found.failures) == 10
    assert found.evaluations == 22
