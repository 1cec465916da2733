"""Myerson values: players cooperate only along the links of a communication graph."""

from collections.abc import Hashable, Sequence
from functools import partial
from math import isfinite

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import mask_of, player_bits, subset_sums
from shapley_coop.shapley.exact_values.values import (
    Exact,
    semivalues,
    shapley_weights,
)
from shapley_coop.shapley.tables import (
    as_table,
    linear_result,
    player_count,
    require_finite,
)
from shapley_coop.shapley.units import too_large


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
    # A graph of our own holds the players that no link touches, too.
    whole = nx.Graph()
    whole.add_nodes_from(range(n))
    # Called, since the edges of a multigraph come with a key each unless they are asked for.
    whole.add_edges_from(graph.edges())
    shares = linear_result(partial(_shares, graph=whole), values)
    empty = float(values[0])
    grand = empty + float(shares.sum())
    if not isfinite(grand):
        raise too_large(float(np.abs(shares).max()), "share of a player")
    return Exact(shares, empty, grand, "myerson")


def _shares(values: Floats, graph: "nx.Graph[int]") -> Floats:
    n = player_count(values)
    shares = np.zeros(n)
    for component in nx.connected_components(graph):
        members = sorted(component)
        own = subset_sums(player_bits(n)[members])
        worth = _restrict(values[own] - values[0], _links(graph, members))
        shares[members] = semivalues(worth, shapley_weights(len(members)))
    return shares


def _links(graph: "nx.Graph[int]", members: Sequence[int]) -> list[int]:
    """Return the neighbours of each member as a mask over the members' own positions."""
    position = {player: k for k, player in enumerate(members)}
    links = []
    for player in members:
        # A link from a player to itself connects nothing.
        neighbours = set(graph[player]) - {player}
        links.append(mask_of(position[neighbour] for neighbour in neighbours))
    return links


def _restrict(worth: Floats, links: list[int]) -> Floats:
    """Return the table in which each coalition is worth the sum over its components."""
    restricted = np.zeros_like(worth)
    # The component of the lowest member is grown link by link. The rest of the coalition is a
    # smaller index, whose restricted worth is known already.
    for mask in range(1, worth.size):
        component = mask & -mask
        frontier = component
        while frontier:
            player = frontier.bit_length() - 1
            reached = links[player] & mask & ~component
            component |= reached
            frontier = (frontier & ~(1 << player)) | reached
        restricted[mask] = worth[component] + restricted[mask & ~component]
    return restricted
