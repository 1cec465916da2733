"""Exact values against sums over subsets in rational arithmetic, and known games."""

import math
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

from shapley_coop.shapley import (
    banzhaf,
    beta_weights,
    binomial_weights,
    exact,
    leave_one_out,
    open_table,
)
from tests.rounding import rounding

# Values up to 1,000 are added in rows and columns of up to 2^9.
ROUNDING = rounding(1000, 2**9)


def rational_semivalue(table: list[int], weight) -> list[Fraction]:
    """Sum weighted marginal contributions over subsets. `weight(s, n)` is a Fraction."""
    n = len(table).bit_length() - 1
    by_size = [weight(s, n) for s in range(n)]
    values = []
    for i in range(n):
        sums = [0] * n
        for mask, value in enumerate(table):
            if not mask >> i & 1:
                sums[mask.bit_count()] += table[mask | 1 << i] - value
        values.append(
            sum((w * s for w, s in zip(by_size, sums, strict=True)), Fraction(0))
        )
    return values


def shapley_weight(s: int, n: int) -> Fraction:
    return Fraction(math.factorial(s) * math.factorial(n - s - 1), math.factorial(n))


def integer_table(n: int, seed: int = 0) -> list[int]:
    return np.random.default_rng([seed, n]).integers(-1000, 1000, 2**n).tolist()


@pytest.mark.parametrize("n", range(17))
def test_shapley_equals_the_rational_sum(n):
    table = integer_table(n)
    truth = rational_semivalue(table, shapley_weight)
    found = exact(np.array(table, dtype=float))
    assert found.values == pytest.approx([float(x) for x in truth], abs=ROUNDING)
    assert found.empty == table[0]
    assert found.grand == table[-1]
    # The residual adds up to 16 values.
    assert abs(found.residual) < 16 * ROUNDING


@pytest.mark.parametrize("n", range(1, 7))
def test_shapley_equals_the_mean_over_orders(n):
    table = integer_table(n, seed=1)
    totals = [0] * n
    for order in permutations(range(n)):
        mask = 0
        for i in order:
            totals[i] += table[mask | 1 << i] - table[mask]
            mask |= 1 << i
    truth = [float(Fraction(t, math.factorial(n))) for t in totals]
    assert exact(np.array(table, dtype=float)).values == pytest.approx(
        truth, abs=ROUNDING
    )


@pytest.mark.parametrize("n", [1, 2, 5, 9, 12])
def test_other_semivalues_equal_their_rational_sums(n):
    table = integer_table(n, seed=2)
    floats = np.array(table, dtype=float)

    def check(found, weight):
        truth = [float(x) for x in rational_semivalue(table, weight)]
        assert found.values == pytest.approx(truth, abs=ROUNDING)

    def rising(a: int, k: int) -> int:
        return math.prod(range(a, a + k))

    check(banzhaf(floats), lambda _s, m: Fraction(1, 2 ** (m - 1)))
    check(leave_one_out(floats), lambda s, m: Fraction(int(s == m - 1)))
    check(exact(floats, "individual"), lambda s, _m: Fraction(int(s == 0)))
    check(
        exact(floats, binomial_weights(0.25)),
        lambda s, m: Fraction(3 ** (m - 1 - s), 4 ** (m - 1)),
    )
    check(
        exact(floats, beta_weights(4, 2)),
        lambda s, m: Fraction(rising(2, s) * rising(4, m - 1 - s), rising(6, m - 1)),
    )


def test_beta_one_one_is_shapley():
    table = np.random.default_rng(3).normal(size=2**10)
    assert exact(table, beta_weights(1, 1)).values == pytest.approx(exact(table).values)


def test_games_of_no_one_and_two_players():
    assert exact([3.0]).values.shape == (0,)
    assert exact([3.0]).residual == 0.0
    assert exact([1.0, 4.0]).values.tolist() == [3.0]
    assert exact([0.0, 1.0, 2.0, 6.0]).values.tolist() == [2.5, 3.5]


def test_dummy_symmetric_and_negative_players():
    masks = np.arange(2**6)
    member = (masks[:, None] >> np.arange(6)) & 1
    # Players 0 and 1 are symmetric, 2 is a dummy, 3 adds -5, 4 adds nothing alone.
    table = np.where(member[:, 0] & member[:, 1], -8.0, 0.0) - 5.0 * member[:, 3] + 2.0
    assert exact(table).values == pytest.approx(
        [-4, -4, 0, -5, 0, 0], abs=rounding(13, 64)
    )


@pytest.mark.parametrize("n", [17, 20])
def test_large_tables_of_known_value(n):
    rng = np.random.default_rng(n)
    alone = rng.normal(size=n)
    masks = np.arange(2**n)
    table = np.full(2**n, 0.25)
    for i in range(n):
        table += alone[i] * (masks >> i & 1)
    block = 0b1011 << (n - 4)
    table += np.where(masks & block == block, 3.0, 0.0)
    truth = alone + [i in {n - 4, n - 3, n - 1} for i in range(n)]
    assert exact(table).values == pytest.approx(truth, abs=1e-10)


def test_a_table_is_read_from_a_memory_map(tmp_path):
    table = np.random.default_rng(0).normal(size=2**12)
    np.save(tmp_path / "t.npy", table)
    mapped = open_table(tmp_path / "t.npy")
    assert isinstance(mapped.base, np.memmap)
    assert exact(mapped).values.tolist() == exact(table).values.tolist()
    np.save(tmp_path / "i.npy", table.astype(np.float32))
    with pytest.raises(ValueError, match="float64"):
        open_table(tmp_path / "i.npy")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([], "power of two"),
        ([0.0, 1.0, 2.0], "power of two"),
        ([[0.0, 1.0]], "shape"),
        ([0.0, math.nan], r"players \[0\]"),
        ([0.0, 1.0, math.inf, 2.0], r"players \[1\]"),
        ([0.0, 1.0, math.inf, -math.inf], "2 coalition values"),
        ([math.nan], "not finite"),
    ],
)
def test_bad_tables_are_named(table, message):
    with pytest.raises(ValueError, match=message):
        exact(table)


def test_unknown_indices_and_weights_are_named():
    with pytest.raises(ValueError, match="nucleolus"):
        exact([0.0, 1.0], "nucleolus")
    with pytest.raises(ValueError, match="shape"):
        exact([0.0, 1.0], lambda n: np.ones(n + 1))
    with pytest.raises(ValueError, match="positive"):
        beta_weights(0, 1)
    with pytest.raises(ValueError, match="lies in"):
        binomial_weights(1.5)
