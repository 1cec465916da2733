"""Games of few terms: additive ones, and odd parts that are sums of few products of signs."""

from itertools import combinations
from math import comb

import numpy as np

from shapley_coop.shapley.arrays import Floats, Ints
from shapley_coop.shapley.estimators.pairs.odd_values import Pairs

_CELLS_MAX = 4_000_000  # of the matrix of products: 32 MB
_TERMS_MAX = 100
_ROUNDING = 1e-9
_PREDICTION_ERROR = 1e-7  # of held-out pairs that still counts as rounding of _ROUNDING
_FOLDS = 8


def additive_values(pairs: Pairs, rounding: float) -> Floats | None:
    """Return the values where the odd part is additive to rounding in every pair, else None.

    More pairs than players are needed, so that the fit could have failed.
    """
    signs = pairs.signs
    y = pairs.values
    m, n = signs.shape
    spare = max(4, n // 10)
    if m < n + spare:
        return None
    solution = np.linalg.lstsq(signs, y, rcond=None)
    slopes, _, rank, _ = solution
    errors = np.abs(signs @ slopes - y)
    largest_error = float(errors.max())
    if rank < n or largest_error > rounding:
        return None
    # Joining moves a player's sign by two.
    return np.asarray(2 * slopes, dtype=np.float64)


def sparse_values(pairs: Pairs, rounding: float = 0.0) -> Floats | None:
    """Return the values where few products of signs give every pair to `rounding`, else None.

    The odd part of a game is a sum of products of an odd number of signs, and a product's
    value is shared by its players alike: 2 c / |T| each. Terms are found by orthogonal
    matching pursuit (Tropp & Gilbert, 2007) among the products of one, three, five …
    players, as many orders as fit 4 million numbers. A sum is believed if it has at most
    half as many terms as pairs, at most 100, and is exact on all pairs. Each eighth of the
    pairs must also be predicted exactly by the sum found from the others, because among
    many products some fit by chance. O(terms x pairs x products).
    """
    signs = pairs.signs
    y = pairs.values
    m, n = signs.shape
    scale = float(np.abs(y).max())
    most = min(m // 2, m - n, _TERMS_MAX)
    if scale == 0 or most < 1:
        return None
    players_by_order = _product_players(m, n)
    products = _products(signs, players_by_order)
    relative = y / scale
    allowance = max(_ROUNDING, rounding / scale)
    terms = _matching_pursuit(products, relative, most, allowance)
    if terms is None or not _folds_confirm(products, relative, most, allowance):
        return None
    weights = _fit_weights(products[:, terms], y)
    return _share_out(terms, weights, players_by_order, n)


def _products(signs: Floats, players_by_order: list[Ints]) -> Floats:
    """Return the products of the signs of each set of players, a column a set."""
    columns: list[Floats] = []
    for players in players_by_order:
        factors = signs[:, players]
        columns.append(factors.prod(axis=2))
    return np.hstack(columns)


def _fit_weights(columns: Floats, y: Floats) -> Floats:
    """Return the least-squares weights of the columns."""
    solution = np.linalg.lstsq(columns, y, rcond=None)
    return np.asarray(solution[0])


def _share_out(
    terms: list[int],
    weights: Floats,
    players_by_order: list[Ints],
    n: int,
) -> Floats:
    """Return the sum of the products' values, each shared by its players alike."""
    values = np.zeros(n)
    # Terms are numbered through the orders, so the start of its order gives a term's place.
    lengths = [len(players) for players in players_by_order]
    starts = np.cumsum([0, *lengths])
    for term, weight in zip(terms, weights.tolist(), strict=True):
        after = int(np.searchsorted(starts, term, side="right"))
        order = after - 1
        place = term - starts[order]
        players = players_by_order[order][place]
        values[players] += 2 * weight / players.size
    return values


def _folds_confirm(
    products: Floats,
    y: Floats,
    most: int,
    allowance: float,
) -> bool:
    """Return whether each fold of the pairs is predicted by a sum found from the others.

    The ends, row 0, are in every fit.
    """
    inner = np.arange(len(y) - 1)
    fold = np.append(-1, inner % _FOLDS)
    # Of fewer pairs than folds each is left out by itself, and the other folds hold none.
    for k in range(min(_FOLDS, len(inner))):
        train = fold != k
        test = fold == k
        train_products = products[train]
        train_y = y[train]
        terms = _matching_pursuit(train_products, train_y, most, allowance)
        if terms is None:
            return False
        weights = _fit_weights(train_products[:, terms], train_y)
        test_columns = products[test][:, terms]
        predictions = test_columns @ weights
        errors = np.abs(predictions - y[test])
        if float(errors.max()) > _PREDICTION_ERROR * (allowance / _ROUNDING):
            return False
    return True


def _product_players(m: int, n: int) -> list[Ints]:
    """Return the players of all products of 1, 3, 5, … signs, an array for each order.

    Orders end where the products of m pairs would exceed the memory. The first is always
    there.
    """
    orders: list[Ints] = []
    cells = 0
    for order in range(1, n + 1, 2):
        cells += m * comb(n, order)
        if orders and cells > _CELLS_MAX:
            break
        sets = combinations(range(n), order)
        players = np.array(list(sets), dtype=np.intp)
        orders.append(players)
    return orders


def _matching_pursuit(
    products: Floats,
    y: Floats,
    most: int,
    allowance: float,
) -> list[int] | None:
    """Return columns whose span holds y up to `allowance`, or None where `most` columns do not.

    Each is the one that is most alike to what the columns before it leave unexplained.
    """
    rest = y.copy()
    basis = np.empty((len(y), most))
    terms: list[int] = []
    while len(terms) < most:
        likeness = np.abs(rest @ products)
        likeness[terms] = -1.0
        best = int(likeness.argmax())
        number = len(terms)
        span = basis[:, :number]
        product = products[:, best]
        column = product - span @ (span.T @ product)
        # Projecting twice is enough for orthogonality in rounding.
        column -= span @ (span.T @ column)
        length = float(np.linalg.norm(column))
        whole_length = len(y) ** 0.5
        if length < _ROUNDING * whole_length:
            # The most alike column is spanned already, so nothing is left to find.
            return None
        basis[:, number] = column / length
        direction = basis[:, number]
        share = float(direction @ rest)
        rest -= direction * share
        terms.append(best)
        largest = float(np.abs(rest).max())
        if largest <= allowance:
            return terms
    return None
