"""Who meets whom in a tournament, on which seats, and how each meeting came out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Config
from shapley_coop.errors import ConfigError
from shapley_coop.records import TOLERANCE, Episode, Seat
from shapley_coop.runs.intervals import mean_of
from shapley_coop.runs.outcomes import chance_of
from shapley_coop.runs.statistics.estimates import SampleEstimate, estimate
from shapley_coop.runs.store.folder import plain
from shapley_coop.studies.cells import StudyCell
from shapley_coop.studies.outcomes import episodes_of
from shapley_coop.studies.results import StudyResult

FIRST = "first"
SECOND = "second"
"""Under which names the settings of a cell hold who meets whom."""


def pairing_cells(
    base: Config, entrants: Sequence[str], seats: Sequence[Seat]
) -> list[StudyCell]:
    """Return a cell for each ordered pair of entrants, everybody against itself included.

    The first of a pair holds the first half of the seats, or the larger one, and the second the
    rest. Since both orders are played, no entrant gains by where it sits.

    Raises:
        ConfigError: there are fewer than two entrants, one stands twice, the base seats somebody,
            or the game has one seat.
    """
    _refuse_seated(base)
    if len(set(entrants)) < max(2, len(entrants)):
        names = ", ".join(entrants) or "none"
        raise ConfigError(
            f"a tournament needs two entrants or more, each named once, got {names}",
            field="entrants",
        )
    if len(seats) < 2:
        raise ConfigError(
            f"{base.game_id} has one seat, so nobody can meet there", field="game.id"
        )
    tables = plain(base)
    cells = []
    for first, second in product(entrants, repeat=2):
        # Of an odd number of seats the first of a pair holds one more.
        half = (len(seats) + 1) // 2
        seated = dict.fromkeys(seats[:half], first)
        seated |= dict.fromkeys(seats[half:], second)
        config = resolve({**tables, "agent": first, "seats": seated})
        cells.append(StudyCell(config, {FIRST: first, SECOND: second}))
    return cells


def _refuse_seated(base: Config) -> None:
    """Raise ConfigError if a setting seats somebody, whose seat an entrant would take."""
    common = Config.model_fields["agent"].default
    seated = {"agent": base.agent != common, "seats": bool(base.seats)}
    for field, is_set in seated.items():
        if is_set:
            raise ConfigError(
                "the entrants of a tournament hold all seats; name who else plays among them, "
                "and leave the setting out",
                field=field,
            )


class Meeting(NamedTuple):
    """One episode of a tournament."""

    first: str
    second: str
    episode: Episode

    def seats_of(self, entrant: str) -> list[Seat]:
        """Return the seats that an entrant held."""
        half = (len(self.episode.seats) + 1) // 2
        places = (
            (self.first, self.episode.seats[:half]),
            (self.second, self.episode.seats[half:]),
        )
        return [seat for name, seats in places if name == entrant for seat in seats]

    def payoff(self, entrant: str) -> float | None:
        """Return what an entrant's seats hold, a mean. None if the episode was cut."""
        payoffs = self.episode.payoffs
        if self.episode.status != "done":
            return None
        return mean_of([payoffs[seat] for seat in self.seats_of(entrant)])

    def score(self) -> float | None:
        """Return 1 if the first came out ahead, 0 if the second did, and a half if neither."""
        first, second = self.payoff(self.first), self.payoff(self.second)
        if first is None or second is None:
            return None
        if abs(first - second) <= TOLERANCE:
            return 0.5
        return float(first > second)


def meetings_of(result: StudyResult) -> list[Meeting]:
    """Return every recorded episode of a tournament, with who met whom in it."""
    meetings = []
    for outcome in result.outcomes:
        settings: Mapping[str, Any] = outcome.cell.settings
        first, second = settings[FIRST], settings[SECOND]
        episodes = episodes_of([outcome])
        meetings += [Meeting(first, second, episode) for episode in episodes]
    return meetings


def cells_of_chance(meetings: Iterable[Meeting]) -> dict[tuple[str, str], bool]:
    """Return of each cell that meetings are of, by its pair, whether chance may have had a say.

    Meetings of other pairs, and of a pair the other way around, come out otherwise without any
    chance. So only those of one cell are held against each other.
    """
    by_cell: dict[tuple[str, str], list[Episode]] = {}
    for meeting in meetings:
        by_cell.setdefault((meeting.first, meeting.second), []).append(meeting.episode)
    return {pair: chance_of(plays) is not False for pair, plays in by_cell.items()}


def estimate_over_seeds(
    meetings: Sequence[Meeting],
    read: Callable[[Meeting], Iterable[float]],
    rng: np.random.Generator,
    *,
    least: float = -math.inf,
) -> SampleEstimate:
    """Return the mean of what is read of some meetings, with the seeds as its sample.

    Meetings of one seed share its luck, so their mean is one draw and not several.

    Args:
        meetings: of any pairs.
        read: returns the values of a meeting, as many as it has.
        rng: draws the resamples.
        least: what no value is below.
    """
    by_seed: dict[int, list[float]] = {}
    for meeting in meetings:
        by_seed.setdefault(meeting.episode.seed, []).extend(read(meeting))
    means = [mean_of(by_seed[seed]) for seed in sorted(by_seed) if by_seed[seed]]
    sample = any(cells_of_chance(meetings).values())
    return estimate(means, "mean", rng, sample=sample, least=least)
