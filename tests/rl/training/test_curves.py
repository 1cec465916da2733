"""Points of curves as cards and pages show them."""

import pytest

from shapley_coop.rl.training.curves import thin_curve


@pytest.mark.parametrize("count", [0, 1, 12, 13, 100])
def test_a_long_curve_keeps_some_points_and_the_last_one(count):
    kept = thin_curve(range(count), 12)
    assert kept == sorted(set(kept))
    assert len(kept) <= 12
    assert kept[-1:] == list(range(count))[-1:]
    if count <= 12:
        assert kept == list(range(count))
