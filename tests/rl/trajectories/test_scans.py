"""Sums, minima and statistics of spans and groups equal plain loops, and keep spans apart."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shapley_coop.rl.trajectories.ragged import (
    group_mean,
    group_std,
    next_in_span,
    span_sum,
    subtract_,
    whiten,
)
from shapley_coop.rl.trajectories.scans import (
    Ends,
    advantages,
    min_to_end,
    sum_to_end,
)

Spans = st.lists(st.lists(st.floats(-5, 5), max_size=6), min_size=1, max_size=6)


@settings(deadline=None)
@given(Spans, st.sampled_from([0.0, 0.5, 0.95, 1.0]))
def test_sums_to_the_end_equal_a_loop(
    spans: list[list[float]], discount: float
) -> None:
    offsets = torch.tensor([0, *np.cumsum([len(s) for s in spans]).tolist()])
    x = torch.tensor([v for s in spans for v in s], dtype=torch.float64)
    summed, least = [], []
    for span in spans:
        for k in range(len(span)):
            summed.append(sum(discount**j * v for j, v in enumerate(span[k:])))
            least.append(min(span[k:]))
    assert sum_to_end(x, offsets, discount).tolist() == pytest.approx(summed, abs=1e-10)
    assert min_to_end(x, offsets).tolist() == least
    assert span_sum(x, offsets).tolist() == pytest.approx(
        [sum(s) for s in spans], abs=1e-12
    )
    following = [v for s in spans for v in ([*s[1:], 9.0] if s else [])]
    assert next_in_span(x, offsets, 9.0).tolist() == following


def test_sums_over_many_blocks_equal_those_of_each_span() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(0, 90_000, 12)
    offsets = torch.tensor([0, *np.cumsum(lengths).tolist()])
    x = torch.from_numpy(rng.normal(size=int(offsets[-1])))
    whole = sum_to_end(x, offsets, 0.99)
    for a, b in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
        alone = sum_to_end(x[a:b], torch.tensor([0, b - a]), 0.99)
        assert torch.allclose(whole[a:b], alone, atol=1e-10)


@settings(deadline=None)
@given(Spans, st.sampled_from([0.0, 0.9, 1.0]), st.sampled_from([0.0, 0.95, 1.0]))
def test_advantages_equal_a_loop(
    spans: list[list[float]], gamma: float, lam: float
) -> None:
    offsets = torch.tensor([0, *np.cumsum([len(s) for s in spans]).tolist()])
    value = torch.tensor([v for s in spans for v in s], dtype=torch.float64)
    reward = value.flip(0)
    last = offsets[1:][offsets.diff() > 0] - 1
    ends = Ends(last, last.double() + 0.5)
    closed = reward.clone()
    closed[ends.at_M] = ends.value_M
    expected = torch.zeros_like(value)
    for a, b in itertools.pairwise(offsets.tolist()):
        later, running = 0.0, 0.0
        for k in reversed(range(a, b)):
            running = (
                float(closed[k])
                + gamma * later
                - float(value[k])
                + gamma * lam * running
            )
            expected[k], later = running, float(value[k])
    found = advantages(reward, value, offsets, gamma, lam, ends)
    assert found.tolist() == pytest.approx(expected.tolist(), abs=1e-9)
    assert found.tolist() == advantages(closed, value, offsets, gamma, lam).tolist()
    summed = sum_to_end(reward, offsets, gamma, ends)
    assert summed.tolist() == sum_to_end(closed, offsets, gamma).tolist()


def test_one_value_a_span_is_subtracted_in_every_block() -> None:
    rng = np.random.default_rng(1)
    lengths = torch.from_numpy(rng.integers(0, 30_000, 20))
    lengths[3] = 0
    offsets = torch.cat([torch.zeros(1, dtype=torch.long), lengths.cumsum(0)])
    x = torch.from_numpy(rng.normal(size=int(offsets[-1])))
    value = torch.from_numpy(rng.normal(size=20))
    expected = x - torch.repeat_interleave(value, lengths)
    assert torch.equal(subtract_(x, value, offsets), expected)


def test_sums_that_are_not_finite_are_refused() -> None:
    offsets = torch.tensor([0, 2])
    with pytest.raises(ValueError, match="sum to the end at element 1 is nan"):
        sum_to_end(torch.tensor([1.0, torch.nan]), offsets)
    with pytest.raises(ValueError, match="sum to the end at element 0 is inf"):
        sum_to_end(torch.tensor([1e308, 1e308], dtype=torch.float64), offsets)


@pytest.mark.parametrize("discount", [1.0, 0.9])
def test_a_sum_holds_nothing_of_other_spans(discount: float) -> None:
    alone = torch.tensor([0.3, 0.1], dtype=torch.float64)
    expected = sum_to_end(alone, torch.tensor([0, 2]), discount)
    assert expected.tolist() == [0.3 + discount * 0.1, 0.1]
    for other in (-1e12, 1e16, 1e300):
        huge = torch.full((3,), other, dtype=torch.float64)
        x = torch.cat([alone, huge, alone])
        found = sum_to_end(x, torch.tensor([0, 2, 5, 7]), discount)
        assert torch.equal(found[:2], expected)
        assert torch.equal(found[-2:], expected)


def test_group_statistics_and_whitening() -> None:
    x = torch.tensor([1.0, 3.0, 5.0, 10.0], dtype=torch.float64)
    group = torch.tensor([0, 0, 2, 0])
    assert group_mean(x, group, 3).tolist() == pytest.approx([14 / 3, 0.0, 5.0])
    assert group_std(x, group, 3).tolist() == pytest.approx(
        [np.std([1, 3, 10], ddof=1), 0, 0]
    )
    white = whiten(x, torch.ones(4, dtype=torch.bool))
    assert white.mean().item() == pytest.approx(0)
    assert white.std().item() == pytest.approx(1, abs=1e-6)
    with pytest.raises(ValueError, match="at least two"):
        whiten(x, group == 2)


@pytest.mark.parametrize("unit", [1e100, 1e155, 1e300])
def test_large_numbers_are_whitened_as_small_ones(unit: float) -> None:
    x_K = torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64) * unit
    over_K = torch.ones(3, dtype=torch.bool)
    assert whiten(x_K, over_K).tolist() == pytest.approx([-1, 0, 1])
    alike_K = torch.full((3,), unit, dtype=torch.float64)
    assert whiten(alike_K, over_K).tolist() == [0, 0, 0]
