"""Who a name means, and who cannot play for whom."""

import asyncio

import pytest

from shapley_coop.agents.cast import role
from shapley_coop.errors import ConfigError, PluginError
from shapley_coop.interfaces.waiting import run_without_waiting
from shapley_coop.records import Propose, Terms
from shapley_coop.simulation.casting import configured_cast
from shapley_coop.simulation.worker import make_game
from tests.fixtures.plays import configured, played


@pytest.mark.parametrize(
    ("spec", "model"),
    [
        ("rational", None),
        ("llm", "default"),
        ("smollm2", "smollm2"),
        ("openai/gpt-4o-mini", "openai/gpt-4o-mini"),
        ("http://127.0.0.1:1/v1#m", "http://127.0.0.1:1/v1#m"),
        ("mine.gguf", "mine.gguf"),
        ("shapley_coop.agents.rules.simple:Breaker", None),
    ],
)
def test_who_a_name_means(spec, model):
    assert role(spec, "default").model == model


def test_a_name_that_means_nobody():
    with pytest.raises(
        PluginError, match=r"unknown agent 'ratoinal'.*rational.*models: "
    ):
        role("ratoinal", "m")


def test_a_cast_knows_its_models_and_needs_them_opened():
    config = configured(
        agent="llm", seats={"player_0": "rational", "player_1": "openai/x"}
    )
    cast = configured_cast(config, make_game(config))
    assert cast.models == ("openai/x",)
    assert cast.calls_and_tokens(0) == (0, 0)
    with pytest.raises(ConfigError, match="no model was opened"):
        played(configured(agent="llm"))


def test_a_model_cannot_play_absent_seats_of_a_replay():
    from shapley_coop.agents.cast import policy

    with pytest.raises(ConfigError, match="needs a model"):
        policy("llm", 0)


def test_absent_seats_cannot_be_played_by_somebody_who_waits():
    with pytest.raises(ConfigError, match="waits"):
        run_without_waiting(asyncio.sleep(0))
    assert Propose(terms=Terms()).kind == "propose"
