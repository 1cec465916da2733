"""Runs in which drawn answers sit at all seats."""

import asyncio

from shapley_coop.config.resolve import resolve
from shapley_coop.simulation.run import run


def run_of(game, runs_dir):
    """Return the folder of a run of six episodes."""
    raw = {
        "game": game,
        "agent": "scripted",
        "protocol": {"name": "talk"},
        "run": {"episodes": 6, "seed": 1},
    }
    return asyncio.run(run(resolve(raw), runs_dir)).path
