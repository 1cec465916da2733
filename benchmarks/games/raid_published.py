"""The paper's published level-3 raid, and a play by the rules that has one log's own totals.

Shapley-Coop (arXiv 2506.07388), Table 6 (three runs of full Shapley-Coop) and the log of run 1
that its code ships. Table 6 gives hero 1 of run 1 996 damage; the log has 869.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from games.raid.game import Raid
from games.raid.rules import Battle
from shapley_coop.records import Seat, Step
from shapley_coop.studies.paper.published import ALLOCATIONS, CONTRIBUTIONS

HEROES: tuple[Seat, ...] = ("hero_0", "hero_1", "hero_2", "hero_3")
EXPECTED = ALLOCATIONS[3].expected
"""The percentages that the paper calls expected."""
LOGGED_DAMAGE = (869, 648, 714, 800)
"""Damage by hero in the log of run 1. 3031 against a boss of 3000."""
WHY_THEY_DIFFER = (
    "Score shares count what each hero did, as if one hero's points were worth as much without "
    "the others; replayed with one hero idle the battle is lost whoever it is, so every hero is "
    "equally indispensable and the exact Shapley value is a quarter each."
)

_F, _H, _T, _P = "fireball", "heal", "taunt", "pass"
_PLAY = (
    (_T, _F, _F, _F, _F, _F, _T, _F, _F),
    (_F, _T, _F, _F, _T, _F, _H, _H, _F),
    (_F, _F, _T, _F, _F, _T, _P, _F, _F),
    (_F, _F, _F, _T, _F, _F, _F, _T, _F),
)


def score_shares(scores: Mapping[Seat, float] | Sequence[float]) -> list[float]:
    """Return each score's percentage of their sum, in order.

    Raises:
        ZeroDivisionError: nobody scored.
    """
    values = list(scores.values() if isinstance(scores, Mapping) else scores)
    return [100 * value / sum(values) for value in values]


class PublishedRaid(Raid):
    """A level-3 raid whose dice give the heroes of `published_play` the logged damage.

    The order of the log's actions is not published; nine turns, two taunts a hero that draw blows
    and the totals of damage and healing are. What replay says depends on those alone: whoever is
    idle, the others' damage falls short of the boss's 3000 points.
    """

    def __init__(self) -> None:
        super().__init__(level=3, reward="difference")

    def begin(self) -> Battle:
        """Return the opening with every hero's logged points spread over its actions."""
        battle = super().begin()
        for hero, (line, total) in enumerate(zip(_PLAY, LOGGED_DAMAGE, strict=True)):
            _spread(battle.fireball[:, hero], total, line, _F)
            healed = int(CONTRIBUTIONS[3]["sc"][0, hero, 1])
            _spread(battle.heal[:, hero], healed, line, _H)
        return battle


def published_play(game: PublishedRaid) -> list[Step]:
    """Return the steps of the reconstructed battle of run 1."""
    game.start(0)
    return [
        game.apply(dict(zip(HEROES, actions, strict=True)))
        for actions in zip(*_PLAY, strict=True)
    ]


def _spread(
    dice: NDArray[np.int64], total: int, line: Sequence[str], action: str
) -> None:
    turns = [turn for turn, taken in enumerate(line) if taken == action]
    for number, turn in enumerate(turns):
        dice[turn] = total // len(turns) + (number < total % len(turns))
