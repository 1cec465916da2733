"""Constant-sum games, in which a coalition's value also gives that of its complement."""

from shapley_coop.shapley.coalitions import full
from shapley_coop.shapley.estimators.pairs.balanced_design import pair_count
from shapley_coop.shapley.evaluations import Evaluations

_WITNESSES = 6  # pairs that must agree before a game is called constant-sum


def sums_to_total(data: Evaluations, mask: int) -> bool:
    """Return whether v(S) + v(N - S) = v(N) + v(empty) to rounding. All four are known."""
    everyone = full(data.n)
    # Differences first, since sums of values far from 0 would lose the digits that matter.
    gained = data[mask] - data[0]
    missed = data[everyone] - data[everyone ^ mask]
    return abs(gained - missed) <= data.equal_within


def is_constant_sum(data: Evaluations) -> bool:
    """Return whether every known pair sums to v(N) + v(empty).

    It is False while fewer than six pairs are known, or all of them in a smaller game.
    """
    everyone = full(data.n)
    if 0 not in data or everyone not in data:
        return False
    agreeing = 0
    for mask in data:
        other = everyone ^ mask
        if 0 < mask < other and other in data:
            if not sums_to_total(data, mask):
                return False
            agreeing += 1
    # Without any pair there is nothing to agree on.
    all_pairs = max(pair_count(data.n), 1)
    return agreeing >= min(_WITNESSES, all_pairs)
