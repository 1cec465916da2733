"""Self-interested agents negotiate, contract and share by measured Shapley value.

Everything that a notebook needs is here, and loads when it is first used:

    import shapley_coop as sc

    run = sc.play("escape-room", agent="rational", episodes=20)
    run.credit
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Importing this package loads no dependency, so each name is looked up in its module late.
_HOMES = {
    "game": "shapley_coop.simulation.api",
    "games": "shapley_coop.simulation.api",
    "load": "shapley_coop.interfaces.plugins",
    "open": "shapley_coop.simulation.api",
    "play": "shapley_coop.simulation.api",
    "play_async": "shapley_coop.simulation.api",
    "replay": "shapley_coop.simulation.api",
    "value": "shapley_coop.simulation.valuing",
}

__all__ = [
    "__version__",
    "game",
    "games",
    "load",
    "open",
    "play",
    "play_async",
    "replay",
    "value",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(
            f"shapley_coop has no {name!r}; it has: {', '.join(sorted(_HOMES))}"
        )
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
