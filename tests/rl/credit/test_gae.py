"""GAE and its two-level forms: their identity, their errors, and their sound defaults."""

import dataclasses

import pytest
import torch

from shapley_coop.rl.credit.bi_level_gae import TwoLevels, bi_level_gae, turn_wise_gae
from shapley_coop.rl.credit.gae import GaeSettings, gae
from shapley_coop.rl.credit.no_concat_gae import no_concat_gae
from shapley_coop.rl.trajectories.batch import Row, Trajectories, from_rows
from tests.rl.conftest import random_rows


@pytest.mark.parametrize("seed", range(20))
def test_two_levels_equal_one_without_discount_or_inner_rewards(seed: int) -> None:
    batch = from_rows(random_rows(seed, end_rewards=True))
    one, two = gae(batch), bi_level_gae(batch)
    assert torch.allclose(one.token_K, two.token_K, atol=1e-12)
    assert torch.allclose(one.return_K, two.return_K, atol=1e-12)


@pytest.mark.parametrize(
    "levels",
    [
        TwoLevels(gamma_turn=0.9, gamma_token=0.9),
        TwoLevels(lam_turn=0.9, lam_token=0.9),
    ],
)
def test_equal_discounts_below_one_are_not_enough(levels: TwoLevels) -> None:
    batch = from_rows(random_rows(0, end_rewards=True))
    one = gae(batch, GaeSettings(gamma=levels.gamma_turn, lam=levels.lam_turn))
    assert not torch.allclose(
        one.token_K, bi_level_gae(batch, levels).token_K, atol=1e-2
    )


def test_levels_have_lambdas_of_their_own(batch: Trajectories) -> None:
    full = bi_level_gae(batch)
    token = bi_level_gae(batch, TwoLevels(lam_token=0.5))
    last = batch.offsets[1:] - 1
    assert torch.allclose(full.token_K[last], token.token_K[last], atol=1e-12)
    assert not torch.allclose(full.token_K, token.token_K, atol=1e-3)
    turn = bi_level_gae(batch, TwoLevels(lam_turn=0.5))
    assert not torch.allclose(full.token_K[last], turn.token_K[last], atol=1e-3)


def test_row_credit_is_the_turn_advantage(batch: Trajectories) -> None:
    levels = TwoLevels(gamma_turn=0.95)
    two, turn = bi_level_gae(batch, levels), turn_wise_gae(batch, levels)
    assert torch.allclose(two.row_R, turn.row_R, atol=1e-12)


def test_a_missing_end_mark_is_named(rows: list[Row]) -> None:
    broken = [dataclasses.replace(r, ended=i != 4) for i, r in enumerate(rows)]
    batch = from_rows(broken)
    place = f"episode {rows[4].episode}, seat {rows[4].seat}, turn {rows[4].turn}"
    for method in (bi_level_gae, turn_wise_gae):
        with pytest.raises(ValueError, match=f"1 turns have no end mark.*{place}"):
            method(batch)


def test_a_reward_without_token_is_refused() -> None:
    batch = from_rows([Row(0, 0, reward=1.0), Row(0, 1, values=[0.5])])
    with pytest.raises(ValueError, match="hold a reward but no own token"):
        gae(batch)
    assert no_concat_gae(batch).turn_advantage_R.tolist() == [0.5 + 0.5 - 0.0, -0.5]


def test_whitening_of_one_token() -> None:
    credit = gae(from_rows([Row(0, 0, reward=1.0, values=[0.2])]))
    assert credit.whiten().tolist() == [0.0]
    with pytest.raises(ValueError, match="at least two"):
        credit.whiten(reference=True)


def test_whitening_leaves_tokens_of_the_game_at_zero(batch: Trajectories) -> None:
    credit = bi_level_gae(batch)
    assert not credit.whiten()[~batch.mask_K].any()
    assert credit.whiten(reference=True)[~batch.mask_K].all()
    assert torch.equal(
        credit.whiten()[batch.mask_K], credit.whiten(reference=True)[batch.mask_K]
    )


def test_critic_targets_exist_only_where_a_value_was_compared(
    batch: Trajectories,
) -> None:
    own = batch.own()
    last = torch.zeros_like(own.mask_K)
    last[own.offsets[1:] - 1] = True
    turn = turn_wise_gae(batch).return_K[batch.mask_K]
    assert torch.equal(turn.isnan(), ~last)
    reference = turn_wise_gae(batch, TwoLevels(reference=True)).return_K[batch.mask_K]
    assert torch.equal(reference == 0, ~last)


def test_tokens_behind_the_last_end_mark_belong_to_no_turn_in_the_reference() -> None:
    open_end = [
        Row(0, 0, reward=1.0, values=[0.1, 0.2]),
        Row(0, 1, reward=5.0, values=[0.3, 0.4], ended=False),
        Row(1, 0, reward=2.0, values=[0.5], ended=False),
        Row(2, 0, reward=3.0, values=[0.6, 0.7]),
    ]
    credit = turn_wise_gae(from_rows(open_end), TwoLevels(reference=True))
    first, last = 1.0 - 0.2, 3.0 - 0.7
    assert credit.token_K.tolist() == pytest.approx([first, first, 0, 0, 0, last, last])
    assert credit.return_K.tolist() == pytest.approx([0, 1.0, 0, 0, 0, 0, 3.0])
    for anchor in ("last", "first"):
        with pytest.raises(IndexError):
            bi_level_gae(from_rows(open_end), TwoLevels(reference=True), anchor=anchor)
    assert gae(from_rows(open_end)).token_K.isfinite().all()
