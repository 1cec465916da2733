"""What an entrant did beside what it earned: truth of its claims, promises kept, and openings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from shapley_coop.config.seeds import generator
from shapley_coop.negotiation.ledger import promises
from shapley_coop.records import Episode, Seat
from shapley_coop.runs.outcomes import chance_of
from shapley_coop.runs.statistics.estimates import SampleEstimate, estimate
from shapley_coop.runs.statistics.readings import surplus_share
from shapley_coop.studies.tournament.pairings import Meeting


class Promises(NamedTuple):
    """Actions that were promised in signed contracts."""

    given: int
    broken: int
    unpaid: int
    """Payments that were owed and refused, which only some settlements leave to a seat."""

    @property
    def kept_share(self) -> float | None:
        """The share of promised actions that were taken. None if none was promised."""
        if not self.given:
            return None
        return 1 - self.broken / self.given


class Conduct(NamedTuple):
    """One entrant over all its meetings."""

    surplus: SampleEstimate
    """The share of the attainable surplus that was reached where it sat. 1 is all of it."""
    claims: SampleEstimate
    """What it claimed beyond what the rules make it worth, a mean: 0 is calibrated."""
    claim_error: SampleEstimate
    """How far claims lay from that, without signs."""
    promises: Promises
    exploitability: SampleEstimate
    """What one seat could have gained by another fixed plan where it met itself, by the game's
    own rules. 0 is an equilibrium."""


def conduct_of(entrant: str, meetings: Iterable[Meeting]) -> Conduct:
    """Return what an entrant did, over all meetings in which it held a seat."""
    own = [row for row in meetings if entrant in {row.first, row.second}]
    claims, errors, surplus = [], [], []
    for meeting in own:
        episode = meeting.episode
        if episode.status != "done":
            continue
        share = surplus_share(episode)
        if share is not None:
            surplus.append(share)
        for seat in meeting.seats_of(entrant):
            column = episode.columns.get(seat)
            if column is not None and column.overclaim is not None:
                claims.append(column.overclaim)
                errors.append(abs(column.overclaim))
    # Intervals are of no use where every meeting would come out the same again.
    sample = chance_of([meeting.episode for meeting in own]) is not False
    # Only there all seats are of its making, and what is open is its own fault.
    alone = [row.episode for row in own if row.first == row.second]
    return Conduct(
        surplus=_mean(surplus, sample=sample),
        claims=_mean(claims, sample=sample),
        claim_error=_mean(errors, sample=sample),
        promises=_promises(entrant, own),
        exploitability=_mean(_gains(alone), sample=sample),
    )


def _mean(values: Sequence[float], *, sample: bool) -> SampleEstimate:
    return estimate(values, "mean", generator(0, "conduct"), sample=sample)


def _gains(episodes: Iterable[Episode]) -> list[float]:
    """Return what the best deviation would have gained in each episode that was checked."""
    gains = []
    for episode in episodes:
        if episode.checks is None or episode.checks.equilibrium is None:
            continue
        deviation = episode.checks.equilibrium.deviation
        gains.append(0.0 if deviation is None else deviation.gain)
    return gains


def _promises(entrant: str, meetings: Iterable[Meeting]) -> Promises:
    given = 0
    broken = 0
    unpaid = 0
    for meeting in meetings:
        seats = set(meeting.seats_of(entrant))
        given += _given_by(seats, meeting.episode)
        for breach in meeting.episode.breaches:
            if breach.seat in seats:
                broken += breach.broken == "action"
                unpaid += breach.broken == "payment"
    return Promises(given, broken, unpaid)


def _given_by(seats: set[Seat], episode: Episode) -> int:
    """Return how many actions and plans some seats promised in an episode."""
    count = 0
    for contract in episode.contracts:
        terms = contract.offer.terms
        count += sum(promise.deed.seat in seats for promise in promises(terms.clauses))
        count += len(seats & terms.plan.keys())
    return count
