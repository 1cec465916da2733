"""The min form: what it sums to, its baselines, and where it parts from the two references."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shapley_coop.rl.assignment.evidence import Evidence
from shapley_coop.rl.assignment.spec import assign_credit
from shapley_coop.rl.credit.min_form import (
    MinFormSettings,
    min_form,
    soft_min,
    strict_min,
)
from shapley_coop.rl.credit.min_form_rloo import RlooSettings, min_form_rloo
from shapley_coop.rl.evidence.process_reward import (
    from_judge,
    from_prefix_credit,
    from_rule,
)
from shapley_coop.rl.trajectories.batch import Row, Trajectories, from_rows
from shapley_coop.rl.trajectories.scans import min_to_end, sum_to_end
from tests.golden.credit.pure import from_logits
from tests.rl.conftest import evidence_for

REFERENCE = RlooSettings(reference=True)
STRICT_REFERENCE = RlooSettings(form="strict", reference=True)
Rewards = st.lists(st.floats(-0.99, 0.99), min_size=1, max_size=8)


def answers(steps: list[list[int]], group: object = 0) -> Trajectories:
    """One episode an answer. Its steps have the given numbers of tokens."""
    return from_rows(
        Row(e, t, group=group, values=[0.0] * n)
        for e, counts in enumerate(steps)
        for t, n in enumerate(counts)
    )


def double(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


@settings(deadline=None)
@given(Rewards)
def test_strict_min_sums_from_each_step_to_the_minimum_behind_it(
    rewards: list[float],
) -> None:
    offsets = torch.tensor([0, len(rewards)])
    raw = double(*rewards)
    to_go = sum_to_end(strict_min(raw, offsets), offsets)
    assert torch.allclose(to_go, min_to_end(raw, offsets), atol=1e-12)


@settings(deadline=None)
@given(Rewards)
def test_soft_min_tends_to_the_minimum(rewards: list[float]) -> None:
    offsets = torch.tensor([0, len(rewards)])
    raw = double(*rewards)
    cold = soft_min(raw, offsets, 1e-4).sum().item()
    assert cold == pytest.approx(min(rewards), abs=1e-3)
    assert (
        min(rewards) - 1e-9
        <= soft_min(raw, offsets, 0.1).sum().item()
        <= max(rewards) + 1e-9
    )
    flat = soft_min(raw, offsets, None).sum().item()
    assert flat == pytest.approx(sum(rewards) / len(rewards), abs=1e-12)


def test_logits_become_differences_of_probability() -> None:
    logits = torch.tensor([[0.0, 1.0], [2.0, -1.0]], dtype=torch.float64)
    p = logits.softmax(1)
    assert torch.allclose(from_logits(logits), p[:, 1] - p[:, 0])


def test_credit_falls_from_the_worst_step_on() -> None:
    batch = answers([[2, 2, 2]])
    settings = MinFormSettings(form="strict", outcome_weight=0.0)
    credit = min_form(batch, double(0.5, -0.8, 0.9), double(0.0), settings)
    assert credit.row_R.tolist() == pytest.approx([-0.8, -0.8, 0.9])
    assert credit.transformed_R.sum().item() == pytest.approx(-0.8)


def test_a_lone_answer_keeps_its_reward_and_the_reference_gives_nan() -> None:
    batch = answers([[1, 2]])
    raw = double(0.3, -0.2)
    sound = min_form_rloo(batch, raw, double(1.0))
    assert sound.token_K.isfinite().all()
    assert min_form_rloo(batch, raw, double(1.0), REFERENCE).token_K.isnan().all()
    for reference in (False, True):
        lone = min_form(batch, raw, double(1.0), MinFormSettings(reference=reference))
        own = [*lone.transformed_R.tolist()]
        assert lone.baselined_R.tolist() == pytest.approx([own[0], own[1] + 1.0])


def test_padded_length_moves_only_the_reference() -> None:
    batch = answers([[2, 2], [3], [1, 1]])
    raw = double(0.2, -0.4, 0.5, 0.1, -0.9)

    def run(length: int | None, *, reference: bool) -> torch.Tensor:
        settings = RlooSettings(padded_length=length, reference=reference)
        return min_form_rloo(batch, raw, torch.zeros(3), settings).token_K

    assert torch.equal(run(None, reference=False), run(40, reference=False))
    assert not torch.allclose(run(None, reference=True), run(40, reference=True))


def test_strict_minimum_over_steps_lets_good_answers_earn() -> None:
    batch = answers([[2, 2], [1, 1]])
    raw = double(0.9, 0.8, 0.7, 0.9)
    zero = torch.zeros(2)
    sound = min_form_rloo(batch, raw, zero, RlooSettings(form="strict"))
    assert sound.step_score_R.tolist() == pytest.approx([0.0, 0.8, -0.2, 0.9])
    reference = min_form_rloo(batch, raw, zero, STRICT_REFERENCE).token_K
    assert reference.tolist() == pytest.approx([0.0, 0.0, 0.0, 0.8, -0.2, -0.2])


def test_an_outcome_joins_the_references_minimum_and_is_added_to_ours() -> None:
    batch = answers([[1, 1]])
    raw, outcome = double(-0.2, -0.9), double(1.0)
    sound = min_form_rloo(batch, raw, outcome, RlooSettings(form="strict"))
    assert sound.token_K.tolist() == pytest.approx([-0.9 + 1.0, -0.9 + 1.0])
    two = answers([[1, 1], [1, 1]])
    twice = double(-0.2, -0.9, -0.2, -0.9)
    reference = min_form_rloo(two, twice, double(1.0, 0.0), STRICT_REFERENCE)
    returns = double(min(-0.2, -0.9 + 1.0), -0.9 + 1.0, -0.9, -0.9)
    others = double(-0.9, -0.9, (-0.2 + 0.1) / 2, (-0.2 + 0.1) / 2)
    assert reference.token_K.tolist() == pytest.approx((returns - others).tolist())


def test_token_baseline_of_equal_answers_vanishes_unlike_the_references() -> None:
    batch = answers([[3, 2], [3, 2]])
    raw, solved = double(0.2, -0.4, 0.2, -0.4), double(1.0, 1.0)
    sound = min_form(batch, raw, solved)
    assert sound.baselined_R.sum().item() == pytest.approx(0, abs=1e-12)
    reference = min_form(batch, raw, solved, MinFormSettings(reference=True))
    assert abs(reference.baselined_R.sum().item()) > 1e-2


def test_modes_and_masks() -> None:
    batch = answers([[2, 3], [2]])
    raw, solved = double(0.2, -0.4, 0.5), double(1.0, 0.0)
    outcome = min_form(batch, raw, solved, MinFormSettings(use_process=False))
    assert outcome.row_R.tolist() == [1.0, 1.0, -1.0]
    masked = min_form(batch, raw, solved, MinFormSettings(mask_step_ends=True))
    ends = [1, 4, 6]
    assert masked.token_K[ends].tolist() == [0.0] * 3
    assert masked.token_K[[0, 2, 3, 5]].all()
    plain = min_form(
        batch, raw, solved, MinFormSettings(baseline="none", outcome_weight=0.0)
    )
    assert torch.equal(plain.baselined_R, plain.transformed_R)


def test_normalising_drops_genuine_zeros_only_in_the_reference() -> None:
    batch = answers([[2], [2], [2]])
    settings = MinFormSettings(
        form="sum", baseline="none", outcome_weight=0.0, mask_step_ends=True
    )
    credit = min_form(batch, double(0.0, 1.0, 2.0), torch.zeros(3), settings)
    assert credit.normalise(reference=True)[0] == 0
    assert credit.normalise()[0] != 0
    assert credit.normalise().mean().item() == pytest.approx(0)


def test_steps_without_tokens_and_wrong_choices_are_named() -> None:
    with pytest.raises(ValueError, match="1 steps have no own token"):
        min_form(from_rows([Row(0, 0)]), double(0.1), double(1.0))
    with pytest.raises(ValueError, match="temperature"):
        MinFormSettings(temperature=0)
    with pytest.raises(ValueError, match="form"):
        MinFormSettings(form="max")
    with pytest.raises(ValueError, match="baseline"):
        MinFormSettings(baseline="group")


def test_process_rewards_from_credits_judges_and_rules(batch: Trajectories) -> None:
    prefix = evidence_for(batch).prefix_credit_R
    assert prefix is not None
    reward = from_prefix_credit(batch, prefix, scale=0.5)
    assert bool((reward.abs() < 1).all())
    first = batch.starts[:-1]
    assert torch.allclose(reward[first], torch.tanh(prefix[first] / 0.5))
    assert assign_credit("min_form", batch, evidence_for(batch)).row_R.isfinite().all()
    assert from_judge([0.0, 0.75]).tolist() == [-1.0, 0.5]
    assert from_rule(["ok", "bad"], lambda s: 1.0 if s == "ok" else -1.0).tolist() == [
        1.0,
        -1.0,
    ]
    with pytest.raises(ValueError, match=r"\[0, 1\], got \[1.5\]"):
        from_judge([1.5])
    with pytest.raises(ValueError, match=r"gave 3.0 at step 1"):
        from_rule([1, 3], float)


@pytest.mark.parametrize("settings", ["form=strict", "temperature=9", "form=sum"])
def test_the_reference_takes_the_form_and_the_temperature(settings: str) -> None:
    batch = from_rows([Row(0, 0, values=[0.0, 0.0]), Row(0, 1, values=[0.0, 0.0])])
    known = Evidence(process_reward_R=torch.tensor([0.9, -0.9]))
    sound = assign_credit(f"min_form({settings})", batch, known)
    reference = assign_credit(f"min_form({settings}, reference=true)", batch, known)
    # A lone answer has no baseline, in which alone the two differ.
    assert torch.equal(reference.row_R, sound.row_R)
    expected = {"form=strict": [-0.9, -0.9], "form=sum": [0.0, -0.9]}
    if settings in expected:
        assert reference.row_R.tolist() == pytest.approx(expected[settings])
    else:
        assert reference.row_R.tolist() != pytest.approx(expected["form=strict"])


@pytest.mark.parametrize("temperature", [5e-324, 1e-300, 1e300])
def test_the_soft_minimum_serves_at_any_temperature(temperature: float) -> None:
    rewards = torch.tensor([0.9, -0.9, 0.1], dtype=torch.float64)
    soft = soft_min(rewards, torch.tensor([0, 3]), temperature)
    mean, least = float(rewards.sum() / 3), -0.9
    assert soft.sum().item() == pytest.approx(least if temperature < 1 else mean)
