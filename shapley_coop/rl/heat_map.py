"""Where credit went by seat, turn and token, drawn in a terminal."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Group
from rich.table import Table
from rich.text import Text

_MOST_COLUMNS = 6
_LARGE = 1e6
_STRONGEST = 160  # brightness of the deepest shade: text stays readable on it


@dataclass(frozen=True, slots=True)
class CreditedTurn:
    """Credit of one turn of one seat, with that of its tokens."""

    seat: str
    turn: int
    credit: float
    tokens: Sequence[tuple[str, float]] = ()
    """Text and credit of each token."""


def credit_heat_map(turns: Sequence[CreditedTurn]) -> Group:
    """Return a table of seats by turns and the shaded transcript, to print with rich.

    Red loses, blue gains. Each of the two scales ends at its own largest absolute credit. Speech
    is data: markup in it is shown, and control characters are replaced.
    """
    if not turns:
        return Group(Text("no credit to show"))
    return Group(_table(turns), *_transcript(turns))


def _table(turns: Sequence[CreditedTurn]) -> Table:
    # In the order of first appearance, which a set would lose.
    seats = list(dict.fromkeys(turn.seat for turn in turns))
    # Turns may be missing, such as those of seats that were out of the game.
    times = sorted({turn.turn for turn in turns})
    totals: dict[tuple[str, int], float] = {}
    for turn in turns:
        place = (turn.seat, turn.turn)
        totals[place] = totals.get(place, 0.0) + turn.credit
    top = _largest(totals.values())

    # A column of cells for each turn, one cell a seat, and one column for the sums.
    cells = {}
    for time in times:
        credits_ = [totals.get((seat, time)) for seat in seats]
        cells[f"turn {time}"] = [_cell(credit, top) for credit in credits_]
    sums = []
    for seat in seats:
        total = sum(credit for (who, _), credit in totals.items() if who == seat)
        sums.append(Text(_figure(total)))
    cells["sum"] = sums

    table = Table(title="Credit by seat and turn", title_justify="left")
    if len(times) > _MOST_COLUMNS:
        # Long episodes go down the page, one line a turn.
        table.add_column("turn")
        for seat in seats:
            table.add_column(_plain(seat), justify="right", overflow="fold")
        for name, column in cells.items():
            table.add_row(name.removeprefix("turn "), *column)
        return table
    table.add_column("seat")
    for name in cells:
        table.add_column(name, justify="right", overflow="fold")
    for number, seat in enumerate(seats):
        row = [column[number] for column in cells.values()]
        table.add_row(_plain(seat), *row)
    return table


def _transcript(turns: Sequence[CreditedTurn]) -> list[Text]:
    top = _largest(credit for turn in turns for _, credit in turn.tokens)
    lines = []
    for turn in sorted(turns, key=lambda turn: turn.turn):
        if not turn.tokens:
            continue
        credit_of_turn = f" {_figure(turn.credit)}  "
        line = Text.assemble(f"turn {turn.turn} ", _plain(turn.seat), credit_of_turn)
        for word, credit in turn.tokens:
            line.append(_plain(word).plain, style=_shade(credit, top))
        lines.append(line)
    return lines


def _cell(credit: float | None, top: float) -> Text:
    if credit is None:
        return Text("")
    return Text(_figure(credit), style=_shade(credit, top))


def _figure(credit: float) -> str:
    if abs(credit) < _LARGE:
        return f"{credit:+.3f}"
    return f"{credit:+.3g}"


def _largest(values: Iterable[float]) -> float:
    """Return the largest absolute credit that is a number, or 0 without one."""
    sizes = [abs(value) for value in values if math.isfinite(value)]
    return max(sizes, default=0.0)


def _shade(credit: float, top: float) -> str:
    """Return a background between black (0) and full blue or red (the largest credit)."""
    # Nothing can be compared with a number that is none.
    if top <= 0 or not math.isfinite(credit):
        return ""
    depth = round(_STRONGEST * abs(credit) / top)
    if not depth:
        return ""
    if credit > 0:
        # Blue for gains and red for losses, which most colour-blind people tell apart.
        return f"on #0000{depth:02x}"
    return f"on #{depth:02x}0000"


def _plain(text: str) -> Text:
    """Return text in which only what can be printed is left."""
    characters = [_printable(character) for character in text]
    return Text("".join(characters))


def _printable(character: str) -> str:
    # An escape sequence in speech could move the cursor or fake output.
    if character.isprintable():
        return character
    if character.isspace():
        return " "
    return "\ufffd"
