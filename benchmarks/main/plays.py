"""How the benchmarks play: in memory, into a run folder, or through the command line."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Config
from shapley_coop.records import Episode
from shapley_coop.runs.store import NullRecorder, RunFolder
from shapley_coop.simulation.casting import configured_cast
from shapley_coop.simulation.episode import play
from shapley_coop.simulation.measurement.potential import Potential
from shapley_coop.simulation.run import run
from shapley_coop.simulation.worker import make_game

ROOT = Path(__file__).resolve().parents[2]


def config(
    game: str,
    *,
    episodes: int = 1,
    parameters: dict[str, Any] | None = None,
    **tables: Any,
) -> Config:
    """Return a configuration. `parameters` are the game's, `tables` other parts of it."""
    raw = {
        "game": {"id": game, **(parameters or {})},
        "run": {"episodes": episodes},
        **tables,
    }
    return resolve(raw)


def in_memory(rules: Config) -> list[Episode]:
    """Play all episodes one after another without writing anything."""
    game = make_game(rules)
    cast = configured_cast(rules, game)
    potential = Potential(game, rules.worth, rules.run.seed)

    async def every() -> list[Episode]:
        return [
            await play(
                game.fresh(),
                cast,
                rules,
                index=index,
                recorder=NullRecorder(),
                potential=potential,
            )
            for index in range(rules.run.episodes)
        ]

    return asyncio.run(every())


def on_disk(rules: Config, folder: Path) -> RunFolder:
    """Play all episodes as a run with its folder under `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return asyncio.run(run(rules, folder))


def program() -> list[str]:
    """Return the installed command of this Python, or how to run it without one."""
    installed = Path(sys.executable).parent / "shapley-coop"
    if installed.is_file():
        return [str(installed)]
    return [sys.executable, "-c", "from shapley_coop.cli.main import main; main()"]


def environment(**changed: str) -> dict[str, str]:
    """Return the environment in which the command finds this checkout."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    return {**os.environ, "PYTHONPATH": path, **changed}


def command(arguments: Sequence[str], **changed: str) -> Any:
    """Run a command that prints one JSON object and return it.

    Raises:
        RuntimeError: it failed; what it said is in the message.
    """
    ended = subprocess.run(
        [*program(), *arguments],
        env=environment(**changed),
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode not in (0, 1) or not ended.stdout.strip():
        raise RuntimeError(f"exit {ended.returncode}: {ended.stderr.strip()[-400:]}")
    return json.loads(ended.stdout)
