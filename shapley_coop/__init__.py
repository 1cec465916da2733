"""Self-interested agents negotiate, contract and share by measured Shapley value.

Everything that a notebook needs is here, and loads when it is first used:

    import shapley_coop as sc

    run = sc.play("escape-room", agent="rational", episodes=20)
    run.credit
"""

from typing import Any

__version__ = "0.1.0"

__all__ = [
    "__version__",
    "attribute",
    "attribute_async",
    "game",
    "games",
    "lint",
    "load",
    "open",
    "play",
    "play_async",
    "replay",
    "value",
]


def __getattr__(name: str) -> Any:
    # Importing this package loads no dependency, so each name is imported when it is used.
    if name == "load":
        from shapley_coop.interfaces.plugins import load

        return load
    if name == "value":
        from shapley_coop.simulation.valuing import value

        return value
    if name == "lint":
        from shapley_coop.simulation.checks.deals import lint

        return lint
    if name in ("attribute", "attribute_async"):
        from shapley_coop.teams import attribute

        return getattr(attribute, name)
    if name in __all__:
        from shapley_coop.simulation import api

        return getattr(api, name)
    names = ", ".join(__all__[1:])
    raise AttributeError(f"shapley_coop has no {name!r}; it has: {names}")


def __dir__() -> list[str]:
    return sorted(__all__)
