"""Every game by PettingZoo's own make, both forms. Nothing is registered before one asks."""

import re
import subprocess
import sys
from pathlib import Path

import pettingzoo
import pytest

from shapley_coop.interfaces.pettingzoo import register
from shapley_coop.interfaces.plugins import load, names


def test_importing_registers_nothing():
    code = (
        "import games, shapley_coop.interfaces.pettingzoo, pettingzoo as p;"
        "print(sum(k.startswith('shapley_coop/') for k in (*p.parallel_registry, *p.aec_registry)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "0"


def test_every_game_is_registered_once_and_again_is_harmless():
    ids = register()
    assert (
        ids == register() == tuple(f"shapley_coop/{name}-v0" for name in names("games"))
    )


@pytest.mark.parametrize("odd", ["a game", "a/game"])
def test_a_name_that_pettingzoo_cannot_take_is_left_out(odd, monkeypatch):
    module = "shapley_coop.interfaces.pettingzoo.names"
    monkeypatch.setattr(module, lambda _group: (odd, "raid"))
    assert register() == ("shapley_coop/raid-v0",)


@pytest.mark.parametrize("name", names("games"))
def test_pettingzoo_makes_every_game(name):
    register()
    parallel = pettingzoo.make("parallel", f"shapley_coop/{name}-v0")
    assert isinstance(parallel, load("games", name))
    parallel.reset(seed=3)
    assert parallel.agents == list(parallel.seats)
    turns = pettingzoo.make("aec", f"shapley_coop/{name}-v0")
    assert isinstance(turns, pettingzoo.AECEnv)
    turns.reset(seed=3)
    assert turns.agents == parallel.agents


def test_parameters_pass_and_no_version_means_the_latest():
    register()
    assert len(pettingzoo.make("parallel", "shapley_coop/raid", heroes=3).seats) == 3


def test_the_example_of_the_docs_runs_as_it_stands():
    text = (Path(__file__).parents[2] / "docs" / "games.md").read_text(encoding="utf-8")
    section = text.partition("## By PettingZoo's own registry")[2]
    example = re.search(r"```python\n(.*?)```", section, re.DOTALL)[1]
    made = {}
    exec(example, made)
    assert len(made["env"].seats) == 3
    made["turns"].reset(seed=1)
    assert made["turns"].agents[0] == "hero_0"
