"""The odd values of complementary pairs: y(S) = (v(S) - v(N - S)) / 2."""

from dataclasses import dataclass

import numpy as np

from shapley_coop.shapley.arrays import Bools, Floats, Ints
from shapley_coop.shapley.coalitions import full, mask_of, to_matrix
from shapley_coop.shapley.estimators.pairs.constant_sum import is_constant_sum
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.result import CoalitionWeights

_NEARLY_EXACT = 1e-9  # share of noise in a value that was not guessed
_FEW_DIFFER = 0.1  # of the mean square of the odd values


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Odd values of complementary pairs, one a row."""

    signs: Floats
    """m x n, in {-1, +1}. The first row is the grand coalition, all +1."""
    values: Floats
    """Of length m, in the unit of v."""
    noise_shares: Floats
    """Variance of each value per unit of the variance of one draw.

    For r draws of a coalition and q of its complement it is (1/r + 1/q) / 4.
    """

    @property
    def n(self) -> int:
        """The number of players."""
        return int(self.signs.shape[1])

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: Ints | Bools) -> "Pairs":
        """Return the pairs of these row numbers, or of a mask of rows."""
        return Pairs(
            self.signs[rows],
            self.values[rows],
            self.noise_shares[rows],
        )


def known_pairs(data: Evaluations) -> Pairs:
    """Return the odd value of every known pair, the pair of the ends first.

    In a constant-sum game a coalition alone tells the value of its complement.

    Raises:
        ValueError: the empty or the grand coalition has no value.
    """
    everyone = full(data.n)
    empty, grand = data.ends()
    one_side_suffices = is_constant_sum(data)
    masks = [everyone]
    end_value = (grand - empty) / 2
    middle = (empty + grand) / 2
    values = [end_value]
    shares = [_noise_share(data, everyone, 0)]
    for mask in data:
        other = everyone ^ mask
        if mask in {0, everyone}:
            continue
        if other in data:
            # The pair is met twice, once from either side.
            if mask < other:
                masks.append(mask)
                difference = data[mask] - data[other]
                values.append(difference / 2)
                shares.append(_noise_share(data, mask, other))
        elif one_side_suffices:
            masks.append(mask)
            values.append(data[mask] - middle)
            shares.append(1.0 / data.count(mask))
    return Pairs(
        sign_rows(masks, data.n),
        np.array(values),
        np.array(shares),
    )


def almost_constant_sum(data: Evaluations) -> tuple[Pairs, float] | None:
    """Return all odd values and a noise variance, if the game is almost constant-sum.

    Such a game only looked constant-sum for long: many coalitions are known alone, and few
    pairs differ. Of a coalition known alone, v(S) less half the total is off by half of what
    its complement differs. The variance of that over the known pairs is the number returned,
    the noise of a value with share 1. None means that the game is not of this kind.

    Raises:
        ValueError: the empty or the grand coalition has no value.
    """
    everyone = full(data.n)
    empty, grand = data.ends()
    alone: list[int] = []
    whole: list[int] = []
    for mask in data:
        if mask in {0, everyone}:
            continue
        other = everyone ^ mask
        if other not in data:
            alone.append(mask)
        elif mask < other:
            whole.append(mask)
    # Where few are known alone, whole pairs tell enough and are exact.
    few_alone = len(alone) <= len(whole) // 2
    if few_alone or is_constant_sum(data) or not whole:
        return None
    members = data.values(whole)
    complements = data.values([everyone ^ mask for mask in whole])
    gaps = (members + complements - empty - grand) / 2
    gap_variance = float(np.mean(gaps**2))
    exact_values = (members - complements) / 2
    mean_square = float(np.mean(exact_values**2))
    if not 0 < gap_variance < _FEW_DIFFER * mean_square:
        return None
    middle = (empty + grand) / 2
    guesses = data.values(alone) - middle
    end_value = (grand - empty) / 2
    # A share of nothing would make the covariance singular.
    exact_shares = np.full(1 + len(whole), _NEARLY_EXACT)
    guess_shares = np.ones(len(alone))
    pairs = Pairs(
        sign_rows([everyone, *whole, *alone], data.n),
        np.concatenate([[end_value], exact_values, guesses]),
        np.append(exact_shares, guess_shares),
    )
    return pairs, gap_variance


def coalition_weights(
    data: Evaluations, pairs: Pairs, reach: Floats
) -> CoalitionWeights:
    """Return the sums of coalitions' values that sums of the known pairs' values are.

    Args:
        data: what the pairs are known from.
        pairs: as `known_pairs` returns them, m of them.
        reach: n x m, how much each pair's value counts in each sum.
    """
    everyone = full(data.n)
    columns: dict[int, Floats] = {}

    def add(mask: int, column: Floats) -> None:
        columns[mask] = columns.get(mask, 0.0) + column

    for signs, column in zip(pairs.signs, reach.T, strict=True):
        mask = mask_of(np.flatnonzero(signs > 0).tolist())
        other = everyone ^ mask
        if other in data:
            add(mask, column / 2)
            add(other, -column / 2)
            continue
        # Known alone, its value is that above the middle of the ends.
        add(mask, column)
        add(everyone, -column / 2)
        add(0, -column / 2)
    return CoalitionWeights(tuple(columns), np.array(list(columns.values())).T)


def distinct_values(values: Floats, data: Evaluations) -> Floats:
    """Return the values of normalised data, or differences of them, that rounding leaves apart."""
    grain = data.unit.grain
    return np.unique(np.round(values / grain))


def sign_rows(masks: list[int], n: int) -> Floats:
    """Return coalitions as rows of signs, +1 where a player is present and else -1."""
    present = to_matrix(masks, n)
    return np.where(present, 1.0, -1.0)


def smaller_sizes(signs: Floats) -> Ints:
    """Return the number of players on the smaller side of each row's pair."""
    n = signs.shape[1]
    twice = signs.sum(axis=1) + n
    sizes = (twice / 2).round().astype(np.intp)
    return np.asarray(np.minimum(sizes, n - sizes))


def _noise_share(
    data: Evaluations,
    one: int,
    two: int,
) -> float:
    first = 1 / data.count(one)
    second = 1 / data.count(two)
    return (first + second) / 4
