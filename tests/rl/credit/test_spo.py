"""SPO: segments, values at branch points of a small game, trees, and the loss with its gradient."""

import math

import pytest
import torch
from numpy.random import Generator, SeedSequence

from shapley_coop.rl.credit.spo_chain import (
    SpoChainSettings,
    cutpoint_starts,
    spo_chain,
    turn_starts,
    was_choice,
)
from shapley_coop.rl.credit.spo_tree import spo_tree, tree_values
from shapley_coop.rl.losses.spo import LossSettings, TokenLogs, spo_loss
from shapley_coop.rl.trajectories.batch import Row, Trajectories, from_rows
from tests.golden.credit.segments import Rollout, boundary_value, equal_starts
from tests.rl.sampling import game_values, grow_tree, token_values


class Walk:
    """Four moves of 0 or 1. The outcome is 1 if at least three were 1."""

    def __init__(self) -> None:
        self.moves: list[int] = []

    def snapshot(self) -> tuple[int, ...]:
        return tuple(self.moves)

    def restore(self, state: object) -> None:
        assert isinstance(state, tuple)
        self.moves = list(state)

    def outcome(self) -> float:
        return float(sum(self.moves) >= 3)


def finish(game: Walk, rng: Generator) -> Rollout:
    while len(game.moves) < 4:
        game.moves.append(int(rng.integers(0, 2)))
    return Rollout(game.outcome())


def double(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_values_from_snapshots_approach_the_truth_and_leave_the_game_alone() -> None:
    game = Walk()
    game.moves = [1, 1]
    branches = [(), (1,), (1, 1), (0, 0), (1, 1, 1)]
    truth = [5 / 16, 4 / 8, 3 / 4, 0.0, 1.0]
    got = game_values(game, branches, finish, 4000, SeedSequence(1))
    assert got == pytest.approx(truth, abs=0.03)
    assert game.moves == [1, 1]
    assert got == game_values(game, branches, finish, 4000, SeedSequence(1))
    with pytest.raises(ValueError, match="at least one rollout, got 0"):
        game_values(game, branches, finish, 0, SeedSequence(1))


def test_turn_segments_pass_the_value_of_snapshots_to_turns() -> None:
    batch = from_rows([Row(0, t, values=[0.0] * (t + 1)) for t in range(3)])
    credit = spo_chain(
        batch,
        turn_starts(batch),
        double(0.3, 0.5, 0.2),
        double(1.0),
        SpoChainSettings(probability_mask=False),
    )
    assert credit.row_R.tolist() == pytest.approx([0.2, -0.3, 0.8])
    assert credit.token_K.sum().item() == pytest.approx(0.2 - 2 * 0.3 + 3 * 0.8)


def test_a_trajectory_without_segment_earns_nothing() -> None:
    batch = from_rows([Row(e, 0, values=[0.0] * 2) for e in range(3)])
    credit = spo_chain(batch, torch.tensor([4]), double(0.25), torch.ones(3).double())
    assert credit.unmasked_K.tolist() == [0.0] * 4 + [0.75] * 2


def test_the_prompt_has_a_value_unlike_in_the_reference() -> None:
    probability = double(0.95, 0.99, 0.5, 0.95)
    whole = torch.tensor([0, 4])
    assert cutpoint_starts(probability, whole).tolist() == [0, 2]
    assert cutpoint_starts(probability, whole, reference=True).tolist() == [2]
    assert equal_starts(whole, 2).tolist() == [0, 2]
    assert equal_starts(whole, 2, reference=True).tolist() == [2]


def test_cutpoints_are_counted_anew_in_each_trajectory() -> None:
    probability = double(0.5, 0.5, 0.5, 0.5, 0.5)
    spans = torch.tensor([0, 3, 3, 5])
    assert cutpoint_starts(probability, spans, 2, reference=True).tolist() == [0, 2, 3]
    assert equal_starts(spans, 4).tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="interval must be at least 1"):
        cutpoint_starts(probability, spans, 0)


def test_truncated_rollouts_count_nothing() -> None:
    assert boundary_value([Rollout(1.0, truncated=True), Rollout(1.0)]) == 0.5
    with pytest.raises(ValueError, match="at least one rollout"):
        boundary_value([])


def test_token_prefixes_are_continued_by_the_policy() -> None:
    seen = []

    def go_on(prefix: list[int], count: int) -> list[Rollout]:
        seen.append(list(prefix))
        return [Rollout(len(prefix))] * count

    assert token_values([5, 6, 7], [0, 2], go_on, 3) == [0.0, 2.0]
    assert seen == [[], [5, 6]]
    with pytest.raises(ValueError, match="start 4 lies outside the 3 tokens"):
        token_values([5, 6, 7], [4], go_on, 1)


def test_a_tree_grown_from_a_game() -> None:
    game = Walk()

    def segment(walk: Walk, rng: Generator) -> float | None:
        walk.moves.append(int(rng.integers(0, 2)))
        return walk.outcome() if len(walk.moves) == 4 else None

    root = grow_tree(game, segment, Walk.outcome, [3, 2, 2, 2], SeedSequence(5))
    assert game.moves == []
    assert len(root.children) == 3
    assert len(tree_values(root)) == 1 + 3 + 6 + 12 + 24
    values = {n.path: n.value for n in tree_values(root)}
    for edge in spo_tree(root, drop_zero=False):
        assert edge.advantage == values[edge.child] - values[edge.parent]
    cut = grow_tree(game, segment, Walk.outcome, [2], SeedSequence(5))
    assert [c.reward for c in cut.children] == [0.0, 0.0]


def losses(new_K: torch.Tensor, seed: int = 0, **settings: float) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    count = new_K.numel()
    old = torch.log(
        torch.rand(count, generator=generator, dtype=torch.float64) * 0.7 + 0.25
    )
    ref = old + 0.1 * torch.randn(count, generator=generator, dtype=torch.float64)
    advantage = torch.randn(count, generator=generator, dtype=torch.float64)
    logs = TokenLogs(old + new_K, old, ref)
    offsets = torch.tensor([0, 3, count])
    return spo_loss(advantage, logs, offsets, LossSettings(**settings)).loss


@pytest.mark.parametrize("kl", [0.0, 0.05])
def test_the_gradient_of_the_loss_equals_finite_differences(kl: float) -> None:
    shift = 0.15 * torch.randn(
        8, generator=torch.Generator().manual_seed(2), dtype=torch.float64
    )
    assert torch.autograd.gradcheck(
        lambda x: losses(x, kl_coef=kl), shift.requires_grad_()
    )


@pytest.mark.parametrize("kl", [0.0, 0.1])
def test_tokens_that_are_not_trained_may_hold_anything(kl: float) -> None:
    old = torch.log(double(0.5, 0.99, 0.6))
    new, offsets = torch.log(double(0.6, 0.98, 0.5)), torch.tensor([0, 3])
    gaps = []
    for other in (new[1], torch.tensor(torch.nan)):
        held = torch.stack([new[0], other.double(), new[2]]).requires_grad_()
        ref = torch.stack([old[0], other.double(), old[2]])
        advantage = torch.stack([double(1.0)[0], other.double(), double(-2.0)[0]])
        settings = LossSettings(kl_coef=kl)
        terms = spo_loss(advantage, TokenLogs(held, old, ref), offsets, settings)
        terms.loss.backward()
        gaps.append((terms.loss, held.grad))
    for one, other in zip(*gaps, strict=True):
        assert one.isfinite().all()
        assert torch.equal(one, other)


def test_without_a_trained_token_the_loss_is_zero_and_the_reference_nan() -> None:
    sure = torch.log(double(0.95, 0.99, 0.97))
    logs = TokenLogs(sure, sure, sure)
    advantage, offsets = double(1.0, 2.0, 3.0), torch.tensor([0, 3])
    assert spo_loss(advantage, logs, offsets).loss.item() == 0.0
    assert spo_loss(advantage, logs, offsets, reference=True).loss.isnan()


def test_unknown_and_borderline_tokens_are_choices_everywhere() -> None:
    probability = double(0.95, 0.9, torch.nan)
    assert was_choice(probability.log()).tolist() == [False, True, True]
    spans = torch.tensor([0, 3])
    assert cutpoint_starts(probability, spans, 1, reference=True).tolist() == [1, 2]


def test_a_loss_without_old_probabilities_is_refused() -> None:
    known, offsets = torch.log(double(0.5, 0.6)), torch.tensor([0, 2])
    logs = TokenLogs(known, torch.log(double(0.5, torch.nan)), known)
    with pytest.raises(ValueError, match="old_K holds NaN"):
        spo_loss(double(1.0, 2.0), logs, offsets)


def test_lengths_of_segments_and_values_must_agree() -> None:
    batch: Trajectories = from_rows([Row(0, 0, values=[0.0])])
    with pytest.raises(ValueError, match="1 segments start, but 2 values"):
        spo_chain(batch, torch.tensor([0]), double(0.1, 0.2), double(1.0))


@pytest.mark.parametrize("starts", [[1, 0], [0, 0], [0, 9], [-1, 1]])
def test_starts_that_do_not_rise_inside_the_batch_are_refused(
    starts: list[int],
) -> None:
    batch = from_rows([Row(0, 0, values=[0.0] * 3)])
    with pytest.raises(ValueError, match=r"must rise .* inside the 3 own tokens"):
        spo_chain(batch, torch.tensor(starts), double(0.1, 0.2), double(1.0))


def test_nothing_is_masked_where_log_probabilities_are_unknown() -> None:
    sure = [math.log(0.99), math.log(0.99)]
    rows = [
        Row(0, 0, values=[0.0, 0.0]),
        Row(0, 1, values=[0.0, 0.0], logprobs=sure),
    ]
    batch = from_rows(rows)
    credit = spo_chain(batch, turn_starts(batch), double(0.2, 0.6), double(1.0))
    assert credit.row_R.tolist() == pytest.approx([0.4, 0.4])
    assert credit.token_K.tolist() == pytest.approx([0.4, 0.4, 0.0, 0.0])


def test_values_that_are_none_are_refused() -> None:
    batch = from_rows([Row(0, 0, values=[0.0]), Row(0, 1, values=[0.0])])
    with pytest.raises(ValueError, match="segment_value_M is nan in segment 1"):
        spo_chain(batch, turn_starts(batch), double(0.2, math.nan), double(1.0))
    with pytest.raises(ValueError, match="outcome_N is inf in episode 0, seat 0"):
        spo_chain(batch, turn_starts(batch), double(0.2, 0.1), double(math.inf))
