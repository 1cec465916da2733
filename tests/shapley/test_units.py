"""Results depend neither on the unit nor on the origin of a game."""

import numpy as np
import pytest

from benchmarks.shapley.units import failures
from shapley_coop.shapley import (
    dividends,
    estimate,
    exact,
    exact_by_types,
    from_dividends,
    from_table,
    owen,
    pair_interactions,
    weighted_sum,
)
from shapley_coop.shapley.nucleolus import nucleolus
from shapley_coop.shapley.stability import check, least_core, strongest_objection


@pytest.mark.parametrize("seed", range(40))
def test_every_public_function_follows_the_unit_and_the_origin(seed):
    """The same with 2,000 games: `python -m benchmarks.shapley.units`."""
    assert not failures(seed)


@pytest.mark.parametrize("unit", [1e-12, 1e-6, 1.0, 1e6, 1e30, 1e100])
def test_an_empty_core_is_empty_in_every_unit(unit):
    """Three players of whom any two win: the tax on leaving is a third of the prize."""
    majority = unit * np.array([0, 0, 0, 1, 0, 1, 1, 1])
    assert least_core(majority).epsilon == pytest.approx(unit / 3)
    assert nucleolus(majority) == pytest.approx([unit / 3] * 3)


def test_a_zero_game_pays_plain_zeros():
    assert not np.signbit(nucleolus(np.zeros(8))).any()
    assert not np.signbit(least_core(np.zeros(8)).payoff).any()


@pytest.mark.parametrize("n", [2, 4, 10, 12])
@pytest.mark.parametrize("value", [1e15, 1.7e308, -1.7e308])
def test_a_constant_game_credits_nobody(n, value):
    table = np.full(1 << n, value)
    assert not exact(table).values.any()
    assert not pair_interactions(table).any()
    assert not dividends(table)[1:].any()
    assert not owen(table, [range(n)]).values.any()


def test_a_large_common_part_takes_no_digits():
    table = np.random.default_rng(0).integers(0, 10, 1 << 12).astype(float)
    plain = exact(table).values
    assert exact(table + 1e12).values == pytest.approx(plain, abs=1e-12)
    interactions = pair_interactions(table)
    assert pair_interactions(table + 1e12) == pytest.approx(interactions, abs=1e-12)


def test_a_large_player_takes_no_digits_of_a_small_one():
    """A runway for two: who needs one metre pays half of it, whatever the other needs."""
    values = exact([0, -1e300, -1, -1e300]).values
    assert values == pytest.approx([-1e300, -0.5], rel=1e-15)


def test_sums_may_leave_the_range_of_floats_where_values_do_not():
    assert exact([0, 1e308, 1e308, 1.7e308]).values == pytest.approx([8.5e307] * 2)
    rng = np.random.default_rng(1)
    table = rng.random(1 << 11)
    values = exact(table).values
    assert exact(table * 1.7e308).values == pytest.approx(values * 1.7e308)


@pytest.mark.parametrize(
    "ask",
    [
        exact,
        dividends,
        pair_interactions,
        least_core,
        nucleolus,
        lambda table: owen(table, [[0], [1]]),
        lambda table: check(table, [0, 0]),
        lambda table: exact_by_types(lambda k: np.array(table)[k[:, 0]], [3]),
        lambda table: weighted_sum([1, 1, 1], lambda s: np.array(table)[s]),
        lambda table: estimate(
            from_table(table), 2, budget=4, rng=np.random.default_rng(0)
        ),
    ],
)
def test_what_has_no_float_is_an_error_that_names_the_value(ask):
    with pytest.raises(ValueError, match=r"1\.7e\+308 is too large"):
        ask([-1.7e308, -1.7e308, 1.7e308, 1.7e308])


def test_dividends_and_objections_too_large_are_errors():
    with pytest.raises(ValueError, match=r"dividend of 1\.7e\+308 is too large"):
        from_dividends([0, 1.7e308, 1.7e308, 0])
    with pytest.raises(ValueError, match="too large"):
        strongest_objection([0, 1.7e308], [-1.7e308])


@pytest.mark.parametrize("unit", [1e-200, 1e160, 1e290])
def test_a_sample_of_a_game_in_any_unit_has_finite_error_bars(unit):
    weights = np.arange(1.0, 17.0)

    def sample(factor):
        return estimate(
            lambda z: (z @ weights) ** 1.5 * factor,
            16,
            budget=100,
            rng=np.random.default_rng(0),
        )

    factor = 2.0 ** round(np.log2(unit))
    plain, other = sample(1.0), sample(factor)
    assert other.values / factor == pytest.approx(plain.values)
    assert other.stderr / factor == pytest.approx(plain.stderr)


def test_a_large_value_of_nobody_makes_no_players_alike():
    """With v(nobody) far from 0, values that differ were taken for equal ones."""
    weights = np.arange(1.0, 13.0)

    def f(z):
        return 1e10 + np.sqrt(z @ weights)

    sample = estimate(f, 12, budget=120, rng=np.random.default_rng(0))
    truth = exact(
        f(np.array([[m >> i & 1 for i in range(12)] for m in range(1 << 12)]))
    )
    assert sample.method == "process"
    assert (np.abs(sample.values - truth.values) < 5 * sample.stderr + 1e-5).all()


@pytest.mark.parametrize("unit", [1e-11, 1.0, 1e50])
def test_a_constant_game_has_the_error_of_the_noise_that_is_known(unit):
    def ask(noise):
        rng = np.random.default_rng(0)
        return estimate(
            lambda masks: np.full(len(masks), unit), 8, budget=48, rng=rng, noise=noise
        )

    # Draws that are all alike show no noise, and no unit to guess it in.
    assert not ask(True).stderr.any()
    found = ask(0.3 * unit)
    assert found.noise / unit == pytest.approx(0.3, rel=0.1)
    assert (found.stderr < 0.3 * unit).all()
    assert (found.stderr > 0.01 * unit).all()
