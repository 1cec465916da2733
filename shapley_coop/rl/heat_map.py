"""Where credit went by seat, turn and token, drawn in a terminal."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.table import Table
from rich.text import Text

_MOST_COLUMNS = 6
# What a column takes beside its figures, and what the names of seats or turns are left.
_BORDER = 3
_NAME_WIDTH = 12
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


def credit_heat_map(turns: Sequence[CreditedTurn], *, adds_up: bool = True) -> Group:
    """Return a table of seats by turns and the shaded transcript, to print with rich.

    Red loses, blue gains. Each of the two scales ends at its own largest absolute credit. Speech
    is data: markup in it is shown, and control characters are replaced.

    Args:
        turns: what each turn earned.
        adds_up: whether credits of turns sum to something, so that a column of sums is shown.
    """
    if not turns:
        return Group(Text("no credit to show"))
    return Group(_CreditTable(turns, adds_up), *_transcript(turns))


@dataclass(frozen=True, slots=True)
class _CreditTable:
    """Seats by turns, cut into as many tables as whole figures need."""

    turns: Sequence[CreditedTurn]
    adds_up: bool

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        """Yield one table, or several of some seats each where the terminal is too narrow."""
        # In the order of first appearance, which a set would lose.
        seats = list(dict.fromkeys(turn.seat for turn in self.turns))
        cells = self._cells(seats)
        figures = [len(cell.plain) for column in cells.values() for cell in column]
        room = options.max_width - _NAME_WIDTH
        most = max(room // (max(figures) + _BORDER), 1)
        if len(cells) <= min(most, _MOST_COLUMNS + self.adds_up):
            yield _table_by_seat(seats, cells, max(figures))
            return
        # Long episodes go down the page, one line a turn.
        for first in range(0, len(seats), most):
            part = slice(first, first + most)
            some = {name: column[part] for name, column in cells.items()}
            yield _table_by_turn(seats[part], some, max(figures))

    def _cells(self, seats: Sequence[str]) -> Cells:
        """Return a column of cells for each turn, one cell a seat, and one for the sums."""
        totals: dict[tuple[str, int], float] = {}
        for turn in self.turns:
            place = (turn.seat, turn.turn)
            totals[place] = totals.get(place, 0.0) + turn.credit
        top = _largest(totals.values())
        cells = {}
        # Turns may be missing, such as those of seats that were out of the game.
        for time in sorted({turn.turn for turn in self.turns}):
            credits_ = [totals.get((seat, time)) for seat in seats]
            cells[f"turn {time}"] = [_cell(credit, top) for credit in credits_]
        if self.adds_up:
            sums = dict.fromkeys(seats, 0.0)
            for (seat, _), credit in totals.items():
                sums[seat] += credit
            cells["sum"] = [Text(_figure(total)) for total in sums.values()]
        return cells


def _table_by_seat(seats: Sequence[str], cells: Cells, figure: int) -> Table:
    """Return a row for each seat, and a column for each turn."""
    table = _empty_table("seat", cells, figure)
    for number, seat in enumerate(seats):
        row = [column[number] for column in cells.values()]
        table.add_row(_plain(seat), *row)
    return table


def _table_by_turn(seats: Sequence[str], cells: Cells, figure: int) -> Table:
    """Return a row for each turn, and a column for each seat."""
    names = [_plain(seat) for seat in seats]
    table = _empty_table("turn", names, figure)
    for name, row in cells.items():
        short = name.removeprefix("turn ")
        table.add_row(short, *row)
    return table


def _empty_table(first: str, columns: Iterable[str | Text], figure: int) -> Table:
    table = Table(
        title="Credit by seat and turn",
        title_justify="left",
    )
    table.add_column(first, overflow="fold")
    for column in columns:
        table.add_column(
            column,
            justify="right",
            overflow="fold",
            # Names may be folded, but a broken number is another one.
            min_width=figure,
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
