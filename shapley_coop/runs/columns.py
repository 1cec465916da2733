"""The columns of a credit table: each is said once here, and every renderer reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shapley_coop.records import Episode, Seat, SeatCredit
from shapley_coop.records.words import error_text, number
from shapley_coop.runs.intervals import Interval, Precision, error_of_mean, mean_of

Subject = Literal["credit", "payoff"]
"""Whether a column is about what a seat contributes, or about what it gets."""
Format = Literal["money", "signed", "yes-no"]
"""How a value is shown: an amount of reward, one with its sign, or a verdict."""
Value = float | bool | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of one seat, or of a group of seats, over the episodes of a run."""

    value: Value
    """A mean, or for a verdict whether it is yes throughout. None if it was never known."""
    error: float | None = None
    """One standard error of the mean over episodes, for columns that are measured with one. None
    beside a value means that nothing tells it: one play, by chance."""
    interval: Interval | None = None
    """95 percent interval of that mean. None where it is exact or nothing tells its error."""
    rate: float | None = None
    """For a verdict: the share of the episodes in which it is yes."""
    episodes: int = 0
    """Episodes in which it was known. Of a group of seats, the most that any of them has."""


def _verdict(value: Value) -> str:
    if value is None:
        return "-"
    return "yes" if value else "no"


@dataclass(frozen=True, slots=True)
class SeatEpisode:
    """One seat in one finished episode: all that a column may look at."""

    episode: Episode
    seat: Seat

    @property
    def credit(self) -> SeatCredit:
        """The credit that the episode's record holds for the seat."""
        return self.episode.columns[self.seat]

    @property
    def potential_precision(self) -> Precision:
        """How well the potential is known, which is worked out once for all episodes."""
        credit = self.credit
        return Precision(
            credit.potential_stderr,
            credit.potential_draws,
            credit.potential_freedom,
            shared=True,
        )

    @property
    def measured_precision(self) -> Precision:
        """How well the measured credit is known."""
        credit = self.episode.credit
        if credit is None:
            return Precision(self.credit.stderr)
        # One draw of chance says nothing of how far another would lie.
        stderr = None if credit.draws == 1 else self.credit.stderr
        freedom = credit.freedom_of(self.seat)
        return Precision(stderr, credit.draws, freedom, credit.shared_error)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it means, how it is read from a seat's episode, how it is shown."""

    name: str
    """Its key in `--json` and in tables of the Python API."""
    meaning: str
    """A full sentence for people who meet the column for the first time."""
    value: Callable[[SeatEpisode], Value]
    format: Format
    heading: str = ""
    """What stands above it where there is room. An empty one means its name."""
    narrow: str = ""
    """What stands above it where there is little room. An empty one means the heading."""
    subject: Subject = "credit"
    """What it is about: where there is little room, each subject has a table of its own."""
    precision: Callable[[SeatEpisode], Precision] | None = None
    """How well the value of one episode is known, for columns that are measured with an error."""
    error_name: str = "stderr"
    """The key of that error in `--json`."""
    known_where: str = ""
    """In which episodes it is known, as the end of a sentence. An empty one means in all."""

    @property
    def title(self) -> str:
        """The words above the column."""
        return self.heading or self.name

    @property
    def narrow_title(self) -> str:
        """The words above the column where there is little room."""
        return self.narrow or self.title

    def over_episodes(self, episodes: Iterable[SeatEpisode]) -> Cell:
        """Return the cell of one seat from each of its episodes."""
        values: list[float] = []
        precisions: list[Precision] = []
        for played in episodes:
            value = self.value(played)
            if value is None:
                continue
            values.append(value)
            if self.precision is not None:
                precisions.append(self.precision(played))
        if not values:
            return Cell(None)
        # One episode that ended badly is enough for a "no".
        if self.format == "yes-no":
            return Cell(all(values), rate=mean_of(values), episodes=len(values))
        mean = mean_of(values)
        if self.precision is None:
            return Cell(mean, episodes=len(values))
        error = error_of_mean(values, precisions)
        if error is None:
            return Cell(mean, episodes=len(values))
        known = error.stderr and error.is_finite
        interval = error.interval(mean) if known else None
        return Cell(mean, error.stderr, interval, episodes=len(values))

    def over_seats(self, cells: Sequence[Cell]) -> Cell:
        """Return the cell of a group of seats from the cell of each of them."""
        known = [cell for cell in cells if cell.value is not None]
        if not known:
            return Cell(None)
        values = [cell.value for cell in known if cell.value is not None]
        episodes = max(cell.episodes for cell in known)
        if self.format == "yes-no":
            return Cell(all(values), episodes=episodes)
        # Whatever ties the errors of seats together, that of their mean is not above the mean of
        # them. One that nobody knows leaves it open.
        errors = [cell.error for cell in known if cell.error is not None]
        error = mean_of(errors) if len(errors) == len(known) else None
        return Cell(mean_of(values), error, episodes=episodes)

    def text(self, cell: Cell, error_sign: str = " ± ") -> str:
        """Return a cell in words, with its error if there is one.

        Args:
            cell: a cell of this column.
            error_sign: what stands between a value and its error.
        """
        if self.format == "yes-no":
            return _verdict(cell.value)
        text = number(cell.value, sign=self.format == "signed")
        if cell.value is None or self.precision is None:
            return text
        # An error that nobody knows must not look like none.
        if cell.error is None:
            return text + error_sign + "?"
        return text + error_text(cell.error, error_sign)

    def as_json(self, cell: Cell) -> dict[str, Any]:
        """Return a cell as the fields that `--json` prints."""
        # Scripts read these keys, so they do not follow a change of the headings.
        fields: dict[str, Any] = {
            self.name: cell.value,
            f"{self.name}_episodes": cell.episodes,
        }
        if self.precision is not None:
            fields[self.error_name] = cell.error
            fields[f"{self.name}_interval"] = cell.interval
        if self.format == "yes-no":
            fields[f"{self.name}_rate"] = cell.rate
        return fields


# The order of every table: from what was said, over what was measured, to how it ended.
COLUMNS = (
    Column(
        "claimed",
        "What the seat said that it is due: the Shapley value that follows from the values of all "
        "coalitions that it stated or, of more than four seats, the share that it stated.",
        lambda played: played.credit.claimed,
        "money",
        known_where="in which the seat claimed something",
    ),
    Column(
        "agreed",
        "What the seat would get if everybody kept what was signed, whatever was played.",
        lambda played: played.credit.agreed,
        "money",
        subject="payoff",
        known_where="in which something was signed",
    ),
    Column(
        "potential",
        "What the rules make the seat worth: its Shapley value whatever is played.",
        lambda played: played.credit.potential,
        "money",
        precision=lambda played: played.potential_precision,
        error_name="potential_stderr",
        known_where="in which the game knew it",
    ),
    Column(
        "measured",
        "What the seat was worth by the worth and the method named above the table: by default, "
        "as it was played, the Shapley value of what was done.",
        lambda played: played.credit.measured,
        "money",
        precision=lambda played: played.measured_precision,
        known_where="in which credit was measured",
    ),
    Column(
        "deviation",
        "What the seat's play added to, or cost, the total of the signed deal.",
        lambda played: played.credit.deviation,
        "signed",
        known_where="in which a contract was signed",
    ),
    Column(
        "final",
        "What the seat holds after every contract and division was settled.",
        lambda played: played.credit.final,
        "money",
        subject="payoff",
    ),
    Column(
        "outside",
        "The outside option: what the seat can secure without any deal.",
        lambda played: played.credit.outside,
        "money",
        heading="outside option",
        narrow="outside",
        subject="payoff",
        known_where="in which the game knew it",
    ),
    Column(
        "rational",
        "Whether the seat ended at or above its outside option in every episode.",
        lambda played: played.credit.rational,
        "yes-no",
        heading="above outside option",
        narrow="above\noutside",
        subject="payoff",
        known_where="in which the game knew it",
    ),
    Column(
        "overclaim",
        "By how much the seat's claim exceeds its potential or, where the game knows none, what "
        "was measured. Then both count from the v(nobody) that the seat stated, mostly 0, even "
        "where the measured v(nobody) is another.",
        lambda played: played.credit.overclaim,
        "signed",
        heading="over-claim",
        known_where="in which the seat claimed something",
    ),
)

COLUMN_BY_NAME = {column.name: column for column in COLUMNS}
"""The same columns by their names."""
