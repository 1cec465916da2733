"""Choosing pairs by the variance they remove, and where it must not be done."""

import asyncio

import numpy as np
import pytest

from benchmarks.shapley.games import make
from shapley_coop.shapley import Options, Session, estimate, evaluate
from shapley_coop.shapley.coalitions import mask_of, to_matrix


def test_it_asks_about_the_players_who_interact():
    """Of 12 players three matter together. The others add up."""
    n, worth = 12, np.arange(1.0, 13.0)

    def game(z):
        return z @ worth + 40.0 * (z[:, 0] & z[:, 1] & z[:, 2])

    truth = worth + np.array([40 / 3] * 3 + [0.0] * 9)
    errors = {
        method: np.mean(
            [
                np.square(
                    estimate(
                        game,
                        n,
                        budget=80,
                        method=method,
                        rng=np.random.default_rng(seed),
                    ).values
                    - truth
                ).sum()
                for seed in range(6)
            ]
        )
        for method in ("process", "balanced")
    }
    assert errors["process"] < 0.7 * errors["balanced"]


@pytest.mark.parametrize("family", ["team", "stages", "success", "diminishing"])
def test_choosing_beats_the_balanced_design(family):
    logs = []
    for seed in range(6):
        game = make(family, 10, seed)
        one, other = (
            np.square(
                estimate(
                    game.f,
                    10,
                    budget=100,
                    method=method,
                    rng=np.random.default_rng(seed),
                ).values
                - game.values
            ).sum()
            for method in ("process", "balanced")
        )
        logs.append(np.log(one / other))
    assert np.mean(logs) < 0


def test_a_game_of_two_values_gets_balanced_pairs():
    """A weighted vote may explain it, and then the process's variance is beside the point."""
    weights = np.array([4, 3, 3, 2, 2, 1, 1, 1])

    def requests(method):
        session = Session(8, 40, rng=np.random.default_rng(3), method=method)
        masks = []
        while (request := session.ask_one()) is not None:
            masks.append(request.mask)
            here = to_matrix([request.mask], 8)[0]
            session.tell(request.mask, float(here @ weights >= 10))
        return masks

    sizes = [
        sorted(m.bit_count() for m in requests(method))
        for method in ("process", "balanced")
    ]
    assert len(set(requests("process"))) == 40
    assert np.abs(np.subtract(*sizes)).max() <= 1


def test_a_choice_waits_for_answers_and_is_made_from_all_of_them():
    session = Session(10, 60, rng=np.random.default_rng(0), method="process")
    first = session.ask(60)
    assert len(first) == 2 + 2 * 10
    assert session.ask(60) == []
    for request in first:
        session.tell(request.mask, float(request.mask.bit_count() ** 2))
    second = session.ask(60)
    assert len({r.mask for r in [*first, *second]}) == 2 + 2 * 20  # as many pairs again


def test_a_choice_is_announced_early_and_may_be_made_elsewhere():
    session = Session(10, 60, rng=np.random.default_rng(0), method="process", ahead=6)
    first = session.ask(2 + 2 * 7 + 1)
    assert session.choosing is not None
    for request in first:
        session.tell(request.mask, float(request.mask.bit_count() ** 2))
    rest = session.ask(60)
    assert len(rest) == 5  # what was chosen before
    session.choosing.run(session.data.copy())
    more = session.ask(60)
    assert len({r.mask for r in [*first, *rest, *more]}) == 2 + 2 * 20
    assert session.choosing is not None


def test_equal_seeds_and_answers_give_equal_requests():
    def masks():
        session, found = (
            Session(9, 70, rng=np.random.default_rng(5), method="process"),
            [],
        )
        game = make("team", 9, 1)
        while (request := session.ask_one()) is not None:
            found.append(request.mask)
            session.tell(request.mask, float(game.f(to_matrix([request.mask], 9))[0]))
        return found

    assert masks() == masks()


@pytest.mark.parametrize("workers", [1, 4, 40])
@pytest.mark.parametrize("left", [0, 1, 7, 60])
def test_a_resumed_run_ends_and_asks_nothing_known(workers, left, tmp_path):
    """The known values fill the budget while a choice is under way."""
    game = make("team", 10, 2)
    log = tmp_path / "log.jsonl"
    asked = []

    async def value(coalition, _draw):
        asked.append(coalition)
        await asyncio.sleep(0)
        return float(game.f(to_matrix([mask_of(coalition)], 10))[0])

    def run(budget):
        options = Options(workers=workers, log=log)
        rng = np.random.default_rng(0)
        return asyncio.run(
            asyncio.wait_for(
                evaluate(value, 10, budget=budget, rng=rng, options=options), 30
            )
        )

    first = run(60)
    assert first.evaluations == len(set(asked)) == 60
    again = run(60 + left)
    assert again.evaluations == left
    assert len(asked) == len(set(asked)) == 60 + left
