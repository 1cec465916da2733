"""How the numbers of a study are read from one episode. None is one that cannot be known of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shapley_coop.records import Episode, SeatCredit
from shapley_coop.runs.intervals import mean_of, sum_of
from shapley_coop.runs.outcomes import payoff_gap
from shapley_coop.runs.spending import sum_if_known


def welfare(episode: Episode) -> float:
    """Return what all seats hold together."""
    return sum_of(episode.payoffs.values())


def optimum(episode: Episode) -> float | None:
    """Return the most that agreements can reach, else what the rules make all seats worth."""
    # Agreements may reach less than the rules allow, and only they can be asked for.
    best = episode.attainable
    if best is not None and best.total is not None:
        return best.total
    potentials = [column.potential for column in episode.columns.values()]
    known = [value for value in potentials if value is not None]
    if not known or len(known) < len(potentials):
        return None
    return sum_of(known)


def efficiency(episode: Episode) -> float | None:
    """Return welfare as a part of the optimum, where that is above 0."""
    best = optimum(episode)
    if best is None or best <= 0:
        return None
    return welfare(episode) / best


def surplus_share(episode: Episode) -> float | None:
    """Return which part of the surplus over all outside options was reached."""
    best = optimum(episode)
    outside = [column.outside for column in episode.columns.values()]
    secured = [value for value in outside if value is not None]
    if best is None or not secured or len(secured) < len(outside):
        return None
    # Where nothing can be gained together, no part of it was reached or missed.
    surplus = best - sum_of(secured)
    if surplus <= 0:
        return None
    return (welfare(episode) - sum_of(secured)) / surplus


def gini(values: Sequence[float]) -> float | None:
    """Return the Gini coefficient: 0 where all hold the same, (n - 1) / n where one holds all.

    It is half the mean absolute difference of two holders as a part of the mean (Gini, 1912). None
    where somebody holds less than nothing or nobody holds anything, since it says nothing there.
    """
    total = sum_of(values)
    if not values or min(values) < 0 or total <= 0:
        return None
    count = len(values)
    ranked = sorted(values)
    weighted = sum_of(rank * value for rank, value in enumerate(ranked, start=1))
    return 2 * weighted / (count * total) - (count + 1) / count


def payoff_gini(episode: Episode) -> float | None:
    """Return the Gini coefficient of what seats hold, where there is one."""
    return gini(list(episode.payoffs.values()))


def gap(episode: Episode) -> float | None:
    """Return what the best paid seat holds more than the worst paid one."""
    return payoff_gap(episode) if episode.payoffs else None


def success(episode: Episode) -> float:
    """Return 1 if the goal was reached, else 0."""
    return float(episode.success)


def rounds(episode: Episode) -> float:
    """Return the rounds of talk before play."""
    return float(episode.rounds)


def forfeits(episode: Episode) -> float:
    """Return the turns that were lost."""
    return float(sum(episode.forfeits.values()))


def breaches(episode: Episode) -> float:
    """Return the promises that were not kept."""
    return float(len(episode.breaches))


def overclaim(episode: Episode) -> float | None:
    """Return what seats claim beyond their potential, a mean."""
    return _mean(column.overclaim for column in episode.columns.values())


def claimed_distance(episode: Episode) -> float | None:
    """Return how far claims lie from measured credit, a mean over seats."""
    return _mean(map(_claimed_error, episode.columns.values()))


def _claimed_error(column: SeatCredit) -> float | None:
    if column.claimed is None or column.measured is None:
        return None
    # A claim may count from another worth of nobody than the measured credit does.
    return abs(column.claimed - (column.measured + column.zero_shift))


def agreed_distance(episode: Episode) -> float | None:
    """Return how far what was agreed lies from measured credit, a mean over seats."""
    return _mean(map(_agreed_error, episode.columns.values()))


def _agreed_error(column: SeatCredit) -> float | None:
    if column.agreed is None or column.measured is None:
        return None
    return abs(column.agreed - column.measured)


def core_excess(episode: Episode) -> float | None:
    """Return what the coalition with the best objection could gain by itself."""
    checks = episode.checks
    if checks is None or checks.core is None:
        return None
    return checks.core.excess


def rational_seats(episode: Episode) -> float | None:
    """Return the share of the seats at or above their outside option."""
    verdicts = [column.rational for column in episode.columns.values()]
    known = [float(verdict) for verdict in verdicts if verdict is not None]
    return mean_of(known) if known else None


def tokens(episode: Episode) -> float:
    """Return the tokens sent and answered."""
    return float(episode.tokens)


def cost(episode: Episode) -> float | None:
    """Return the US dollars, where every price is known."""
    return sum_if_known([row.cost for row in episode.spend])


def latency(episode: Episode) -> float:
    """Return the seconds that it took."""
    return episode.seconds


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return mean_of(known) if known else None
