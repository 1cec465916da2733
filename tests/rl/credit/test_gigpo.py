"""GiGPO and GRPO: the sound defaults and where they part from the reference."""

import pytest
import torch

from shapley_coop.rl.credit.gigpo import GigpoSettings, StepRows, gigpo, gigpo_rows
from shapley_coop.rl.credit.grpo import GrpoSettings, grpo
from shapley_coop.rl.trajectories.batch import Row, Trajectories, from_rows

PLAIN = GigpoSettings(invalid_penalty=0.0)
REFERENCE = GigpoSettings(invalid_penalty=0.0, reference=True)


def episodes(returns: list[list[float]], **fields: object) -> Trajectories:
    return from_rows(
        Row(e, t, reward=r, values=[0.0], **fields)
        for e, rewards in enumerate(returns)
        for t, r in enumerate(rewards)
    )


def test_trajectory_statistics_weigh_episodes_alike() -> None:
    batch = episodes([[0, 0, 0, 0, 8], [2]])
    trajectory = gigpo(batch, PLAIN).scores.episode_advantage
    assert trajectory.tolist() == [3.0] * 5 + [-3.0]
    row = gigpo(
        batch, GigpoSettings(invalid_penalty=0.0, statistics="row")
    ).scores.episode_advantage
    assert row.tolist() == [1.0] * 5 + [-5.0]


def test_a_lone_episode_earns_nothing_but_the_reference_its_raw_score() -> None:
    batch = episodes([[5.0]])
    assert gigpo(batch, PLAIN).scores.episode_advantage.tolist() == [0.0]
    assert gigpo(batch, REFERENCE).scores.episode_advantage.tolist() == [5.0]
    assert grpo(batch).row_R.tolist() == [0.0]
    assert grpo(batch, GrpoSettings(divide=False, reference=True)).row_R.tolist() == [
        5.0
    ]


def test_the_penalty_counts_for_the_episode_wherever_it_fell() -> None:
    rows = [
        Row(e, t, reward=1.0, valid=(e, t) != (0, 1), values=[0.0])
        for e in range(2)
        for t in range(2)
    ]
    settings = GigpoSettings(invalid_penalty=0.4)
    sound = gigpo(from_rows(rows), settings).scores.episode_advantage
    reference = gigpo(
        from_rows(rows), settings.model_copy(update={"reference": True})
    ).scores.episode_advantage
    assert sound.tolist() == pytest.approx([0.1, -0.3, 0.1, 0.1])
    assert reference.tolist() == pytest.approx([0.0, -0.4, 0.0, 0.0])


def test_episode_advantages_are_centred_over_episodes(batch: Trajectories) -> None:
    scores = gigpo(batch).scores
    for cohort in range(int(batch.cohort.max()) + 1):
        members = (batch.cohort == cohort).nonzero().flatten().tolist()
        means = [
            scores.episode_advantage[batch.trajectory == n].mean().item()
            for n in members
        ]
        assert sum(means) == pytest.approx(0, abs=1e-12)


def test_step_advantages_are_centred_over_equal_states(batch: Trajectories) -> None:
    scores = gigpo(batch).scores
    cohort_R = batch.cohort[batch.trajectory]
    for group in range(int(scores.step_group.max()) + 1):
        inside = scores.step_group == group
        assert scores.step_advantage[inside].sum().item() == pytest.approx(0, abs=1e-10)
        assert len(cohort_R[inside].unique()) == 1
        assert len(batch.anchor_R[inside].unique()) == 1


def test_rows_without_anchor_are_compared_with_nothing() -> None:
    batch = episodes([[1.0], [3.0]])
    assert gigpo(batch).scores.step_advantage.tolist() == [0.0, 0.0]
    named = episodes([[1.0], [3.0]], anchor="s")
    assert gigpo(named).scores.step_advantage.tolist() == [-1.0, 1.0]


def test_repeated_rows_are_refused_but_by_the_reference() -> None:
    zero = torch.zeros(3, dtype=torch.long)
    rows = StepRows(
        zero,
        zero,
        torch.tensor([0, 1, 1]),
        zero,
        torch.ones(3).double(),
        torch.ones(3).bool(),
    )
    with pytest.raises(ValueError, match=r"repeat a \(trajectory, turn\)"):
        gigpo_rows(rows, PLAIN)
    assert gigpo_rows(rows, REFERENCE).episode_return.tolist() == [2.0] * 3


def test_seats_are_never_compared_with_each_other() -> None:
    rows = [
        Row(e, 0, seat=s, reward=10.0 * s + e, values=[0.0])
        for e in range(2)
        for s in (0, 1)
    ]
    assert gigpo(from_rows(rows)).scores.episode_advantage.tolist() == [
        -0.5,
        -0.5,
        0.5,
        0.5,
    ]


def test_wrong_choices_are_named() -> None:
    with pytest.raises(ValueError, match="norm"):
        GigpoSettings(norm="max")
    with pytest.raises(ValueError, match="statistics"):
        GigpoSettings(statistics="step")
    with pytest.raises(ValueError, match="needs texts"):
        gigpo(episodes([[1.0]]), GigpoSettings(similarity=0.9))


@pytest.mark.parametrize("penalty", [-1e6, -1e9, -1e12])
def test_a_huge_reward_elsewhere_changes_no_other_task(penalty: float) -> None:
    rewards = [0.3, 0.1, 0.7]
    rows = [
        Row(e, t, reward=reward, group="alike", anchor=t, values=[0.0])
        for e in (0, 2)
        for t, reward in enumerate(rewards)
    ]
    never = Row(1, 0, reward=penalty, group="never do this", values=[0.0])
    batch = from_rows([*rows, never])
    credit = gigpo(batch, GigpoSettings(norm="mean_std_norm"))
    assert not credit.row_R.any()


def test_lengths_of_texts_are_checked() -> None:
    batch = episodes([[1.0], [2.0]])
    with pytest.raises(ValueError, match="1 texts for 2 rows"):
        gigpo(batch, GigpoSettings(similarity=0.9), texts=["a"])


@pytest.mark.parametrize("unit", [1e100, 1e154, 1e300])
def test_large_rewards_differ_by_as_many_deviations(unit: float) -> None:
    batch = episodes([[0.0], [unit], [2 * unit]])
    assert grpo(batch, GrpoSettings(divide=True)).row_R.tolist() == pytest.approx(
        [-1, 0, 1]
    )
