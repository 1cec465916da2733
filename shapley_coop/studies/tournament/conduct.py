"""What an entrant did beside what it earned: truth of its claims, promises kept, and openings."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from shapley_coop.config.seeds import generator
from shapley_coop.negotiation.ledger import promises
from shapley_coop.records import Episode, Seat
from shapley_coop.runs.statistics.estimates import SampleEstimate
from shapley_coop.runs.statistics.readings import surplus_share
from shapley_coop.studies.tournament.pairings import Meeting, estimate_over_seeds


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
    done = [row for row in own if row.episode.status == "done"]
    # Only there all seats are of its making, and what is open is its own fault.
    alone = [row for row in own if row.first == row.second]

    def claims(meeting: Meeting) -> list[float]:
        return _overclaims(entrant, meeting)

    def claim_errors(meeting: Meeting) -> list[float]:
        return [abs(claim) for claim in _overclaims(entrant, meeting)]

    return Conduct(
        surplus=_mean(done, _surplus),
        claims=_mean(done, claims),
        claim_error=_mean(done, claim_errors, least=0),
        promises=_promises(entrant, own),
        exploitability=_mean(alone, _gain, least=0),
    )


def _mean(
    meetings: Sequence[Meeting],
    read: Callable[[Meeting], Iterable[float]],
    *,
    least: float = -math.inf,
) -> SampleEstimate:
    rng = generator(0, "conduct")
    return estimate_over_seeds(meetings, read, rng, least=least)


def _surplus(meeting: Meeting) -> list[float]:
    share = surplus_share(meeting.episode)
    return [] if share is None else [share]


def _overclaims(entrant: str, meeting: Meeting) -> list[float]:
    """Return what each seat of an entrant claimed beyond its potential, as far as it is known."""
    columns = meeting.episode.columns
    held = [columns[seat] for seat in meeting.seats_of(entrant) if seat in columns]
    return [column.overclaim for column in held if column.overclaim is not None]


def _gain(meeting: Meeting) -> list[float]:
    """Return what the best deviation would have gained, if the episode was checked."""
    checks = meeting.episode.checks
    if checks is None or checks.equilibrium is None:
        return []
    deviation = checks.equilibrium.deviation
    return [0.0 if deviation is None else deviation.gain]


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
