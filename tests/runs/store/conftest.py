"""A configuration, a clock that ticks, and episodes made by hand."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Config
from shapley_coop.records import Episode
from shapley_coop.runs.store import RunWriter


@pytest.fixture
def config() -> Config:
    return resolve({"game": {"id": "escape-room"}, "run": {"episodes": 5, "seed": 7}})


@pytest.fixture
def clock() -> Callable[[], float]:
    def ticks() -> Iterator[float]:
        now = 1_800_000_000.0
        while True:
            yield now
            now += 0.125

    return ticks().__next__


@pytest.fixture
def writer(
    tmp_path: Path, config: Config, clock: Callable[[], float]
) -> Iterator[RunWriter]:
    with RunWriter.create(tmp_path / "runs", config, clock=clock) as made:
        yield made


@pytest.fixture
def episode() -> Callable[[int], Episode]:
    def make(index: int, **fields: object) -> Episode:
        return Episode.model_validate(
            {
                "index": index,
                "seed": 100 + index,
                "seats": ("player_0", "player_1"),
                **fields,
            }
        )

    return make
