"""Games of few interactions: the odd part as a sum of few products of signs, where it is exact."""

from itertools import combinations
from math import comb

import numpy as np

from shapley_coop.shapley.arrays import Floats, Ints
from shapley_coop.shapley.estimators.surrogates.process import Pairs

_CELLS_MAX = 4_000_000  # of the matrix of products: 32 MB
_TERMS_MAX = 100
_ROUNDING = 1e-9
_FORETOLD = 1e-7
_FOLDS = 8


def sparse_values(pairs: Pairs) -> Floats | None:
    """Return the values where few products of signs give every pair to rounding, else None.

    The odd part of a game is a sum of products of an odd number of signs, and a product's value
    is shared by its players alike: 2 c / |T| each. Terms are found by orthogonal matching pursuit
    (Tropp & Gilbert, 2007) among the products of one, three, five … players, as many orders as
    fit 4 million numbers. A sum is believed if it has at most half as many terms as pairs, at
    most 100, is exact on all pairs, and if each eighth of the pairs is exactly predicted by the
    sum found from the others: among many products, some fit by chance.
    O(terms x pairs x products).
    """
    signs, y = pairs.signs, pairs.values
    m, n = signs.shape
    scale = float(np.abs(y).max())
    most = min(m // 2, m - n, _TERMS_MAX)
    if scale == 0 or most < 1:
        return None
    members = _members(m, n)
    products = np.hstack([signs[:, rows].prod(axis=2) for rows in members])
    chosen = _pursue(products, y / scale, most)
    if chosen is None or not _foretold(products, y / scale, most):
        return None
    weights = np.linalg.lstsq(products[:, chosen], y, rcond=None)[0]
    values = np.zeros(n)
    starts = np.cumsum([0, *(len(rows) for rows in members)])
    for term, weight in zip(chosen, weights.tolist(), strict=True):
        order = int(np.searchsorted(starts, term, side="right")) - 1
        players = members[order][term - starts[order]]
        values[players] += 2 * weight / players.size
    return values


def _foretold(products: Floats, y: Floats, most: int) -> bool:
    """Say whether each fold of the pairs follows from the others; all know the ends, row 0."""
    fold = np.append(-1, np.arange(len(y) - 1) % _FOLDS)
    for k in range(_FOLDS):
        train, test = fold != k, fold == k
        chosen = _pursue(products[train], y[train], most)
        if chosen is None:
            return False
        weights = np.linalg.lstsq(products[train][:, chosen], y[train], rcond=None)[0]
        if (
            float(np.abs(products[test][:, chosen] @ weights - y[test]).max())
            > _FORETOLD
        ):
            return False
    return True


def _members(m: int, n: int) -> list[Ints]:
    """Return the players of all products of 1, 3, 5, … signs, order by order; the first always."""
    found: list[Ints] = []
    cells = 0
    for order in range(1, n + 1, 2):
        cells += m * comb(n, order)
        if found and cells > _CELLS_MAX:
            break
        found.append(np.array(list(combinations(range(n), order)), dtype=np.intp))
    return found


def _pursue(products: Floats, y: Floats, most: int) -> list[int] | None:
    """Return the columns whose span holds y, one after the other the most alike to what is left."""
    left = y.copy()
    basis = np.empty((len(y), most))
    chosen: list[int] = []
    while len(chosen) < most:
        alike = np.abs(left @ products)
        alike[chosen] = -1.0
        best = int(alike.argmax())
        held = basis[:, : len(chosen)]
        column = products[:, best] - held @ (held.T @ products[:, best])
        column -= held @ (
            held.T @ column
        )  # twice is enough for orthogonality in rounding
        length = float(np.linalg.norm(column))
        if length < _ROUNDING * len(y) ** 0.5:
            return None  # the most alike column is spanned already: nothing is left to find
        basis[:, len(chosen)] = column / length
        left -= basis[:, len(chosen)] * float(basis[:, len(chosen)] @ left)
        chosen.append(best)
        if float(np.abs(left).max()) <= _ROUNDING:
            return chosen
    return None
