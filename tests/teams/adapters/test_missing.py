"""Adapters whose package is not installed say what to install."""

import sys

import pytest

from shapley_coop.errors import PluginError
from shapley_coop.teams.adapters.autogen import autogen_team
from shapley_coop.teams.adapters.crewai import crewai_team
from shapley_coop.teams.adapters.langgraph import langgraph_team
from shapley_coop.teams.adapters.openai_agents import openai_agents_team

ADAPTERS = [
    ("langgraph", "langgraph.graph", langgraph_team),
    ("autogen", "autogen_agentchat.base", autogen_team),
    ("crewai", "crewai", crewai_team),
    ("openai-agents", "agents", openai_agents_team),
]


@pytest.mark.parametrize(("extra", "module", "adapter"), ADAPTERS)
def test_a_missing_package_is_told_with_what_to_run(
    extra, module, adapter, monkeypatch
):
    monkeypatch.setitem(sys.modules, module, None)
    command = rf"run: pip install 'shapley-coop\[{extra}\]'"
    with pytest.raises(PluginError, match=command):
        adapter(None, score=len)
