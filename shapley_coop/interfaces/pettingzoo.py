"""Every installed game under PettingZoo's own `make`, as `shapley_coop/<name>-v0`."""

from __future__ import annotations

from functools import partial
from typing import Any

from pettingzoo import AECEnv, EnvSpec, ParallelEnv, aec_registry, parallel_registry
from pettingzoo import register as into_pettingzoo
from pettingzoo.env_registry.exceptions import PettingZooRegistryError

from shapley_coop.interfaces.plugins import load, names

NAMESPACE, VERSION = "shapley_coop", 0


def register() -> tuple[str, ...]:
    """Register the installed games with PettingZoo, Parallel and AEC, and return their ids.

    PettingZoo finds nothing by entry points, so a program calls this once. To call it again is
    harmless. A game is imported when it is made. A game whose name PettingZoo cannot take into an
    id, such as one with a space or a slash in it, is left out.
    """
    # PettingZoo warns of an id that it knows, and registers each form by itself.
    ids = []
    for name in names("games"):
        env_id = f"{NAMESPACE}/{name}-v{VERSION}"
        # One odd name must not keep the games after it from being registered.
        try:
            EnvSpec(env_id)
        except PettingZooRegistryError:
            continue
        if env_id not in parallel_registry:
            into_pettingzoo("parallel", env_id, partial(_parallel, name))
        if env_id not in aec_registry:
            into_pettingzoo("aec", env_id, partial(_turns, name))
        ids.append(env_id)
    return tuple(ids)


def _parallel(name: str, **parameters: Any) -> ParallelEnv[str, Any, int]:
    game: ParallelEnv[str, Any, int] = load("games", name)(**parameters)
    return game


def _turns(name: str, **parameters: Any) -> AECEnv[str, Any, int]:
    turns: AECEnv[str, Any, int] = load("games", name)(**parameters).aec_env()
    return turns
