"""Who a name means."""

import pytest

from shapley_coop.agents.roles import role
from shapley_coop.errors import PluginError


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
