"""Sums of unanimity games: every named team is worth its prize once all of it has joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from games.coalitional.base import CoalitionalGame, amounts
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import CoalitionWorth, seat_count
from shapley_coop.records import Facts


class Unanimity(CoalitionalGame):
    """v(S) is the sum of the prizes of the teams within S, as every game is (Shapley, 1953).

    φ_i = Σ prize / size over the teams of i. Prizes are not negative here, so that all joining is
    best. `teams` lists members by number. One team alone is a unanimity game.
    """

    name = "unanimity"
    variants: ClassVar = (
        {
            "seats": 5,
            "teams": [[0], [0, 1], [1, 2, 3]],
            "prizes": [2, 6, 9],
        },
    )

    def __init__(
        self,
        seats: int = 4,
        teams: Sequence[Sequence[int]] = ((0, 1, 2),),
        prizes: Sequence[float] = (12,),
        *,
        render_mode: str | None = None,
    ) -> None:
        count = seat_count(self.name, "seats", seats, 2)
        self.prizes = amounts(self.name, "prizes", prizes)
        # Prizes and teams go together by their order.
        self.teams = tuple(_team(team, count) for team in teams)
        if len(self.teams) != len(self.prizes):
            raise ConfigError(
                f"{self.name} needs a prize for each team: {len(self.teams)} teams, "
                f"{len(self.prizes)} prizes"
            )
        players = [f"player_{i}" for i in range(count)]
        super().__init__(players, render_mode=render_mode)

    def characteristic(self) -> CoalitionWorth:
        """Return the sum of prizes of the teams that are all in."""

        def values(members: NDArray[np.bool_]) -> NDArray[np.float64]:
            total = np.zeros(len(members))
            for team, prize in zip(self.teams, self.prizes, strict=True):
                complete = members[:, list(team)].all(axis=1)
                total += prize * complete
            return total

        return CoalitionWorth(self.roster, values)

    def rules(self) -> Facts:
        """Return every team and its prize."""
        teams = []
        for team, prize in zip(self.teams, self.prizes, strict=True):
            members = [self.roster[number] for number in team]
            teams.append({"members": members, "prize": prize})
        return {"teams": teams}


def _team(value: Any, count: int) -> tuple[int, ...]:
    # Any sequence of numbers may come from a configuration file.
    members = tuple(value) if isinstance(value, list | tuple) else ()
    whole_numbers = all(isinstance(member, int) for member in members)
    known = whole_numbers and set(members) <= set(range(count))
    repeats = known and len(set(members)) != len(members)
    if not members or not known or repeats:
        raise ConfigError(
            f"unanimity: team {value!r} is no list of different seats numbered 0 to {count - 1}"
        )
    return members
