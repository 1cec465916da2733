"""The report at the terminal, readable without colour, on light and dark, from 60 columns up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from textwrap import wrap

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from shapley_coop.records import Episode
from shapley_coop.records.words import clean
from shapley_coop.runs.report import episode as episode_sentences
from shapley_coop.runs.report import sentences
from shapley_coop.runs.report.bars import seat_bars
from shapley_coop.runs.report.comparison import Comparison
from shapley_coop.runs.report.content import Content
from shapley_coop.runs.report.glossary import Term
from shapley_coop.runs.report.notes import notes
from shapley_coop.runs.report.outcome import outcome
from shapley_coop.runs.report.rows import SeatRow
from shapley_coop.runs.report.sentences import Entry
from shapley_coop.runs.report.tables import (
    comparison_tables,
    credit_tables,
    payoffs_table,
)
from shapley_coop.runs.report.transcript.lines import FAULTS, PLAY, TalkLine

# What a rule keeps free of a title: a blank, and one character of the rule.
_RULE_MARGIN = 2
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
    for heading, terms in sections:
        put(console, [section(heading), _entries(terms)])


def show_comparison(comparison: Comparison, console: Console) -> None:
    """Print runs side by side."""
    tables = comparison_tables(comparison, console.width)
    put(console, [section("Side by side"), tables])
    if comparison.notes:
        put(console, [_below(comparison.notes)])


def show_next(commands: Iterable[tuple[str, str]], console: Console) -> None:
    """Print commands that may come next, each below what it is for."""
    put(console, [section("What next")])
    for purpose, command in commands:
        put(console, [_indented([f"{purpose}:"])])
        # A command stands on a line of its own, however long, since it is there to be copied.
        put(console, [Text(f"  {command}", "bold")], soft_wrap=True)


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
    yield Heading(sentences.title(content))
    yield _entries(sentences.header(content))
    yield section("Outcome")
    yield _entries(outcome(content))
    if content.rows:
        basis = sentences.credit_basis(content)
        yield payoffs_table(content.rows, width)
        yield section("Credit")
        yield _indented(_unbroken([basis], width - 2), style="italic")
        yield credit_tables(content.rows, width)
        yield _below(notes(content))
        # Bars compare what was said with what was measured: without words there is nothing.
        if _has_words(content.rows) and len(content.rows) <= _MOST_BARS:
            yield seat_bars(content.rows, width)
    if content.episode is not None:
        yield from _episode(content.episode, content.dialogue, width)
    yield section("Run")
    entries = [
        *sentences.faults(content),
        Entry("cost", sentences.costs(content)),
        *sentences.spending(content),
        *sentences.other_models(content),
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
    episode: Episode, dialogue: Sequence[TalkLine], width: int
) -> Iterable[RenderableType]:
    yield section(f"Episode {episode.index}, seed {episode.seed}")
    if episode.error:
        error = clean(episode.error)
        yield _indented([f"{episode.status}: {error}"], style="red")
    yield from talk(dialogue, width)
    for name, lines in episode_sentences.sections(episode):
        yield _heading(name)
        yield _indented(lines, 4)
    values = episode_sentences.coalitions(episode)
    if values:
        yield _heading("Coalition values")
        yield Padding(_entries(values, 2), (0, 0, 0, 2))


def _heading(text: str) -> Text:
    return Text(f"  {text}", "bold")


def _below(texts: Sequence[str]) -> RenderableType:
    """Return what is said under a table, with a blank line between."""
    return Padding(_indented(texts, style="italic"), (1, 0, 0, 0))


def section(name: str) -> RenderableType:
    """Return the heading of a section."""
    return Padding(Heading(name), (1, 0, 0, 0))


class Heading:
    """A bold title with a rule behind it. One that is too long goes on in further lines."""

    def __init__(self, title: str) -> None:
        self._title = Text(title, "bold")

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        # A rule cuts a title that it has no room for, and the end may tell it from others.
        room = max(1, options.max_width - _RULE_MARGIN)
        *lines, last = self._title.wrap(console, room)
        yield from lines
        yield Rule(last, align="left", style="dim")


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


def talk(
    lines: Iterable[TalkLine], width: int, part: str = ""
) -> Iterable[RenderableType]:
    """Yield a transcript: who does what, what it says, and the terms below.

    Args:
        lines: the lines, in order.
        width: how many cells there are.
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
        if line.terms:
            terms = _unbroken(line.terms, width - 8)
            yield _indented(terms, 8, "cyan")


def _unbroken(texts: Iterable[str], width: int) -> Iterator[str]:
    """Yield lines of a width in which each value stands beside what it is the value of."""
    for text in texts:
        # No blank, so that the line is not broken there.
        joined = text.replace(" = ", "\x1f=\x1f")
        for line in wrap(joined, width, break_on_hyphens=False):
            yield line.replace("\x1f", " ")


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
