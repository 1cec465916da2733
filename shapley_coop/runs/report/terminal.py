"""The report at the terminal; readable without colour, on light and dark, from 60 columns up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from shapley_coop.records.words import clean, number
from shapley_coop.runs.report import sentences as wording
from shapley_coop.runs.report import standing
from shapley_coop.runs.report.content import PHASES, Content, Said, SeatRow
from shapley_coop.runs.report.sentences import TranscriptEntry

_BARRED = 6
_COLOURS = {"claimed": "magenta", "agreed": "cyan", "measured": "green"}
_ASCII = str.maketrans(
    {"━": "=", "╸": "-", "·": "-", "…": "...", "“": '"', "”": '"', "→": "->", "±": "+/-",
     "∅": "{}", "─": "-", "│": "|"}
)  # fmt: skip


def show(facts: Content, console: Console) -> None:
    """Print the report; where the stream takes no Unicode, in its own characters."""
    if console.options.ascii_only:
        plain = Console(file=StringIO(), width=console.width, color_system=None)
        for part in _parts(facts, plain.width):
            plain.print(part)
        plain.print(_folder(facts), soft_wrap=True)
        text = plain.file.getvalue() if isinstance(plain.file, StringIO) else ""
        console.file.write(text.translate(_ASCII).encode("ascii", "replace").decode())
        return
    for part in _parts(facts, console.width):
        console.print(part)
    console.print(_folder(facts), soft_wrap=True)


def _parts(facts: Content, width: int) -> Iterable[RenderableType]:
    yield Rule(Text(wording.title(facts), "bold"), align="left", style="dim")
    yield _entries(wording.header(facts))
    yield _section("Outcome")
    yield _entries(wording.outcome(facts))
    if facts.rows:
        yield _payoffs(facts.rows, width)
        yield _section("Credit")
        yield _indented([wording.credit_basis(facts)], style="italic")
        yield _credit(facts.rows)
        stated = any(
            row.claimed is not None or row.agreed is not None for row in facts.rows
        )
        if stated and len(facts.rows) <= _BARRED:
            yield _bars(facts.rows, width)
    if facts.episode is not None:
        yield from _episode(facts)
    yield _section("Run")
    entries = [*wording.faults(facts), TranscriptEntry("cost", wording.costs(facts))]
    entries += wording.spending(facts)
    yield _entries(entries)


def _folder(facts: Content) -> Text:
    """Return the path on one line, however long: it is there to be copied."""
    return Text.assemble("  ", ("folder      ", "dim"), str(facts.run.path))


def _episode(facts: Content) -> Iterable[RenderableType]:
    episode = facts.episode
    assert episode is not None
    yield _section(f"Episode {episode.index}, seed {episode.seed}")
    if episode.error:
        yield _indented([f"{episode.status}: {clean(episode.error)}"], style="red")
    before = [line for line in facts.dialogue if line.phase != "split"]
    yield from _talk(before)
    if episode.steps:
        yield Text(f"  {PHASES['play']}", "bold")
        yield _indented(wording.steps(episode), 4)
    yield from _talk([line for line in facts.dialogue if line.phase == "split"])
    for name, lines in (
        ("Contract", wording.contracts(episode)),
        ("Ledger", wording.ledger(episode)),
        *standing.sections(episode),
    ):
        yield Text(f"  {name}", "bold")
        yield _indented(lines, 4)
    if values := wording.coalitions(episode):
        yield Text("  Coalition values", "bold")
        yield Padding(_entries(values, 2), (0, 0, 0, 2))


def _section(name: str) -> RenderableType:
    return Padding(Rule(Text(name, "bold"), align="left", style="dim"), (1, 0, 0, 0))


def _entries(entries: Sequence[TranscriptEntry], indent: int = 2) -> RenderableType:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim", min_width=10)
    grid.add_column(overflow="fold")
    for entry in entries:
        grid.add_row(Text(entry.label), Text(entry.text))
    return Padding(grid, (0, 0, 0, indent))


def _indented(lines: Iterable[str], indent: int = 2, style: str = "") -> RenderableType:
    grid = Table.grid()
    grid.add_column(overflow="fold")
    for line in lines:
        grid.add_row(Text(line, style))
    return Padding(grid, (0, 0, 0, indent))


def _table(columns: Sequence[str]) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1), header_style="dim", show_edge=False
    )
    for place, name in enumerate(columns):
        table.add_column(
            name,
            justify="left" if place == 0 else "right",
            no_wrap=place > 0,
            overflow="fold",
        )
    return table


def _payoffs(rows: Sequence[SeatRow], width: int) -> RenderableType:
    table = _table(("seat", "game pays", "transfers", "settled", ""))
    table.columns[-1].justify = "left"
    most = max(
        (abs(row.settled) for row in rows if row.settled is not None), default=0.0
    )
    size = min(40, width - 60)
    for row in rows:
        moved = (
            None if row.raw is None or row.settled is None else row.settled - row.raw
        )
        table.add_row(
            Text(row.name),
            Text(number(row.raw)),
            Text(number(moved, sign=True)),
            Text(
                number(row.settled) + (f" ±{number(row.margin)}" if row.margin else ""),
                "bold",
            ),
            _bar(row.settled, most, size, "cyan"),
        )
    return Padding(table, (1, 0, 0, 1))


def _credit(rows: Sequence[SeatRow]) -> RenderableType:
    table = _table(
        (
            "seat",
            "claimed",
            "agreed",
            "measured",
            "final",
            "outside",
            "rational",
            "over-\nclaim",
        )
    )
    for row in rows:
        error = f" ±{number(row.stderr)}" if row.stderr else ""
        good = {
            True: Text("yes", "green"),
            False: Text("no", "bold red"),
            None: Text("-"),
        }
        table.add_row(
            Text(row.name),
            Text(number(row.claimed)),
            Text(number(row.agreed)),
            Text(number(row.measured) + error, "bold"),
            Text(number(row.final)),
            Text(number(row.outside)),
            good[row.rational],
            Text(number(row.overclaim, sign=True)),
        )
    return Padding(table, (1, 0, 0, 1))


def _bars(rows: Sequence[SeatRow], width: int) -> RenderableType:
    """Draw claimed, agreed and measured of each seat below each other on one scale."""
    values = [(row, name, getattr(row, name)) for row in rows for name in _COLOURS]
    most = max((abs(value) for _, _, value in values if value is not None), default=0.0)
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, max_width=24)
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(no_wrap=True)
    last = None
    for row, name, value in values:
        if value is None:
            continue
        label = "" if row is last else row.name
        grid.add_row(
            Text(label), Text(name), _bar(value, most, width - 44, _COLOURS[name])
        )
        last = row
    return Padding(grid, (1, 0, 0, 2))


def _bar(value: float | None, most: float, size: int, colour: str) -> Text:
    """Return a bar of up to `size` cells; a negative one is marked and red."""
    if value is None or not most or size < 4:
        return Text("")
    halves = round(2 * size * abs(value) / most)
    if value < 0:
        return Text("-" + "━" * max(1, halves // 2 - 1), "red")
    return Text("━" * (halves // 2) + "╸" * (halves % 2), colour)


def _talk(lines: Sequence[Said]) -> Iterable[RenderableType]:
    """Yield a dialogue: who does what, what it says, and the terms below."""
    phase = ""
    for line in lines:
        if line.phase != phase:
            phase = line.phase
            yield Text(f"  {PHASES.get(phase, clean(phase, 20))}", "bold")
        head = Text()
        head.append(f"{line.seat} " if line.seat else "", "bold")
        style = "red" if line.does in ("forfeits", "error", "limit") else "dim"
        head.append(line.does, style if line.seat else "green")
        if line.does == "forfeits" and line.says:
            head.append(f": {line.says}", "dim")
        elif line.says:
            head.append(f"  “{line.says}”")
        where = str(line.round or "")
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=3, justify="right", style="dim")
        grid.add_column(overflow="fold")
        grid.add_row(Text(where), head)
        yield Padding(grid, (0, 0, 0, 2))
        yield _indented(line.terms, 8, "cyan")
