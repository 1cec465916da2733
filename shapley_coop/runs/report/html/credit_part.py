"""The part of the page about credit: bars, contributions by size, the lattice, the core."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shapley_coop.credit.worth.kinds import sentence
from shapley_coop.records import Credit, Episode, Seat
from shapley_coop.records.words import clean, number
from shapley_coop.runs.columns import COLUMNS, Column
from shapley_coop.runs.report import sentences
from shapley_coop.runs.report.content import Content
from shapley_coop.runs.report.html import coalitions, pictures
from shapley_coop.runs.report.html.markup import element, figure, table, text
from shapley_coop.runs.report.notes import notes
from shapley_coop.runs.report.rows import SeatRow

_MOST_COLUMNS = 60
"""Columns of the picture of credit over time."""
_BARS = ("claimed", "agreed", "potential", "measured")


def credit_part(content: Content, episodes: Sequence[Episode]) -> str:
    """Return what every seat claimed, agreed on and was measured to contribute, with pictures."""
    if not content.rows:
        return ""
    parts = ["<h2>Credit</h2>", element("p", text(sentences.credit_basis(content)))]
    parts.append(bars_figure(content))
    parts.append(_column_table(content))
    parts += [element("p", text(note)) for note in notes(content)]
    parts += _worth_parts(content)
    parts += _over_time(episodes)
    return element("section", "".join(parts), id="credit")


def bars_figure(content: Content) -> str:
    """Return bars of what each seat claimed, agreed on and was worth, or nothing to show."""
    bars = _bar_rows(content)
    if not bars:
        return ""
    title = "What each seat claimed, agreed on and was worth, with 95 % intervals"
    rows = []
    for bar in bars:
        figures = map(number, (bar["value"], bar["low"], bar["high"]))
        rows.append([bar["seat"], bar["column"], *figures])
    numbers = table(title, ("seat", "column", "value", "low", "high"), rows)
    return figure(title, pictures.svg(pictures.credit_bars(bars)), numbers)


def _bar_rows(content: Content) -> list[dict[str, Any]]:
    rows = []
    for row in content.rows:
        for name in _BARS:
            cell = row.cells.get(name)
            if cell is None or cell.value is None:
                continue
            value = float(cell.value)
            low, high = cell.interval or (value, value)
            rows.append(
                {"seat": clean(row.name, 40), "column": name, "value": value,
                 "low": low, "high": high}
            )  # fmt: skip
    return rows


def _column_table(content: Content) -> str:
    known = [
        column
        for column in COLUMNS
        if any(row.cells[column.name].value is not None for row in content.rows)
    ]
    titles = ("seat", *(column.title for column in known))
    rows = [_credit_cells(row, known) for row in content.rows]
    return table("Credit of every seat", titles, rows)


def _credit_cells(row: SeatRow, columns: Sequence[Column]) -> list[str]:
    texts = [column.text(row.cells[column.name]) for column in columns]
    return [row.name, *texts]


def _worth_parts(content: Content) -> Iterator[str]:
    """Yield one panel for each worth that was computed, to switch between."""
    episode = content.episode
    if episode is None:
        return
    panels = dict(_credits_of(episode))
    if len(panels) > 1:
        options = "".join(
            f'<label><input type="radio" name="worth" value="{text(name)}"'
            f"{' checked' if place == 0 else ''}>{text(name)}</label>"
            for place, name in enumerate(panels)
        )
        yield (
            '<fieldset class="switch" id="worths"><legend>Worth of coalitions</legend>'
            f"{options}</fieldset>"
        )
    for place, (name, credit) in enumerate(panels.items()):
        hidden = {"hidden": "hidden"} if place else {}
        inner = "".join(_panel(name, credit, episode))
        yield element("div", inner, class_="worth", data_worth=name, **hidden)


def _credits_of(episode: Episode) -> Iterator[tuple[str, Credit]]:
    if episode.credit is not None:
        yield f"{episode.credit.method} on {episode.credit.worth}", episode.credit
    if episode.myerson is not None:
        yield f"{episode.myerson.method} among linked seats", episode.myerson


def _panel(name: str, credit: Credit, episode: Episode) -> Iterator[str]:
    seats = episode.seats
    yield element("h3", text(f"Episode {episode.index}: {name}"))
    yield element("p", text(_meaning(credit)))
    yield table(
        f"Values of episode {episode.index}, {name}",
        ("seat", "value", "standard error"),
        [
            [seat, number(value), number(credit.stderr.get(seat, 0.0))]
            for seat, value in credit.values.items()
        ],
    )
    values = coalitions.values_by_coalition(credit, seats)
    if values is None:
        return
    yield _size_figure(seats, values)
    if len(seats) <= coalitions.MOST_LATTICE:
        yield _lattice_figure(seats, values)
    if len(seats) == 3:
        yield _core_figure(seats, values, credit, episode)


def _meaning(credit: Credit) -> str:
    meaning = sentence(credit.worth)
    ends = f"v(nobody) = {number(credit.empty)}, v(everyone) = {number(credit.grand)}."
    return f"{meaning} {ends}"


def _size_figure(seats: Sequence[Seat], values: Mapping[frozenset[Seat], float]) -> str:
    rows = coalitions.contributions_by_size(seats, values)
    title = "What each seat adds to coalitions of other seats, by their number"
    drawn = pictures.svg(pictures.lines(rows, "others", "mean added value"))
    numbers = table(
        title,
        ("seat", "others", "mean added value"),
        [[row["seat"], row["others"], number(row["value"])] for row in rows],
    )
    return figure(title, drawn, numbers)


def _lattice_figure(
    seats: Sequence[Seat], values: Mapping[frozenset[Seat], float]
) -> str:
    nodes, links = coalitions.lattice(seats, values)
    keys = ", ".join(f"{i} is {clean(seat, 40)}" for i, seat in enumerate(seats))
    title = f"The value of every coalition; {keys}"
    numbers = table(
        title,
        ("coalition", "value"),
        [
            [coalitions.short_name(members, seats), number(value)]
            for members, value in values.items()
        ],
    )
    return figure(title, pictures.svg(pictures.network(nodes, links)), numbers)


def _core_figure(
    seats: Sequence[Seat],
    values: Mapping[frozenset[Seat], float],
    credit: Credit,
    episode: Episode,
) -> str:
    divisions = {"measured": credit.values, "held in the end": episode.payoffs}
    nodes, links, empty = coalitions.core_triangle(seats, values, divisions)
    state = "the core is empty" if empty else "with the core"
    title = f"Divisions of v(everyone) among three seats, {state}"
    rows = []
    for name, held in divisions.items():
        rows.append([name, *(number(held[seat]) for seat in seats)])
    numbers = table(title, ("division", *seats), rows)
    return figure(title, pictures.svg(pictures.network(nodes, links)), numbers)


def _over_time(episodes: Sequence[Episode]) -> list[str]:
    """Return measured credit over the episodes, if there are several."""
    # Many episodes share a cell of the picture, or it would be larger than all the talk.
    group = -(-len(episodes) // _MOST_COLUMNS)
    sums: dict[tuple[Seat, int], list[float]] = {}
    for episode in episodes:
        first = episode.index // group * group
        for seat, column in episode.columns.items():
            if column.measured is not None:
                sums.setdefault((seat, first), []).append(column.measured)
    if len({first for _, first in sums}) < 2:
        return []
    rows: list[dict[str, Any]] = []
    for (seat, first), values in sums.items():
        mean = sum(values) / len(values)
        rows.append({"seat": clean(seat, 40), "episode": first, "value": mean})
    title = "Measured credit over the episodes"
    if group > 1:
        title += f", means of {group} each"
    numbers = table(
        title,
        ("seat", "first episode", "measured"),
        [[row["seat"], row["episode"], number(row["value"])] for row in rows],
    )
    drawn = pictures.svg(pictures.heat(rows, "episode", "measured"))
    return [figure(title, drawn, numbers)]
