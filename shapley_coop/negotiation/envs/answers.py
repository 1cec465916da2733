"""What a seat of an environment chooses: a learner's number, or an agent's answer."""

from __future__ import annotations

from shapley_coop.errors import IllegalMove
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.mechanics import action_number
from shapley_coop.negotiation.table import Table
from shapley_coop.records import Seat
from shapley_coop.records.moves import AnyMove

Choice = int | AnyMove | str
"""What a seat chooses: a number of its action space, a move, or the name of an action."""


def legal_move(table: Table, seat: Seat, move: AnyMove) -> AnyMove | None:
    """Return a move of a seat, or None if the seat cannot make it now."""
    try:
        table.check(seat, move)
    except IllegalMove:
        return None
    return move


def action_name(game: Game, choice: Choice, offset: int) -> str | None:
    """Return the name of an action that is given by its name or its number, if there is one.

    Args:
        game: the game.
        choice: what a seat chose.
        offset: the number of the first action.
    """
    if isinstance(choice, str):
        return choice
    number = action_number(choice)
    # Lower actions are moves at a table, and none is open now.
    place = -1 if number is None else number - offset
    return game.actions[place] if 0 <= place < len(game.actions) else None
