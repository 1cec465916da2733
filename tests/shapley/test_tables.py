"""Interactions, dividends, unions, graphs, structured games: against definitions."""

from itertools import combinations, permutations

import networkx as nx
import numpy as np
import pytest

from shapley_coop.shapley import exact
from shapley_coop.shapley.exact_values.dividends import (
    additive_parts,
    dividends,
    from_dividends,
)
from shapley_coop.shapley.exact_values.interactions import (
    pair_interactions,
    pair_weights,
)
from shapley_coop.shapley.exact_values.structured import (
    airport,
    weighted_sum,
    weighted_voting,
)
from shapley_coop.shapley.exact_values.unions import owen
from shapley_coop.shapley.graph import myerson


def random_table(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, n]).normal(size=2**n)


@pytest.mark.parametrize("index", ["shapley", "banzhaf"])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 6, 9])
def test_pairs_equal_their_definition(n, index):
    table, weights = random_table(n), pair_weights(n, index)
    truth = np.zeros((n, n))
    for i, j in permutations(range(n), 2):
        a, b = 1 << i, 1 << j
        for s in range(2**n):
            if not s & (a | b):
                gain = table[s | a | b] - table[s | a] - table[s | b] + table[s]
                truth[i, j] += weights[s.bit_count()] * gain
    assert pair_interactions(table, index) == pytest.approx(truth, abs=1e-12)


def test_pairs_of_a_large_table():
    n = 18
    masks = np.arange(2**n)
    block = 1 << 2 | 1 << 9 | 1 << 17
    table = np.where(masks & block == block, 6.0, 0.0) + (masks & 1)
    found = pair_interactions(table)
    truth = np.zeros((n, n))
    for i, j in permutations([2, 9, 17], 2):
        truth[i, j] = (
            3.0  # a unanimity game of m players gives each pair worth / (m - 1)
        )
    assert found == pytest.approx(truth, abs=1e-9)


def test_an_unknown_pair_index_is_named():
    with pytest.raises(ValueError, match="owen"):
        pair_interactions(np.zeros(4), "owen")


def test_dividends_equal_their_definition_and_invert():
    table = random_table(5)
    for mask in range(32):
        subsets = [t for t in range(32) if t & mask == t]
        truth = sum(
            (-1) ** (mask.bit_count() - t.bit_count()) * table[t] for t in subsets
        )
        assert dividends(table)[mask] == pytest.approx(truth)
    assert from_dividends(dividends(table)) == pytest.approx(table)
    spread = np.zeros(5)
    for mask, gain in enumerate(dividends(table)):
        for i in range(5):
            spread[i] += gain / mask.bit_count() if mask >> i & 1 else 0.0
    assert exact(table).values == pytest.approx(spread)


def test_additive_parts_are_found():
    one, two = random_table(3, 1), random_table(2, 2)
    masks = np.arange(2**6)
    # players 0, 2, 5 form one game, 1 and 3 another, 4 is alone
    first = (masks & 1) | (masks >> 2 & 1) << 1 | (masks >> 5 & 1) << 2
    second = (masks >> 1 & 1) | (masks >> 3 & 1) << 1
    table = one[first] + two[second] + 0.3 * (masks >> 4 & 1)
    assert additive_parts(table) == [[0, 2, 5], [1, 3], [4]]
    assert additive_parts(random_table(4)) == [[0, 1, 2, 3]]


def union_orders(unions):
    for order in permutations(unions):
        inner = [list(permutations(u)) for u in order]
        counts = [len(p) for p in inner]
        for picks in np.ndindex(*counts):
            yield [i for p, k in zip(inner, picks, strict=True) for i in p[k]]


def test_owen_equals_the_mean_over_consistent_orders():
    table, unions = random_table(6), [[0, 3], [1], [2, 4, 5]]
    totals, count = np.zeros(6), 0
    for order in union_orders(unions):
        count += 1
        mask = 0
        for i in order:
            totals[i] += table[mask | 1 << i] - table[mask]
            mask |= 1 << i
    assert owen(table, unions).values == pytest.approx(totals / count)


def test_owen_of_trivial_unions_is_shapley():
    table = random_table(7)
    assert owen(table, [[i] for i in range(7)]).values == pytest.approx(
        exact(table).values
    )
    assert owen(table, [range(7)]).values == pytest.approx(exact(table).values)
    with pytest.raises(ValueError, match="exactly once"):
        owen(table, [[0, 1], [1, 2, 3, 4, 5, 6]])


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
    assert abs(found.residual) < 1e-12
    with pytest.raises(ValueError, match=r"\[9\]"):
        myerson(table, nx.Graph([(0, 9)]))


def test_a_complete_graph_restricts_nothing():
    table = random_table(6)
    assert myerson(table, nx.complete_graph(6)).values == pytest.approx(
        exact(table).values
    )


def sums_of(weights):
    masks = np.arange(2 ** len(weights))
    return sum(w * (masks >> i & 1) for i, w in enumerate(weights))


@pytest.mark.parametrize(
    "weights", [[3], [1, 1], [5, 0, 2, 7, 1], [4, 3, 2, 1, 1, 6, 9, 2]]
)
def test_weighted_sums_equal_the_table(weights):
    sums = sums_of(weights)
    truth = exact(np.sqrt(sums.astype(float))).values
    assert weighted_sum(weights, np.sqrt).values == pytest.approx(truth, abs=1e-13)
    quota = sum(weights) / 2
    votes = exact((sums >= quota).astype(float)).values
    assert weighted_voting(weights, quota).values == pytest.approx(votes, abs=1e-13)


def test_the_united_nations_security_council():
    # 5 permanent members weigh 7, 10 others 1, quota 39 (Shapley & Shubik, 1954: 0.1963, 0.00186)
    power = weighted_voting([7] * 5 + [1] * 10, 39).values
    assert power[0] == pytest.approx(421 / 2145, abs=1e-13)
    assert power[-1] == pytest.approx(4 / 2145, abs=1e-13)


def test_airport_equals_the_table():
    costs = np.array([3.0, 1.0, 1.0, 0.0, 2.5, 8.0])
    masks = np.arange(2**6)
    table = np.max([(masks >> i & 1) * c for i, c in enumerate(costs)], axis=0)
    assert airport(costs).values == pytest.approx(exact(table).values)
    assert airport([]).values.shape == (0,)


def test_bad_structured_games_are_named():
    for weights in ([1.5, 2], [-1, 2], [[1], [2]]):
        with pytest.raises(ValueError, match="whole numbers"):
            weighted_sum(weights, np.sqrt)
    with pytest.raises(ValueError, match="too much memory"):
        weighted_voting([10**9, 1], 5)
    with pytest.raises(ValueError, match="finite values"):
        weighted_sum([1, 2], lambda s: s[:1])
    with pytest.raises(ValueError, match="airport costs"):
        airport([1.0, -2.0])


def test_every_pair_of_players_is_symmetric():
    found = pair_interactions(random_table(8))
    for i, j in combinations(range(8), 2):
        assert found[i, j] == pytest.approx(found[j, i])
