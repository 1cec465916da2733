"""What recorded contracts came to: settlements, stability, promises and cooperation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import Any, NamedTuple

from shapley_coop.records import Seat
from shapley_coop.records.words import every_digit, percent
from shapley_coop.runs.intervals import clopper_pearson
from shapley_coop.teams.imports.bounds import refuse
from shapley_coop.teams.imports.contracts import ContractPlay, Design
from shapley_coop.teams.imports.port import Fact, FigureTable

ROUNDING = 1e-6
"""By how much a payoff may miss the log's: money is counted in millionths here."""
MOST_MISSES = 20
"""Settlements that are not the log's, up to which each is named."""

MOST_CHECKS = 3_000_000
"""Clauses up to which a log is checked, which takes half a minute: each counts once for every
profile of the game that it is judged in, and once for every play that it is settled in."""
CHECKS_OF_DESIGN, CHECKS_OF_PLAY = 100, 10
"""What judging a contract and settling a play cost beside their clauses."""


class ActionShare(NamedTuple):
    """How many of some actions were of one kind."""

    hits: int
    n: int

    @property
    def share(self) -> float | None:
        """The part of them, or None of nothing."""
        return self.hits / self.n if self.n else None

    def as_json(self) -> dict[str, Any]:
        """Return the share with its n and its 95 % interval (Clopper and Pearson)."""
        interval = list(clopper_pearson(self.hits, self.n)) if self.n else None
        return {"share": self.share, "n": self.n, "interval": interval}

    def text(self) -> str:
        """Return the share and its n for a reader."""
        return f"{percent(self.share)} (n {self.n:,})"


def share_of(kinds: Iterable[bool]) -> ActionShare:
    """Return how many of some actions were of the kind that is asked for."""
    known = list(kinds)
    return ActionShare(sum(known), len(known))


class SettlementMiss(NamedTuple):
    """A payoff that the log states and that its own rules do not give."""

    place: str
    seat: Seat
    stated: float
    computed: float

    @property
    def text(self) -> str:
        """Say what differs."""
        return (
            f"{self.place}: {self.seat} has {every_digit(self.stated)}, and the rules give "
            f"{every_digit(self.computed)}"
        )


@dataclass(frozen=True)
class ContractAudit:
    """Contracts that were written and signed, and the plays under them."""

    designs: Sequence[Design]
    """Every contract that somebody wrote, signed or not."""
    plays: Sequence[ContractPlay]
    facts: frozenset[Fact] = frozenset({"rules"})

    @property
    def signed_plays(self) -> list[ContractPlay]:
        """The plays whose contract everybody signed."""
        return [play for play in self.plays if play.signed]

    @cached_property
    def misses(self) -> list[SettlementMiss]:
        """The first payoff of each play that is not what the rules and the contract give."""
        misses = []
        for play in self.plays:
            for seat, computed in play.settle().items():
                stated = play.payoffs[seat]
                if abs(stated - computed) > ROUNDING:
                    misses.append(SettlementMiss(play.place, seat, stated, computed))
                    break
        return misses

    def nash_stable(self) -> dict[str, float]:
        """Return by author the share of contracts that make cooperation an equilibrium.

        It is the mean over games of the share within each, so that every game counts once.
        """
        return self._shares([design.stable for design in self.designs])

    def weakly_dominant(self) -> dict[str, float]:
        """Return by author the share of contracts that make cooperation weakly dominant."""
        return self._shares([design.weakly_dominant for design in self.designs])

    def _shares(self, marks: Sequence[bool]) -> dict[str, float]:
        """Return by author the mean over games of the share of marked contracts."""
        games: dict[str, dict[str, list[bool]]] = {}
        for design, mark in zip(self.designs, marks, strict=True):
            of_author = games.setdefault(design.author, {})
            of_author.setdefault(design.game.name, []).append(mark)
        return {
            author: fmean(fmean(marked) for marked in of_author.values())
            for author, of_author in sorted(games.items())
        }

    def cooperation(self, *, contract: bool, stable: bool) -> ActionShare:
        """Return how many actions were cooperative under contracts of one kind."""
        cooperative = []
        for play in self.plays:
            if play.signed is contract and play.design.stable is stable:
                aims = play.design.game.cooperation
                cooperative += [play.actions[seat] == aims[seat] for seat in aims]
        return share_of(cooperative)

    @cached_property
    def promises(self) -> dict[str, ActionShare]:
        """How many promises each player kept in signed contracts."""
        kept: dict[str, list[bool]] = {}
        for play in self.signed_plays:
            promises = play.design.promises
            for seat, action in play.actions.items():
                if promises:
                    kept.setdefault(play.players[seat], []).append(action in promises)
        return {player: share_of(marks) for player, marks in sorted(kept.items())}

    @property
    def all_promises(self) -> ActionShare:
        """How many promises were kept by all players together."""
        shares = self.promises.values()
        return ActionShare(
            sum(share.hits for share in shares), sum(share.n for share in shares)
        )

    def as_json(self) -> dict[str, Any]:
        """Return counts, stability by model, cooperation, promises, and every signed deal."""
        cooperation = {}
        for word, signed in (("signed", True), ("unsigned", False)):
            cooperation[word] = {
                "stable": self.cooperation(contract=signed, stable=True).as_json(),
                "unstable": self.cooperation(contract=signed, stable=False).as_json(),
            }
        kept = self.all_promises
        return {
            "contracts": len(self.signed_plays),
            "settlements": len(self.plays),
            "settlements_equal": len(self.plays) - len(self.misses),
            "misses": [miss._asdict() for miss in self.misses[:MOST_MISSES]],
            "designs": len(self.designs),
            "nash_stable": self.nash_stable(),
            "weakly_dominant": self.weakly_dominant(),
            "cooperation": cooperation,
            "promises": {"kept": kept.hits, "broken": kept.n - kept.hits},
            "deals": self._deals(),
        }

    def _deals(self) -> list[dict[str, Any]]:
        """Return every contract that was signed, with what it stands up to."""
        # The same contract may be written twice, so designs are told apart by who they are.
        plays = Counter(id(play.design) for play in self.signed_plays)
        return [
            {**design.as_json(), "plays": plays[id(design)]}
            for design in self.designs
            if plays[id(design)]
        ]

    def tables(self) -> list[FigureTable]:
        """Return stability and kept promises by model, and cooperation by kind of contract."""
        models = []
        dominant = self.weakly_dominant()
        written = Counter(design.author for design in self.designs)
        for author, stable in self.nash_stable().items():
            shares = percent(stable), percent(dominant[author])
            kept = self.promises.get(author, ActionShare(0, 0))
            models.append((author, *shares, str(written[author]), kept.text()))
        cooperation = []
        for word, signed in (("signed", True), ("not signed", False)):
            stable_share = self.cooperation(contract=signed, stable=True)
            unstable_share = self.cooperation(contract=signed, stable=False)
            cooperation.append((word, stable_share.text(), unstable_share.text()))
        return [
            FigureTable(
                "contracts that make cooperation stable (a Nash equilibrium) or weakly dominant",
                ("model", "stable", "dominant", "n", "promises kept"),
                models,
            ),
            FigureTable(
                "share of cooperative actions",
                ("contract", "stable", "unstable"),
                cooperation,
            ),
        ]

    def sentences(self) -> list[str]:
        """Return how many contracts there are, and whether their settlements are right."""
        kept = self.all_promises
        lines = [
            f"{len(self.signed_plays):,} signed contracts in {len(self.plays):,} plays, "
            f"{len(self.designs):,} written",
            f"settlements equal to the log's: {len(self.plays) - len(self.misses):,} of "
            f"{len(self.plays):,}",
            f"promises kept: {kept.hits:,}, broken: {kept.n - kept.hits:,} (a promise is the "
            "action that a signed contract pays best)",
        ]
        return lines + [miss.text for miss in self.misses[:MOST_MISSES]]


def limit_cost(designs: Sequence[Design], plays: Sequence[ContractPlay]) -> None:
    """Refuse contracts and plays of which there are more than can be checked in half a minute.

    Raises:
        InputError: there are too many.
    """
    checks = 0
    for design in designs:
        profiles = len(design.game.form.table.units)
        checks += CHECKS_OF_DESIGN + profiles * (1 + design.most_clauses)
    checks += sum(CHECKS_OF_PLAY + play.design.most_clauses for play in plays)
    if checks > MOST_CHECKS:
        raise refuse(
            f"{len(designs):,} contracts and {len(plays):,} plays are more than can be checked "
            "at once; import a part"
        )
