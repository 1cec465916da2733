"""Where credit went by seat, turn and token, drawn in a terminal."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rich.console import Group
from rich.table import Table
from rich.text import Text

_MOST_COLUMNS = 6
_LARGE = 1e6
# Brightness of the deepest shade, on which text stays readable.
_STRONGEST = 160

Cells: TypeAlias = Mapping[str, Sequence[Text]]
"""A column of cells for each turn and for the sum, one cell a seat."""


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
    sums = dict.fromkeys(seats, 0.0)
    for (seat, _), credit in totals.items():
        sums[seat] += credit
    cells["sum"] = [Text(_figure(total)) for total in sums.values()]
    if len(times) > _MOST_COLUMNS:
        # Long episodes go down the page, one line a turn.
        return _table_by_turn(seats, cells)
    return _table_by_seat(seats, cells)


def _table_by_seat(seats: Sequence[str], cells: Cells) -> Table:
    """Return a row for each seat, and a column for each turn."""
    table = _empty_table("seat", cells)
    for number, seat in enumerate(seats):
        row = [column[number] for column in cells.values()]
        table.add_row(_plain(seat), *row)
    return table


def _table_by_turn(seats: Sequence[str], cells: Cells) -> Table:
    """Return a row for each turn, and a column for each seat."""
    names = [_plain(seat) for seat in seats]
    table = _empty_table("turn", names)
    for name, row in cells.items():
        short = name.removeprefix("turn ")
        table.add_row(short, *row)
    return table


def _empty_table(first: str, columns: Iterable[str | Text]) -> Table:
    table = Table(
        title="Credit by seat and turn",
        title_justify="left",
    )
    table.add_column(first)
    for column in columns:
        table.add_column(
            column,
            justify="right",
            overflow="fold",
        )
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
