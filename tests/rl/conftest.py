"""Shared batches for the tests of credit methods. One torch thread, so that tests stay small."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from shapley_coop.rl.assignment.evidence import Evidence
from shapley_coop.rl.credit.spo_chain import turn_starts
from shapley_coop.rl.trajectories.batch import Row, Trajectories, from_rows


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def random_rows(
    seed: int = 0, *, end_rewards: bool = False, episodes: int = 12
) -> list[Row]:
    """Two seats, tasks of four episodes each, one to five turns of one to four own tokens."""
    rng = np.random.default_rng(seed)
    rows = []
    for episode in range(episodes):
        for seat in range(2):
            for turn in range(int(rng.integers(1, 6))):
                count = int(rng.integers(1, 5))
                watched = int(rng.integers(0, 3))
                token_rewards = (
                    np.zeros(count) if end_rewards else rng.normal(0, 0.1, count)
                )
                rows.append(
                    Row(
                        episode,
                        turn,
                        reward=float(rng.normal()),
                        seat=seat,
                        group=f"task {episode // 4}",
                        anchor=("state", int(rng.integers(0, 3))),
                        valid=bool(rng.random() > 0.2),
                        values=[7.0] * watched + rng.normal(size=count).tolist(),
                        logprobs=np.log(
                            rng.uniform(0.3, 1.0, watched + count)
                        ).tolist(),
                        token_rewards=[0.0] * watched + token_rewards.tolist(),
                        mask=[False] * watched + [True] * count,
                    )
                )
    return rows


@pytest.fixture
def rows() -> list[Row]:
    return random_rows()


@pytest.fixture
def batch(rows: list[Row]) -> Trajectories:
    return from_rows(rows)


def evidence_for(batch: Trajectories) -> Evidence:
    """Evidence that depends on (episode, seat, turn) alone, so that reordering keeps it."""
    key_R = (batch.episode_R * 31 + batch.seat_R * 17 + batch.turn_R * 7).double()
    wave_R = torch.sin(key_R)
    first = batch.starts[:-1]
    return Evidence(
        final_credit_N=torch.cos(key_R[first]),
        prefix_credit_R=wave_R,
        process_reward_R=wave_R * 0.9,
        outcome_N=(wave_R[first] > 0).double(),
        segment_start_M=turn_starts(batch),
        segment_value_M=torch.sin(2 * key_R),
        texts=[f"state {number % 3}" for number in batch.turn_R.tolist()],
    )
