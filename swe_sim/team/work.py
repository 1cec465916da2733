"""Work items as a directed acyclic graph: which files wait for which, and in which rounds."""

from __future__ import annotations

from collections.abc import Sequence

from shapley_coop.errors import ConfigError
from swe_sim.tasks import Item


def rounds(items: Sequence[Item]) -> tuple[tuple[Item, ...], ...]:
    """Return items in rounds: all that an item waits for is in an earlier one.

    Raises:
        ConfigError: items wait for each other in a circle, or for one that does not exist.
    """
    # Loaded when work is laid out, so that games are listed without it.
    import networkx as nx

    by_name = {item.name: item for item in items}
    graph = nx.DiGraph()
    graph.add_nodes_from(by_name)
    for item in items:
        for earlier in item.after:
            if earlier not in by_name:
                raise ConfigError(
                    f"the item {item.name!r} waits for {earlier!r}; the items are: "
                    f"{', '.join(by_name)}",
                    field="game.task",
                )
            graph.add_edge(earlier, item.name)
    try:
        generations = list(nx.topological_generations(graph))
    except nx.NetworkXUnfeasible as error:
        raise ConfigError(
            f"these items wait for each other in a circle: {', '.join(by_name)}",
            field="game.task",
        ) from error
    return tuple(tuple(by_name[name] for name in names) for names in generations)


def coding_rounds(items: Sequence[Item]) -> int:
    """Return in how many rounds of items code is written, at least 1."""
    coding = [part for part in rounds(items) if any(i.skill == "code" for i in part)]
    return max(1, len(coding))
