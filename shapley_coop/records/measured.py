"""What is measured of an episode: the credit of every seat."""

from __future__ import annotations

from shapley_coop.records.base import Absence, Record, Seat, WorthKind
from shapley_coop.records.html import frame, html_list, html_table
from shapley_coop.records.words import clean, number

# Money moves in whole micro-units, so each payment is rounded by up to 5e-7. A seat that makes
# or takes a dozen payments may miss its exact amount by several micro-units for that alone, and
# nobody should be called worse off because of it.
TOLERANCE = 1e-5
"""The smallest difference in reward that counts as a gain or a loss, in the whole project."""


class SeatCredit(Record):
    """What one seat claimed, was promised, could be worth, was worth as played, and got."""

    claimed: float | None = None
    """What its own beliefs say that it contributes. None if it stated none."""
    agreed: float | None = None
    """What it gets if all keep what they signed. None if nothing was signed."""
    potential: float | None = None
    """What the rules make it worth, whatever was played. None if the game does not know that."""
    potential_stderr: float = 0.0
    """Standard error of the potential, 0 if it is exact."""
    potential_draws: int | None = None
    """Draws of chance that the potential is a mean over. None if there is no chance in it."""
    potential_freedom: float | None = None
    """Degrees of freedom of the error of the potential. None means one less than its draws."""
    measured: float | None = None
    """Its measured credit. None if credit was not measured."""
    stderr: float = 0.0
    """Standard error of the measured credit, 0 if it is exact."""
    zero_shift: float = 0.0
    """What the measured credit gains if it counts from the worth of nobody that the claim counts
    from: an equal part, for each seat, of the difference between the two v(nobody)."""
    deviation: float | None = None
    """What its play added to the total that all would have had, had all kept what they signed.
    None if no contract was signed. A division that was signed after play is no contract."""
    final: float = 0.0
    """What it holds after settlement."""
    outside: float | None = None
    """What it can secure without a deal. None if that is not known."""

    @property
    def overclaim(self) -> float | None:
        """What it claimed beyond what the rules make it worth.

        Beliefs are stated before play, so that is what they are about. Where the game does not
        know it, what was measured of the play stands in, on the zero point of the claim.
        """
        if self.claimed is None:
            return None
        if self.potential is not None:
            return self.claimed - self.potential
        if self.measured is None:
            return None
        return self.claimed - (self.measured + self.zero_shift)

    @property
    def rational(self) -> bool | None:
        """Whether the seat ended at or above its outside option."""
        if self.outside is None:
            return None
        return self.final >= self.outside - TOLERANCE


class Credit(Record):
    """Measured credit of one episode: a value per seat and how it was obtained."""

    values: dict[Seat, float]
    """The credit of each seat."""
    stderr: dict[Seat, float]
    """Standard errors of these values, 0 where they are exact or where `draws` is 1."""
    draws: int | None = None
    """Draws of chance that the values are means over, at most. One draw tells nothing of its own
    error. None means that the values hold no chance, or that it was not recorded."""
    freedom: dict[Seat, float] | None = None
    """Degrees of freedom of these errors, fewer than draws where few of them decide. None means one
    less than the draws."""
    shared_error: bool = False
    """Whether the draws are the same in every episode, so that more of them know no better."""
    method: str
    """The value that was computed and how, such as `shapley`."""
    worth: WorthKind
    """The worth kind that it was measured on."""
    absence: Absence | None
    """What replaced absent seats. None if the worth itself fixes that."""
    empty: float
    """v(∅), stated rather than assumed."""
    grand: float
    """v(N)."""
    evaluations: int
    """Coalition values that were computed."""
    calls: int = 0
    """Model calls made for it."""
    saved: int = 0
    """Model calls that it needed and that equal ones had answered already."""
    coalitions: dict[str, float] | None = None
    """Every coalition value that was used, by label. None if they are too many to list."""
    coalition_stderr: dict[str, float] | None = None
    """Their standard errors. None if the values are exact."""
    coalition_plays: dict[str, int] | None = None
    """How many plays each value is a mean over. Of plays that could not differ, and for coalitions
    that cannot, one was made. None if that was not recorded, or nothing was played."""
    stopped_by: str | None = None
    """What ended the plays of coalitions. None means that their number was fixed, or nothing was
    played."""
    null_seats: tuple[Seat, ...] = ()
    """Seats whose presence changed the value of no coalition, so a division gives them nothing."""

    def freedom_of(self, seat: Seat) -> float | None:
        """Return the degrees of freedom of a seat's error, or None for one less than the draws."""
        return None if self.freedom is None else self.freedom.get(seat)

    def _repr_html_(self) -> str:
        rows = []
        for seat, value in self.values.items():
            error = self.stderr.get(seat, 0.0)
            told = number(error) if error or self.draws == 1 else "exact"
            rows.append((clean(seat), number(value), told))
        basis = (
            f"{self.method} on worth {self.worth}; v(nobody) = {number(self.empty)}, "
            f"v(everyone) = {number(self.grand)}; {self.evaluations:,} values"
        )
        shown = html_table(("seat", "credit", "standard error"), rows)
        return frame(shown + html_list([clean(basis)]))
