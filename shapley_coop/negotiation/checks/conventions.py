"""What a coalition could make by itself, by what it expects of the others, in small games."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shapley_coop.credit.worth.shapes import value_once
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import CoalitionWorth, history_of
from shapley_coop.negotiation.checks.histories import History, histories
from shapley_coop.negotiation.procedure import raw_rewards
from shapley_coop.records import Coalition, Seat, Step

MOST_HISTORIES = 20_000
"""Histories of a game up to which coalitions are valued by going through them."""
MOST_VISITS = 1_000_000
"""Visits to histories that the values of all coalitions may take."""


def pessimistic(
    game: Game, seed: int, most: int = MOST_HISTORIES
) -> CoalitionWorth | None:
    """Return what each coalition can be sure of, however the others reply, with v(∅) = 0.

    This is the alpha characteristic function (Aumann & Peleg, 1960) in pure strategies: in every
    step the members choose so that the sum of their own rewards is greatest after the worst reply
    of the others, who may know what was played before.

    Args:
        game: any instance of the game. It is left alone.
        seed: the seed of its dice, which everybody foresees.
        most: the number of histories beyond which the answer is None.
    """
    opening = histories(game, seed, _rewards, _affordable(game, most))
    if opening is None:
        return None
    return value_once(game.seats, lambda members: _sure(opening, members))


def others_continue(
    game: Game, seed: int, steps: Sequence[Step], most: int = MOST_HISTORIES
) -> CoalitionWorth | None:
    """Return what each coalition could have made with the others playing as they did, v(∅) = 0.

    Seats outside take their recorded actions. Where such an action is not legal, or the record is
    used up, they take the game's fallback.

    Args:
        game: any instance of the game. It is left alone.
        seed: the seed of the play.
        steps: the play.
        most: the number of histories beyond which the answer is None.
    """
    lines = history_of(game.seats, steps)
    # All together have the most histories, so they say whether these are too many.
    most = _affordable(game, most)
    if histories(game, seed, _rewards, most) is None:
        return None

    def value(members: Coalition) -> float:
        def choices(stage: Game, seat: Seat) -> Sequence[str]:
            if seat in members:
                return stage.legal(seat)
            return (stage.follow(seat, lines[seat], stage.clock),)

        opening = histories(game, seed, _rewards, most, choices)
        assert opening is not None
        return _sure(opening, members)

    return value_once(game.seats, value)


def _affordable(game: Game, most: int) -> int:
    """Return the histories that may be gone through once for each coalition."""
    return min(most, MOST_VISITS >> len(game.seats))


def _rewards(stage: Game, steps: Sequence[Step]) -> Mapping[Seat, float]:
    return raw_rewards(stage.seats, steps)


def _sure(history: History, members: Coalition) -> float:
    """Return what members can be sure of in sum at the end, from a history on."""
    if not history.acting:
        return sum(history.payoffs[seat] for seat in members)
    worst: dict[tuple[str, ...], float] = {}
    for joint, branch in history.branches.items():
        actions = zip(history.acting, joint, strict=True)
        own = tuple(action for seat, action in actions if seat in members)
        value = _sure(branch, members)
        worst[own] = min(value, worst.get(own, value))
    return max(worst.values())
