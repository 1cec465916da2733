"""The report at the terminal, readable without colour, on light and dark, from 60 columns up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from shapley_coop.records import Episode
from shapley_coop.records.words import clean, number
from shapley_coop.runs.columns import COLUMNS, Cell, Column
from shapley_coop.runs.report import episode as episode_sentences
from shapley_coop.runs.report import sentences
from shapley_coop.runs.report.bars import NAME_WIDTH, bar, greatest, seat_bars
from shapley_coop.runs.report.content import Content
from shapley_coop.runs.report.glossary import Term
from shapley_coop.runs.report.rows import SeatRow
from shapley_coop.runs.report.sentences import Entry
from shapley_coop.runs.report.transcript.lines import FAULTS, PLAY, TalkLine

# With more seats than this, bars would take more room than the table that they repeat.
_MOST_BARS = 6
# What stands for a character where a stream takes no Unicode.
_ASCII = str.maketrans(
    {"━": "=", "╸": "-", "·": "-", "…": "...", "“": '"', "”": '"', "→": "->", "±": "+/-",
     "∅": "{}", "─": "-", "│": "|"}
)  # fmt: skip


def show(content: Content, console: Console) -> None:
    """Print the report. A stream that takes no Unicode gets its own characters."""
    put(console, _parts(content, console.width))
    put(console, [_folder(content)], soft_wrap=True)


def explain(sections: Iterable[tuple[str, Sequence[Term]]], console: Console) -> None:
    """Print the glossary of the report."""
    for section, terms in sections:
        put(console, [_section(section), _entries(terms)])


def put(
    console: Console, parts: Iterable[RenderableType], *, soft_wrap: bool = False
) -> None:
    """Print parts. A stream that takes no Unicode gets its own characters."""
    if not console.options.ascii_only:
        for part in parts:
            console.print(part, soft_wrap=soft_wrap)
        return
    stream = StringIO()
    plain = Console(file=stream, width=console.width, color_system=None)
    for part in parts:
        plain.print(part, soft_wrap=soft_wrap)
    text = stream.getvalue().translate(_ASCII)
    console.file.write(text.encode("ascii", "replace").decode())


def _parts(content: Content, width: int) -> Iterable[RenderableType]:
    """Yield the report from its title to its costs, part by part."""
    title = Text(sentences.title(content), "bold")
    yield Rule(title, align="left", style="dim")
    yield _entries(sentences.header(content))
    yield _section("Outcome")
    yield _entries(sentences.outcome(content))
    if content.rows:
        basis = sentences.credit_basis(content)
        yield _payoffs(content.rows, width)
        yield _section("Credit")
        yield _indented([basis], style="italic")
        yield _credit(content.rows, width)
        # Bars compare what was said with what was measured: without words there is nothing.
        if _has_words(content.rows) and len(content.rows) <= _MOST_BARS:
            yield seat_bars(content.rows, width)
    if content.episode is not None:
        yield from _episode(content.episode, content.dialogue)
    yield _section("Run")
    entries = [
        *sentences.faults(content),
        Entry("cost", sentences.costs(content)),
        *sentences.spending(content),
    ]
    yield _entries(entries)


def _folder(content: Content) -> Text:
    """Return the path on one line, however long, because it is there to be copied."""
    label = ("folder      ", "dim")
    return Text.assemble("  ", label, str(content.run.path))


def _has_words(rows: Iterable[SeatRow]) -> bool:
    """Return whether any seat claimed or agreed something."""
    for row in rows:
        claimed = row.cells["claimed"].value
        agreed = row.cells["agreed"].value
        if claimed is not None or agreed is not None:
            return True
    return False


def _episode(
    episode: Episode, dialogue: Sequence[TalkLine]
) -> Iterable[RenderableType]:
    yield _section(f"Episode {episode.index}, seed {episode.seed}")
    if episode.error:
        error = clean(episode.error)
        yield _indented([f"{episode.status}: {error}"], style="red")
    yield from talk(dialogue)
    for name, lines in episode_sentences.sections(episode):
        yield _heading(name)
        yield _indented(lines, 4)
    values = episode_sentences.coalitions(episode)
    if values:
        yield _heading("Coalition values")
        yield Padding(_entries(values, 2), (0, 0, 0, 2))


def _heading(text: str) -> Text:
    return Text(f"  {text}", "bold")


def _section(name: str) -> RenderableType:
    title = Text(name, "bold")
    rule = Rule(title, align="left", style="dim")
    return Padding(rule, (1, 0, 0, 0))


def _entries(entries: Sequence[tuple[str, str]], indent: int = 2) -> RenderableType:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim", min_width=10)
    grid.add_column(overflow="fold")
    for label, text in entries:
        grid.add_row(Text(label), Text(text))
    return Padding(grid, (0, 0, 0, indent))


def _indented(lines: Iterable[str], indent: int = 2, style: str = "") -> RenderableType:
    # Text and not markup: brackets in a seat's words must not turn into colours.
    grid = Table.grid()
    grid.add_column(overflow="fold")
    for line in lines:
        grid.add_row(Text(line, style))
    return Padding(grid, (0, 0, 0, indent))


def _figures_table(titles: Sequence[str]) -> Table:
    """Return an empty table of seats and their figures."""
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 0, 0, 1),
        header_style="dim",
        show_edge=False,
    )
    table.add_column("seat", overflow="fold")
    # Figures are never broken over two lines, unlike names.
    for title in titles:
        table.add_column(title, justify="right", no_wrap=True, overflow="fold")
    return table


def _payoffs(rows: Sequence[SeatRow], width: int) -> RenderableType:
    table = _figures_table(("game pays", "transfers", "final", ""))
    table.columns[-1].justify = "left"
    largest = greatest([row.settled for row in rows])
    # The other columns of a table of ordinary figures take some sixty cells.
    size = min(40, width - 60)
    for row in rows:
        settled = number(row.settled)
        if row.margin:
            settled += f" ±{number(row.margin)}"
        table.add_row(
            Text(row.name),
            Text(number(row.raw)),
            Text(number(row.transfers, sign=True)),
            Text(settled, "bold"),
            bar(row.settled, largest, size, "cyan"),
        )
    return Padding(table, (1, 0, 0, 1))


def _credit(rows: Sequence[SeatRow], width: int) -> RenderableType:
    """Return the credit table. Columns that do not fit stand in a second one below it."""
    names = min(NAME_WIDTH, max((cell_len(row.name) for row in rows), default=0))
    tables = []
    for columns in _columns_that_fit(rows, width - names - 2):
        table = _figures_table([column.narrow_title for column in columns])
        for row in rows:
            cells = [_cell(column, row.cells[column.name]) for column in columns]
            table.add_row(Text(row.name), *cells)
        tables.append(Padding(table, (1, 0, 0, 1)))
    return Group(*tables)


def _columns_that_fit(rows: Sequence[SeatRow], width: int) -> list[list[Column]]:
    """Return the columns in their order, cut into groups that fit beside the names."""
    groups: list[list[Column]] = [[]]
    free = width
    for column in COLUMNS:
        texts = column.narrow_title.splitlines()
        texts += [_cell(column, row.cells[column.name]).plain for row in rows]
        # Two blanks stand between columns.
        needed = 2 + max(cell_len(text) for text in texts)
        if needed > free and groups[-1]:
            groups.append([])
            free = width
        groups[-1].append(column)
        free -= needed
    return groups


def _cell(column: Column, cell: Cell) -> Text:
    # Without a blank, since columns are narrow here.
    text = column.text(cell, error_sign=" ±")
    # A "no" must be seen without reading the whole table.
    if column.format == "yes-no" and cell.value is not None:
        style = "green" if cell.value else "bold red"
    elif column.error is not None:
        style = "bold"
    else:
        style = ""
    return Text(text, style)


def talk(lines: Iterable[TalkLine], part: str = "") -> Iterable[RenderableType]:
    """Yield a transcript: who does what, what it says, and the terms below.

    Args:
        lines: the lines, in order.
        part: the heading that they go on under, if it was shown before.
    """
    for line in lines:
        if line.part != part:
            part = line.part
            yield _heading(part)
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=3, justify="right", style="dim")
        grid.add_column(overflow="fold")
        round_ = str(line.round or "")
        grid.add_row(Text(round_), _talk_text(line))
        yield Padding(grid, (0, 0, 0, 2))
        yield _indented(line.terms, 8, "cyan")


def _talk_text(line: TalkLine) -> Text:
    text = Text()
    if line.seat:
        fault = line.does in FAULTS
        text.append(f"{line.seat} ", "bold")
        text.append(line.does, "red" if fault else "dim")
    else:
        style = "" if line.part == PLAY else "green"
        text.append(line.does, style)
    if line.does in FAULTS and line.says:
        # What follows is the engine's reason, not words of the seat: no quotation marks.
        text.append(f": {line.says}", "dim")
    elif line.says:
        text.append(f"  “{line.says}”")
    return text
