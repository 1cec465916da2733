"""Settlement modes: found by name, refused by name, and read by whatever depends on them."""

import asyncio
import sys
from types import ModuleType

import pytest

from shapley_coop.config.resolve import resolve
from shapley_coop.errors import PluginError
from shapley_coop.interfaces import plugins
from shapley_coop.interfaces.deals.settlement import SettlementMode, settlement_mode
from shapley_coop.interfaces.plugins import names
from shapley_coop.negotiation.settlement import BINDING, CHEAP_TALK, ESCROW
from shapley_coop.simulation.run import run


def test_every_mode_of_the_project_is_found_by_its_name():
    own = {mode.name: mode for mode in (BINDING, CHEAP_TALK, ESCROW)}
    assert set(own) <= set(plugins.names("settlements"))
    for name, mode in own.items():
        assert settlement_mode(name) is mode


def test_a_mode_of_another_module_is_found_and_something_else_is_refused(monkeypatch):
    module = ModuleType("foreign_settlement")
    module.GENTLE = SettlementMode(name="gentle", enforced=True, forfeits=False)
    module.NOTHING = "binding"
    monkeypatch.setitem(sys.modules, "foreign_settlement", module)
    assert settlement_mode("foreign_settlement:GENTLE") is module.GENTLE
    with pytest.raises(PluginError, match="is no SettlementMode but 'binding'"):
        settlement_mode("foreign_settlement:NOTHING")


def test_an_unknown_mode_is_refused_before_a_folder_is_made(tmp_path):
    config = resolve({"game": {"id": "escape-room"}}, ["protocol.settlement=handshake"])
    known = ", ".join(names("settlements"))
    with pytest.raises(PluginError, match=f"'handshake'.*{known}"):
        asyncio.run(run(config, tmp_path))
    assert not list(tmp_path.iterdir())
