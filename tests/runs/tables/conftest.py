import asyncio

import pytest

from shapley_coop.simulation.run import run
from tests.fixtures.plays import configured


@pytest.fixture(scope="session")
def runs_dir(tmp_path_factory):
    """Return a folder of three runs: two seeds of an Escape Room, and a raid of chance."""
    folder = tmp_path_factory.mktemp("runs")
    for seed in (1, 2):
        config = configured(run={"episodes": 3, "seed": seed})
        asyncio.run(run(config, folder))
    config = configured("raid", agent="random", protocol="talk", run={"episodes": 2})
    asyncio.run(run(config, folder))
    return folder
