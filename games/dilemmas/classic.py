"""The two-seat dilemmas that the field argues with, as payoff tables, one shot or iterated."""

from __future__ import annotations

from typing import ClassVar

from games.dilemmas.matrix import MatrixGame


class PrisonersDilemma(MatrixGame):
    """Defecting is better whatever the other does, and both defecting is worse than neither.

    Payoffs 5, 3, 1, 0 of Axelrod's tournaments (Axelrod & Hamilton, 1981).
    """

    name = "prisoners-dilemma"
    actions = ("cooperate", "defect")
    cooperative = "cooperate"
    payoffs = (
        ((3, 3), (0, 5)),
        ((5, 0), (1, 1)),
    )
    goal = "both-cooperate"
    outcome_profiles: ClassVar = {"both-cooperate": (("cooperate", "cooperate"),)}
    variants = ({"rounds": 10},)


class StagHunt(MatrixGame):
    """The stag takes two, and the hare is sure (after Rousseau, 1755)."""

    name = "stag-hunt"
    actions = ("stag", "hare")
    cooperative = "stag"
    payoffs = (
        ((4, 4), (0, 3)),
        ((3, 0), (3, 3)),
    )
    goal = "stag-caught"
    outcome_profiles: ClassVar = {"stag-caught": (("stag", "stag"),)}
    variants = ({"rounds": 5},)


class Chicken(MatrixGame):
    """Who yields loses face, but if nobody yields both crash (Rapoport & Chammah, 1966)."""

    name = "chicken"
    actions = ("yield", "go-on")
    cooperative = "yield"
    payoffs = (
        ((0, 0), (-1, 1)),
        ((1, -1), (-10, -10)),
    )
    goal = "no-crash"
    outcome_profiles: ClassVar = {
        "no-crash": (("yield", "yield"), ("yield", "go-on"), ("go-on", "yield")),
        "crash": (("go-on", "go-on"),),
    }
    variants = ({"rounds": 5},)


# Basu's own claims go from 2 to 100, which no prompt can list.
LOWEST, HIGHEST = 2, 10
CLAIMS = range(LOWEST, HIGHEST + 1)
BONUS = 2


def _claims(first: int, second: int) -> tuple[int, int]:
    """Return what two claims are paid: the lower one, and a bonus from the higher claimant."""
    lower = min(first, second)
    # Who claims less is rewarded for it at the other's expense.
    if first == second:
        return lower, lower
    if first < second:
        return lower + BONUS, lower - BONUS
    return lower - BONUS, lower + BONUS


def _all_claims() -> tuple[tuple[tuple[int, int], ...], ...]:
    def row(first: int) -> tuple[tuple[int, int], ...]:
        return tuple(_claims(first, second) for second in CLAIMS)

    return tuple(map(row, CLAIMS))


class TravellersDilemma(MatrixGame):
    """Both of two claims are paid the lower one, and its claimant gets a bonus of 2 for it.

    Undercutting by one always pays, down to the lowest claim (Basu, 1994, on a shorter scale: a
    table of his 99 claims has 9801 cells).
    """

    name = "travellers-dilemma"
    actions = tuple(f"claim-{amount}" for amount in CLAIMS)
    payoffs = _all_claims()
    variants = ({"rounds": 3},)
