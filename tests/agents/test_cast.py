"""What a cast knows before it is asked to play."""

import pytest

from shapley_coop.errors import ConfigError
from shapley_coop.simulation.casting import configured_cast
from shapley_coop.simulation.worker import make_game
from tests.fixtures.plays import configured, played


def test_a_cast_knows_its_models_and_needs_them_opened():
    config = configured(
        agent="llm", seats={"player_0": "rational", "player_1": "openai/x"}
    )
    cast = configured_cast(config, make_game(config))
    assert cast.models == ("openai/x",)
    assert cast.calls_and_tokens(0) == (0, 0)
    with pytest.raises(ConfigError, match="no model was opened"):
        played(configured(agent="llm"))
