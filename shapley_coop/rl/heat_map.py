"""Where credit went by seat, turn and token, drawn in a terminal; knows nothing of methods."""

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
class TurnCredit:
    """Credit of one turn of one seat, with that of its tokens."""

    seat: str
    turn: int
    credit: float
    tokens: Sequence[tuple[str, float]] = ()
    """Text and credit of each token."""


def credit_heat_map(turns: Sequence[TurnCredit]) -> Group:
    """Return a table of seats by turns and the shaded transcript, to print with rich.

    Red loses, blue gains; each of the two scales ends at its own largest absolute credit. Speech
    is data: markup in it is shown, control characters are replaced.
    """
    if not turns:
        return Group(Text("no credit to show"))
    return Group(_table(turns), *_transcript(turns))


def _table(turns: Sequence[TurnCredit]) -> Table:
    seats = list(dict.fromkeys(t.seat for t in turns))
    times = sorted({t.turn for t in turns})
    totals: dict[tuple[str, int], float] = {}
    for t in turns:
        totals[t.seat, t.turn] = totals.get((t.seat, t.turn), 0.0) + t.credit
    top = _largest(totals.values())
    table = Table(title="Credit by seat and turn", title_justify="left")
    by_time = {
        f"turn {time}": [_cell(totals.get((seat, time)), top) for seat in seats]
        for time in times
    }
    sums = [sum(c for (s, _), c in totals.items() if s == seat) for seat in seats]
    by_time["sum"] = [Text(_figure(total)) for total in sums]
    if len(times) > _MOST_COLUMNS:  # long episodes go down the page, one line a turn
        table.add_column("turn")
        for seat in seats:
            table.add_column(_plain(seat), justify="right", overflow="fold")
        for name, cells in by_time.items():
            table.add_row(name.removeprefix("turn "), *cells)
        return table
    table.add_column("seat")
    for name in by_time:
        table.add_column(name, justify="right", overflow="fold")
    for place, seat in enumerate(seats):
        table.add_row(_plain(seat), *(cells[place] for cells in by_time.values()))
    return table


def _transcript(turns: Sequence[TurnCredit]) -> list[Text]:
    top = _largest(c for t in turns for _, c in t.tokens)
    lines = []
    for t in sorted(turns, key=lambda t: t.turn):
        if not t.tokens:
            continue
        line = Text.assemble(
            f"turn {t.turn} ", _plain(t.seat), f" {_figure(t.credit)}  "
        )
        for word, credit in t.tokens:
            line.append(_plain(word).plain, style=_shade(credit, top))
        lines.append(line)
    return lines


def _cell(credit: float | None, top: float) -> Text:
    return (
        Text("") if credit is None else Text(_figure(credit), style=_shade(credit, top))
    )


def _figure(credit: float) -> str:
    return f"{credit:+.3f}" if abs(credit) < _LARGE else f"{credit:+.3g}"


def _largest(values: Iterable[float]) -> float:
    """Return the largest absolute credit that is a number; 0 without one."""
    return max((abs(c) for c in values if math.isfinite(c)), default=0.0)


def _shade(credit: float, top: float) -> str:
    """Background between black (0) and full blue or red (the largest absolute credit)."""
    shaded = top > 0 and math.isfinite(credit)
    depth = round(_STRONGEST * abs(credit) / top) if shaded else 0
    if not depth:
        return ""
    return f"on #{0 if credit > 0 else depth:02x}00{depth if credit > 0 else 0:02x}"


def _plain(text: str) -> Text:
    return Text(
        "".join(
            c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text
        )
    )
