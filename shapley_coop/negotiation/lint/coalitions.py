"""What coalitions can be sure of by themselves, and which one a deal gives too little."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shapley_coop.negotiation.lint.holdings import Holdings
from shapley_coop.negotiation.lint.normal_form import (
    MOST_PLAYS,
    NormalForm,
    Progress,
    show_nothing,
)
from shapley_coop.negotiation.lint.units import Units
from shapley_coop.records import Core

TOO_MANY_PROFILES = f"there are more than {MOST_PLAYS:,} profiles of plans"
"""Why some verdicts are left open."""
MOST_PLAYERS = 16
"""Players up to which every coalition is asked whether it objects."""
MOST_LOOKS = 1 << 33
"""Cells of payoffs, counted for every coalition, up to which all are gone through. It takes a
few seconds."""
_COST_OF_UNBOUNDED = 1 << 8
"""How many 64-bit numbers are compared in the time of one of Python's."""
_MOST_NARROW = 1 << 31
"""Below it a total of payoffs is a number of 32 bits."""
_TOLD_EVERY = 256
"""Coalitions after which it is told again how many there were."""


def objection(
    form: NormalForm, holdings: Holdings, progress: Progress = show_nothing
) -> Core | str:
    """Return the coalition that gains most by itself, or why nobody can tell.

    Coalitions are judged by what they can be sure of without any deal with the others (alpha
    core, Aumann & Peleg, 1960), in pure strategies.

    Args:
        form: the game and what seats are to do in it.
        holdings: what seats hold in it once all is paid.
        progress: is told of coalitions.
    """
    n = len(form.seats)
    if form.cells is None:
        return TOO_MANY_PROFILES
    if n > MOST_PLAYERS:
        return f"its coalitions are gone through for up to {MOST_PLAYERS} players"
    table = form.table.units
    cost = _COST_OF_UNBOUNDED if table.dtype == object else 1
    if cost * form.cells.size << n > MOST_LOOKS:
        return "its payoffs have too many digits for so many coalitions"
    # Payments among the members do not change their total, so raw rewards are enough.
    sure = sure_values(table[form.cells], progress)
    growth = 10 ** (holdings.decimals - form.table.decimals)
    held = _sums([int(units) for units in holdings.units[form.goal_play]])
    slack = _sums(holdings.slack)
    worst, most = 1, None
    for members in range(1, 1 << n):
        excess = int(sure[members]) * growth - held[members]
        beyond = excess - slack[members]
        if most is None or beyond > most:
            worst, most = members, beyond
    excess = int(sure[worst]) * growth - held[worst]
    objector = [seat for i, seat in enumerate(form.seats) if worst >> i & 1]
    return Core(
        holds=excess <= slack[worst],
        objector=tuple(objector),
        excess=holdings.reward(excess),
        convention="pessimistic",
    )


def sure_values(raw: Units, progress: Progress = show_nothing) -> Units:
    """Return the total that each coalition can be sure of, however the others reply.

    Neighbours in a Gray code (Gray, 1953) differ by one member, whose payoffs are added or taken
    away, so that no total is summed anew.

    Args:
        raw: (plans of each player, n) payoffs in units.
        progress: is told of coalitions.

    Returns:
        (2^n,) totals. Bit i of an index says whether player i is a member.
    """
    n = raw.shape[-1]
    shape = raw.shape[:-1]
    payoffs = [
        np.ascontiguousarray(raw[..., player]).reshape(-1) for player in range(n)
    ]
    largest = int(abs(raw).max())
    # Half as many bytes are gone through in little more than half the time.
    if n * largest < _MOST_NARROW:
        payoffs = [own.astype(np.int32) for own in payoffs]
    total = np.zeros_like(payoffs[0])
    sure = np.zeros(1 << n, raw.dtype)
    for number in range(1, 1 << n):
        members = number ^ number >> 1
        player = (number & -number).bit_length() - 1
        if members >> player & 1:
            total += payoffs[player]
        else:
            total -= payoffs[player]
        sure[members] = _least(total, shape, members).max()
        if number % _TOLD_EVERY == 0:
            progress("coalitions", number, 1 << n)
    return sure


def _least(total: Units, shape: Sequence[int], members: int) -> Units:
    """Return the least of totals over all that the others may do."""
    least = total
    after = len(total)
    for player, count in enumerate(shape):
        after //= count
        if members >> player & 1 or count == 1:
            continue
        # What members do before this player stays in front, what is done after it behind.
        replies = least.reshape(-1, count, after)
        least = replies[:, 0]
        for reply in range(1, count):
            least = np.minimum(least, replies[:, reply])
    return least


def _sums(amounts: Sequence[int]) -> list[int]:
    """Return the sum of every subset, whose members are the bits of its index."""
    sums = [0]
    for amount in amounts:
        sums += [before + amount for before in sums]
    return sums
