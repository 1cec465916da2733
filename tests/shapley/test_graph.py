"""Myerson values against the Shapley values of the restricted game."""

import networkx as nx
import numpy as np
import pytest

from shapley_coop.shapley import exact
from shapley_coop.shapley.graph import myerson
from tests.rounding import rounding


def random_table(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, n]).normal(size=2**n)


def restricted(table, graph, n):
    worth = np.zeros(2**n)
    for mask in range(2**n):
        part = graph.subgraph([i for i in range(n) if mask >> i & 1])
        for component in nx.connected_components(part):
            worth[mask] += table[sum(1 << i for i in component)] - table[0]
    return worth


@pytest.mark.parametrize(
    "edges", [[], [(0, 1), (1, 2), (4, 3)], [(0, 4), (4, 2), (2, 0), (1, 3)]]
)
def test_myerson_equals_shapley_of_the_restricted_game(edges):
    table = random_table(5)
    graph = nx.Graph(edges)
    graph.add_nodes_from(range(5))
    found = myerson(table, graph)
    assert found.values == pytest.approx(exact(restricted(table, graph, 5)).values)
    assert abs(found.residual) < rounding(4, 2**6)
    with pytest.raises(ValueError, match=r"\[9\]"):
        myerson(table, nx.Graph([(0, 9)]))


def test_a_complete_graph_restricts_nothing():
    table = random_table(6)
    assert myerson(table, nx.complete_graph(6)).values == pytest.approx(
        exact(table).values
    )


def test_links_may_be_given_more_than_once():
    table = np.arange(8.0) ** 2
    links = [(0, 1), (0, 1), (1, 2), (1, 1)]
    once = myerson(table, nx.Graph(links))
    assert myerson(table, nx.MultiGraph(links)).values.tolist() == once.values.tolist()
    assert myerson(table, nx.MultiDiGraph(links)).values.tolist() == (
        once.values.tolist()
    )
