"""Adapters whose package is not installed say what to install."""

import sys

import pytest

from shapley_coop.errors import PluginError
from shapley_coop.teams.adapters.langgraph import langgraph_team


def test_a_missing_package_is_told_with_what_to_run(monkeypatch):
    monkeypatch.setitem(sys.modules, "langgraph.graph", None)
    with pytest.raises(PluginError, match=r"pip install 'shapley-coop\[langgraph\]'"):
        langgraph_team(None, score=len)
