"""Tables of studies: figures with intervals and counts, differences, and what settings differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from rich import box
from rich.console import Console, JustifyMethod
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shapley_coop.records.words import (
    clean,
    number,
    percent,
    setting_text,
    short_names,
    word_list,
)
from shapley_coop.runs.intervals import Interval
from shapley_coop.runs.report.terminal import put, section
from shapley_coop.runs.statistics.comparing import CORRECTION, RunsComparison
from shapley_coop.runs.statistics.differences import Contrast
from shapley_coop.runs.statistics.estimates import SampleEstimate

MOST_WORD = 16
"""Characters of a word that a column of figures keeps in one piece."""
MOST_NAME = 30
"""The same of the first column, in which settings and agents are named."""
GAP = 2
"""Characters between two columns."""
MARGIN = 2
"""Characters of a line that no column of a table has."""

# A figure is one word with its unit, or with the star that marks it.
_WORD = re.compile(r"\S+(?: (?:%|\*|pairs)(?!\S))?")


class StudyTable(NamedTuple):
    """A table of figures under a heading, with sentences below it."""

    title: str
    header: tuple[str, ...]
    """What stands above the columns. The first of them hold names."""
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    labels: int = 1
    """How many columns tell rows apart, and stand in every part of a table that is divided."""


def show_tables(tables: Iterable[StudyTable], console: Console) -> None:
    """Print tables below each other. Columns for which there is no room follow in further parts."""
    for table in tables:
        parts = [section(table.title)]
        if table.rows:
            for columns in column_groups(table, console.width - MARGIN):
                grid = _grid(table, columns, console.width - MARGIN)
                parts.append(Padding(grid, (0, 0, 0, 1)))
        for note in table.notes:
            text = Text(note, "italic")
            parts.append(Padding(text, (0, 0, 0, 2)))
        put(console, parts)


def column_groups(table: StudyTable, width: int) -> list[list[int]]:
    """Return which columns stand beside each other, those that tell rows apart in every group.

    Words are kept in one piece, up to `MOST_WORD` characters of them, or `MOST_NAME` in the first.
    """
    words = _word_widths(table)
    labels = list(range(table.labels))
    of_labels = sum(words[column] + GAP for column in labels)
    groups: list[list[int]] = [[*labels]]
    used = of_labels
    for columns in _inseparable(table):
        needed = sum(words[column] + GAP for column in columns)
        if len(groups[-1]) > table.labels and used + needed > width:
            groups.append([*labels])
            used = of_labels
        groups[-1] += columns
        used += needed
    return groups


def _inseparable(table: StudyTable) -> list[list[int]]:
    """Return the columns of figures, with those together that mean nothing apart.

    A head that stands in a table several times says something only beside the head before it.
    """
    units: list[list[int]] = []
    for column in range(table.labels, len(table.header)):
        if units and table.header.count(table.header[column]) > 1:
            units[-1].append(column)
        else:
            units.append([column])
    return units


def _grid(table: StudyTable, columns: Sequence[int], width: int) -> Table:
    grid = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        header_style="dim",
        show_edge=False,
    )
    for column, room in zip(
        columns, _column_widths(table, columns, width), strict=True
    ):
        cells = [row[column] for row in table.rows]
        is_text = column < table.labels or _holds_text(cells)
        side: JustifyMethod = "left" if is_text else "right"
        title = table.header[column]
        grid.add_column(title, overflow="fold", justify=side, width=room)
    for row in table.rows:
        grid.add_row(*(Text(row[column]) for column in columns))
    return grid


def _holds_text(cells: Iterable[str]) -> bool:
    """Return whether a column holds names and sentences, which stand to the left, or figures."""
    return all(cell[:1].isalpha() for cell in cells)


def _column_widths(
    table: StudyTable, columns: Sequence[int], width: int
) -> list[int | None]:
    """Return how wide columns are, or None for each if all have the room that they want."""
    words = _word_widths(table)
    wanted = [max(len(cell) for cell in _cells(table, column)) for column in columns]
    spare = width - sum(words[column] + GAP for column in columns)
    if sum(wanted) + GAP * len(wanted) <= width or spare < 0:
        return [None] * len(columns)
    widths = [words[column] for column in columns]
    # What is to spare goes to the first columns that have a use for it, but a long first one must
    # not leave the others with a word a line.
    short = [min(wanted[0], MOST_NAME), *wanted[1:]]
    for limits in (short, wanted):
        for place, most in enumerate(limits):
            more = max(0, min(spare, most - widths[place]))
            spare -= more
            widths[place] += more
    return [*widths]


def _word_widths(table: StudyTable) -> list[int]:
    """Return the length of the longest word in each column, as far as it is kept in one piece."""
    widths = []
    for column in range(len(table.header)):
        words = _WORD.findall(" ".join(_cells(table, column)))
        longest = max((len(word) for word in words), default=1)
        widths.append(min(longest, MOST_WORD if column else MOST_NAME))
    return widths


def _cells(table: StudyTable, column: int) -> list[str]:
    return [table.header[column], *(row[column] for row in table.rows)]


def estimate_text(figure: SampleEstimate) -> str:
    """Return a figure with its interval, such as `4.50 [4.21, 4.80]`."""
    return number(figure.value) + interval_text(figure.interval)


def share_text(value: float | None, interval: Interval | None) -> str:
    """Return a share with its interval in percent, such as `25 % [8.66, 49.1]`."""
    if value is None or interval is None:
        return percent(value)
    # The unit stands once, since columns are narrow.
    low, high = (percent(end).removesuffix(" %") for end in interval)
    return f"{percent(value)} [{low}, {high}]"


def interval_text(interval: Interval | None, *, sign: bool = False) -> str:
    """Return an interval as it stands behind its figure, an empty text where there is none."""
    if interval is None:
        return ""
    low, high = (number(end, sign=sign) for end in interval)
    return f" [{low}, {high}]"


def comparison_tables(
    comparison: RunsComparison, names: Sequence[str]
) -> list[StudyTable]:
    """Return what differs between runs, as tables.

    Args:
        comparison: what differs.
        names: what the runs are called, in their order.
    """
    heads = column_heads(names)
    tables = [_settings_table(comparison, heads)]
    for place, gaps in enumerate(comparison.differences, start=1):
        title = f"What differs in the outcome: {names[place]} against {names[0]}"
        own = (heads[0], heads[place])
        tables.append(_outcome_table(comparison, place, gaps, title, own))
    return tables


def column_heads(names: Sequence[str]) -> list[str]:
    """Return names whose words are kept in one piece above a column, all different ones apart."""
    words = [word for name in names for word in name.split()]
    shown = short_names(words, MOST_WORD)
    return [" ".join(shown[word] for word in name.split()) for name in names]


def _settings_table(comparison: RunsComparison, heads: Sequence[str]) -> StudyTable:
    title = "What differs in the configuration"
    if not comparison.settings:
        return StudyTable(title, (), (), ("Nothing.",))
    rows = []
    for row in comparison.settings:
        cells = [_setting(value) for value in row.values]
        rows.append((clean(row.field, 80), *cells))
    return StudyTable(title, ("setting", *heads), tuple(rows))


def _setting(value: object) -> str:
    return "-" if value is None else clean(setting_text(value), 80)


def _outcome_table(
    comparison: RunsComparison,
    place: int,
    gaps: dict[str, Contrast],
    title: str,
    heads: tuple[str, str],
) -> StudyTable:
    """Return how one run differs from the first, each under its own head."""
    rows = []
    alike = []
    for name, gap in gaps.items():
        if gap.value is None:
            continue
        label = name.replace("_", " ")
        # A row of zeros for each measure would hide those that differ.
        if gap.value == 0 and gap.interval is None:
            alike.append(f"{label} {number(gap.first)}")
            continue
        change = number(gap.value, sign=True) + interval_text(gap.interval, sign=True)
        cells = (number(gap.first), number(gap.second), change)
        rows.append((label, *cells, _count(gap), _chance(gap)))
    notes = []
    if alike:
        notes.append(f"The same in both: {word_list(alike)}.")
    if _leaves_out(comparison, place, gaps):
        notes.append(
            "Means of pairs are over the seeds at which both runs have a value. Other plays are "
            "left out of them."
        )
    if any(gap.p is not None for gap in gaps.values()):
        notes.append(CORRECTION)
    else:
        notes.append(
            "Too few plays, or none with chance in them, to test a difference."
        )
    header = ("measure", *heads, "difference [95 %]", "n", "p")
    return StudyTable(title, header, tuple(rows), tuple(notes))


def _leaves_out(
    comparison: RunsComparison, place: int, gaps: Mapping[str, Contrast]
) -> bool:
    """Return whether some pairs are fewer than the values of either run."""
    both = (comparison.estimates[0], comparison.estimates[place])
    for name, gap in gaps.items():
        if gap.paired and any(own[name].n > gap.n for own in both):
            return True
    return False


def _count(gap: Contrast) -> str:
    if gap.paired:
        return f"{gap.n:,} pairs"
    return "+".join(f"{count:,}" for count in gap.counts)


def _chance(gap: Contrast) -> str:
    if gap.p_holm is None:
        return "-"
    mark = " *" if gap.is_significant else ""
    return f"{gap.p_holm:.2g}{mark}"
