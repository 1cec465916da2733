"""What the engine hands out can be sent to another process and comes back whole."""

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from shapley_coop.shapley import (
    BadValueError,
    EvaluationError,
    Options,
    Request,
    Session,
    beta_weights,
    binomial_weights,
    estimate,
    exact,
    half_width,
    max_cost,
    max_evaluations,
    max_seconds,
    settled_ranking,
)
from shapley_coop.shapley.choice import Choice, ChoiceError
from shapley_coop.shapley.evaluation.stopping import Progress


def sent(thing):
    return pickle.loads(pickle.dumps(thing))


@pytest.mark.parametrize("kind", [EvaluationError, BadValueError])
def test_errors_keep_what_was_paid_for(kind):
    error = sent(kind("out of order", [(1, 2.0)]))
    assert type(error) is kind
    assert str(error) == "out of order"
    assert error.paid_values == [(1, 2.0)]


def test_choices_and_their_errors_keep_their_fields():
    error = sent(ChoiceError("no default", field="default"))
    assert (str(error), error.field) == ("no default", "default")
    assert sent(Choice(players=3)) == Choice(players=3)


def broken(coalitions):
    return np.where(coalitions.sum(axis=1) == 2, np.nan, 1.0)


def estimate_broken(seed):
    rng = np.random.default_rng(seed)
    return estimate(broken, 3, budget=8, rng=rng).values


def test_a_process_pool_survives_a_game_that_fails():
    """An error that cannot be read would break the pool, or have it wait for ever."""
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        with pytest.raises(BadValueError, match="is nan") as caught:
            pool.submit(estimate_broken, 0).result(timeout=60)
        assert len(caught.value.paid_values) == 5


def test_rules_options_and_weights_say_the_same_elsewhere():
    rule = (max_cost(2) | max_evaluations(8)) & (max_seconds(1) | half_width(0.1))
    options = sent(Options(stop=rule | settled_ranking(0.9)))
    assert options.stop.text == (rule | settled_ranking(0.9)).text
    for evaluations in (4, 9):
        progress = Progress(evaluations, cost=1.0, seconds=2.0, estimate=None)
        assert options.stop.is_met(progress) == rule.is_met(progress)
    table = np.arange(8.0) ** 2
    for weights in (beta_weights(2, 1), binomial_weights(0.3)):
        assert exact(table, sent(weights)).values.tolist() == (
            exact(table, weights).values.tolist()
        )


@pytest.mark.parametrize("method", ["auto", "permutation", "stratified", "balanced"])
@pytest.mark.parametrize("send", [sent, copy.deepcopy])
def test_a_session_goes_on_elsewhere_with_all_it_was_told(method, send):
    def value(request):
        return request.mask.bit_count() ** 1.5

    here = Session(8, 60, rng=np.random.default_rng(0), method=method)
    for request in here.ask(30):
        here.tell(request.mask, value(request))
    waiting = here.ask(4)
    there = send(here)
    assert there.data.total == here.data.total
    assert there.estimate().values.tolist() == here.estimate().values.tolist()
    for request in waiting:
        there.tell(request.mask, value(request))
    asked = {0, *here.data} | {request.mask for request in waiting}
    while requests := there.ask(8):
        for request in requests:
            assert isinstance(request, Request)
            assert request.mask not in asked
            asked.add(request.mask)
            there.tell(request.mask, value(request))
    assert there.data.total == 60
    assert there.estimate().values == pytest.approx(np.full(8, 8**0.5), rel=0.2)
