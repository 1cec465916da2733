"""The trajectory type: padding and row order change nothing, and bad rows are refused."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shapley_coop.interfaces.plugins import names
from shapley_coop.rl.assignment.spec import assign_credit
from shapley_coop.rl.trajectories.batch import Row, Trajectories, from_padded, from_rows
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
from tests.golden.credit.values import in_input_order
from tests.rl.conftest import evidence_for

TIME_METHODS = sorted(set(names("credit")) - {"spo_tree"})
Spans = st.lists(st.lists(st.floats(-5, 5), max_size=6), min_size=1, max_size=6)


def keyed(batch: Trajectories, row_R: torch.Tensor) -> dict[tuple[int, ...], float]:
    keys = zip(
        *(x.tolist() for x in (batch.episode_R, batch.seat_R, batch.turn_R)),
        strict=True,
    )
    return dict(zip(keys, row_R.tolist(), strict=True))


@pytest.mark.parametrize("name", TIME_METHODS)
def test_row_order_changes_nothing(name: str, rows: list[Row]) -> None:
    batch = from_rows(rows)
    order = np.random.default_rng(3).permutation(len(rows))
    other = from_rows([rows[i] for i in order])
    before = assign_credit(name, batch, evidence_for(batch))
    after = assign_credit(name, other, evidence_for(other))
    assert keyed(batch, before.row_R) == pytest.approx(
        keyed(other, after.row_R), abs=1e-12
    )
    assert torch.allclose(before.token_K, after.token_K, atol=1e-12)


@pytest.mark.parametrize("name", TIME_METHODS)
def test_padding_changes_nothing(name: str, rows: list[Row]) -> None:
    batch = from_rows(rows)
    width = 11
    real = torch.zeros(len(rows), width, dtype=torch.bool)
    fields = ("values", "logprobs", "token_rewards", "mask")
    padded = {
        f: torch.full((len(rows), width), 99.0, dtype=torch.float64) for f in fields
    }
    for r, row in enumerate(rows):
        real[r, 2 : 2 + len(row.values)] = True
        for f in fields:
            padded[f][r, 2 : 2 + len(row.values)] = torch.tensor(
                getattr(row, f), dtype=torch.float64
            )
    bare = [
        dataclasses.replace(r, values=(), logprobs=None, token_rewards=None, mask=None)
        for r in rows
    ]
    other = from_padded(bare, real, padded)
    before = assign_credit(name, batch, evidence_for(batch))
    after = assign_credit(name, other, evidence_for(other))
    assert torch.equal(before.row_R, after.row_R)
    assert torch.equal(before.token_K, after.token_K)


@pytest.mark.parametrize("name", TIME_METHODS)
def test_tokens_of_the_game_earn_nothing(name: str, batch: Trajectories) -> None:
    credit = assign_credit(name, batch, evidence_for(batch))
    assert not credit.token_K[~batch.mask_K].any()
    assert credit.token_K[batch.mask_K].any()


def test_results_return_to_input_order(rows: list[Row]) -> None:
    order = np.random.default_rng(5).permutation(len(rows))
    shuffled = [rows[i] for i in order]
    batch = from_rows(shuffled)
    assert in_input_order(batch.reward_R, batch).tolist() == [
        r.reward for r in shuffled
    ]


def test_repeated_rows_are_refused(rows: list[Row]) -> None:
    with pytest.raises(ValueError, match="given twice"):
        from_rows([*rows, rows[0]])


def test_lengths_that_disagree_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"logprob_K has shape \(1,\), expected \(2,\)"
    ):
        from_rows([Row(0, 0, values=[1.0, 2.0], logprobs=[0.0])])


def test_unsorted_rows_are_refused(batch: Trajectories) -> None:
    with pytest.raises(ValueError, match="must be sorted"):
        dataclasses.replace(batch, episode_R=batch.episode_R.flip(0))


def test_cohorts_hold_one_task_and_seat(batch: Trajectories) -> None:
    first = batch.starts[:-1]
    pairs = list(
        zip(batch.group_R[first].tolist(), batch.seat_R[first].tolist(), strict=True)
    )
    for i, a in enumerate(pairs):
        for j, b in enumerate(pairs):
            assert (batch.cohort[i] == batch.cohort[j]) == (a == b)


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


def test_numbers_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="element 1 is nan"):
        sum_to_end(torch.tensor([1.0, torch.nan]), torch.tensor([0, 2]))


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


@pytest.mark.parametrize("name", TIME_METHODS)
def test_an_empty_batch_has_no_credit(name: str) -> None:
    batch = from_rows([])
    credit = assign_credit(name, batch, evidence_for(batch))
    assert credit.row_R.numel() == credit.token_K.numel() == 0
