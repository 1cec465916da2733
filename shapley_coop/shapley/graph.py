"""Myerson values: players cooperate only along the links of a communication graph."""

from collections.abc import Hashable, Sequence

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.coalitions import player_bits, subset_sums
from shapley_coop.shapley.exact_values.values import Exact, exact
from shapley_coop.shapley.tables import as_table, player_count, require_finite


def myerson(table: ArrayLike, graph: "nx.Graph[Hashable]") -> Exact:
    """Return the Myerson value (Myerson, 1977): the Shapley value of the restricted game.

    `graph` has nodes 0 … n - 1. A coalition is worth the sum over its connected components;
    v(empty) is kept as the worth of nobody. Each component of the whole graph is solved apart:
    O(sum of 2^(members) · members) time.

    Raises:
        ValueError: a node is no player; as `exact` for the table.
    """
    values = as_table(table)
    require_finite(values)
    n = player_count(values)
    strangers = [node for node in graph if node not in range(n)]
    if strangers:
        raise ValueError(f"the graph has nodes {strangers}; players are 0 to {n - 1}")
    found = np.zeros(n)
    empty = float(values[0])
    whole = nx.Graph()
    whole.add_nodes_from(range(n))
    whole.add_edges_from(graph.edges)
    for component in nx.connected_components(whole):
        members = sorted(component)
        own = subset_sums(player_bits(n)[members])
        worth = _restrict(values[own] - empty, _links(whole, members))
        found[members] = exact(worth).values
    return Exact(found, empty, empty + float(found.sum()), "myerson")


def _links(graph: "nx.Graph[int]", members: Sequence[int]) -> list[int]:
    """Return the neighbours of each member as a mask over the members' own positions."""
    position = {player: k for k, player in enumerate(members)}
    return [sum(1 << position[j] for j in graph[i] if j != i) for i in members]


def _restrict(
    worth: "np.ndarray[tuple[int], np.dtype[np.float64]]", links: list[int]
) -> ArrayLike:
    """Return the table in which each coalition is worth the sum over its components.

    The component of the lowest member is grown by links; the rest of the coalition is a smaller
    index, whose restricted worth is known already.
    """
    restricted = np.zeros_like(worth)
    for mask in range(1, worth.size):
        component = mask & -mask
        frontier = component
        while frontier:
            player = frontier.bit_length() - 1
            grown = links[player] & mask & ~component
            component |= grown
            frontier = (frontier & ~(1 << player)) | grown
        restricted[mask] = worth[component] + restricted[mask & ~component]
    return restricted
