"""Who cannot play absent seats of a replay."""

import asyncio

import pytest

from shapley_coop.agents.replay_policy import policy
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.waiting import run_without_waiting


def test_a_model_cannot_play_absent_seats_of_a_replay():
    with pytest.raises(ConfigError, match="needs a model"):
        policy("llm", 0)


def test_absent_seats_cannot_be_played_by_somebody_who_waits():
    with pytest.raises(ConfigError, match="waits"):
        run_without_waiting(asyncio.sleep(0))
