"""Runs on disk, as fixtures."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from shapley_coop.records import Breach, Clause, Episode
from shapley_coop.runs.store import RunFolder
from tests.runs.report.made import HOSTILE, crowd_episode, make_run, pair_episode


@pytest.fixture
def pair(tmp_path: Path) -> RunFolder:
    return make_run(tmp_path, [pair_episode(index) for index in range(4)])


@pytest.fixture
def hostile(tmp_path: Path) -> RunFolder:
    clause = Clause(payer="player_1", payee="player_0", price=1)
    episode = pair_episode(0, HOSTILE).model_copy(
        update={"breaches": (Breach(seat="player_1", clause=clause, broken="payment"),)}
    )
    return make_run(tmp_path, [episode], HOSTILE)


@pytest.fixture
def crowd(tmp_path: Path) -> RunFolder:
    return make_run(tmp_path, [crowd_episode(1000)], seats_=1000)


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., RunFolder]:
    def make(episodes: Sequence[Episode], **options: Any) -> RunFolder:
        return make_run(tmp_path, episodes, **options)

    return make
