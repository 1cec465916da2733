"""The trajectory type: padding and row order change nothing, and bad rows are refused."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from shapley_coop.interfaces.plugins import names
from shapley_coop.rl.assignment.spec import assign_credit
from shapley_coop.rl.trajectories.batch import Row, Trajectories, from_padded, from_rows
from tests.golden.credit.values import in_input_order
from tests.rl.conftest import evidence_for

TIME_METHODS = sorted(set(names("credit")) - {"spo_tree"})


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


@pytest.mark.parametrize("name", ["logprobs", "token_rewards", "mask"])
def test_lengths_that_cancel_between_rows_are_refused(name: str) -> None:
    short = Row(0, 0, values=[1.0, 2.0], **{name: [0.0]})
    long = Row(0, 1, values=[1.0], **{name: [0.0, 0.0]})
    with pytest.raises(
        ValueError, match=f"episode 0, seat 0, turn 0 has 1 {name} for 2 values"
    ):
        from_rows([short, long])


def test_columns_of_other_lengths_are_refused(batch: Trajectories) -> None:
    with pytest.raises(ValueError, match=r"logprob_K has shape \(1,\), expected"):
        dataclasses.replace(batch, logprob_K=batch.logprob_K[:1])


def test_padded_matrices_that_do_not_fit_are_refused() -> None:
    rows = [Row(0, 0), Row(0, 1)]
    real = torch.ones(2, 3, dtype=torch.bool)
    with pytest.raises(ValueError, match=r"real_RL has shape \(2, 3\) for 1 rows"):
        from_padded(rows[:1], real, {})
    for values in (torch.zeros(2, 4), torch.zeros(3, 3)):
        with pytest.raises(
            ValueError, match=r"values has shape .* and real_RL \(2, 3\)"
        ):
            from_padded(rows, real, {"values": values})
    with pytest.raises(ValueError, match="unknown matrix 'value'"):
        from_padded(rows, real, {"value": torch.zeros(2, 3)})


def test_a_group_that_changes_inside_an_episode_is_refused() -> None:
    rows = [Row(0, 0, group="a"), Row(0, 1, group="b")]
    with pytest.raises(ValueError, match=r"group changes .* episode 0, seat 0, turn 1"):
        from_rows(rows)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("field", ["reward", "values", "token_rewards", "logprobs"])
def test_numbers_that_are_none_are_refused_by_field_and_place(
    field: str, bad: float
) -> None:
    numbers = {"values": [0.1, 0.2], field: bad if field == "reward" else [0.0, bad]}
    rows = [Row(0, 0, values=[1.0]), Row(0, 1, **numbers)]
    if field == "logprobs" and bad == -math.inf:
        # A token may have had no chance under the policy that is trained.
        assert from_rows(rows).logprob_K[-1] == bad
        return
    with pytest.raises(ValueError, match=f"{field[:4]}.*is {bad} in .*seat 0, turn 1"):
        from_rows(rows)


def test_what_the_game_said_may_hold_anything() -> None:
    rows = [Row(0, 0, reward=1.0, values=[math.nan, 0.5], mask=[False, True])]
    assert assign_credit("gae", from_rows(rows)).token_K.tolist() == [0.0, 0.5]


@pytest.mark.parametrize("name", TIME_METHODS)
def test_large_seats_and_turns_are_numbers_like_others(
    name: str, rows: list[Row]
) -> None:
    large = [
        dataclasses.replace(r, seat=r.seat * 2**62, turn=r.turn * 2**60) for r in rows
    ]
    near, far = from_rows(rows), from_rows(large)
    expected = assign_credit(name, near, evidence_for(near))
    found = assign_credit(name, far, evidence_for(near))
    assert torch.equal(found.token_K, expected.token_K)


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


@pytest.mark.parametrize("name", TIME_METHODS)
def test_an_empty_batch_has_no_credit(name: str) -> None:
    batch = from_rows([])
    credit = assign_credit(name, batch, evidence_for(batch))
    assert credit.row_R.numel() == credit.token_K.numel() == 0
