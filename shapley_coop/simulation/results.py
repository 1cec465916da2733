"""A run as a notebook sees it: its figures, credit and payments, and a report that shows itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, make_dataclass
from functools import cached_property
from html import escape
from importlib import import_module
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

from rich.console import Console

from shapley_coop.config.sections import Config
from shapley_coop.errors import RunFolderError
from shapley_coop.interfaces.deals.money import reward
from shapley_coop.records import Episode
from shapley_coop.records.html import frame, html_list, html_table
from shapley_coop.records.wording import terms_text
from shapley_coop.records.words import number
from shapley_coop.runs.columns import COLUMNS, Column
from shapley_coop.runs.figures import RunFigures
from shapley_coop.runs.report import notebook, terminal
from shapley_coop.runs.report.content import gather
from shapley_coop.runs.report.html import page
from shapley_coop.runs.store import RunFolder, RunStatus
from shapley_coop.runs.tables.extract import table_lines
from shapley_coop.runs.tables.frames import FrameKind, frame_of
from shapley_coop.runs.tables.schema import table
from shapley_coop.simulation.arguments import as_path, is_whole

MOST_SHOWN = 100
"""Episodes that a notebook's table shows."""
WIDTH = 100
"""Characters a line of the report as text."""

# How pandas stores what a field of a row can hold. Text and tuples stay objects.
_DTYPES = {
    int: "int64",
    float: "float64",
    float | None: "float64",
    bool | None: "boolean",
}


def _column_type(column: Column) -> Any:
    return bool | None if column.format == "yes-no" else float | None


# The middle fields are the columns of every report, so that a new column is one row there.
CreditRow = make_dataclass(
    "CreditRow",
    [
        ("seat", str),
        *((column.name, _column_type(column)) for column in COLUMNS),
        ("stderr", float | None),
        ("worth", str | None),
        ("absence", str | None),
    ],
    frozen=True,
    # A pickle looks the class of a record up in its module.
    namespace={"__module__": __name__},
)
"""One seat's credit: a mean over the episodes for each column, and how it was measured.

`runs.columns.COLUMNS` says what each column means. `stderr` is the standard error of `measured`,
`worth` the kind of worth, `absence` how absent seats were left out. None was never known.
"""


@dataclass(frozen=True)
class TransferRow:
    """One settled payment, in reward units."""

    episode: int
    payer: str
    payee: str
    amount: float
    reason: str


@dataclass(frozen=True)
class ContractRow:
    """One signed contract, or a division of the pot that was signed after play."""

    episode: int
    step: int
    signatures: tuple[str, ...]
    terms: tuple[str, ...]


class EpisodeList(tuple[Episode, ...]):
    """Recorded episodes in order, which a notebook shows as a table."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        rows = []
        for episode in self[:MOST_SHOWN]:
            goal = "yes" if episode.success else "no"
            total = number(sum(episode.payoffs.values()))
            counts = (episode.rounds, len(episode.contracts), len(episode.breaches))
            rows.append(
                (f"{episode.index}", f"{episode.seed}", episode.status, goal, total,
                 *map(str, counts))
            )  # fmt: skip
        heads = ("episode", "seed", "status", "reached its goal", "total")
        shown = html_table((*heads, "rounds", "contracts", "breaches"), rows)
        rest = len(self) - len(rows)
        if rest > 0:
            shown += html_list([f"{rest:,} more episodes"])
        return frame(shown)


class ReportPage(NamedTuple):
    """The report as one HTML page, which a notebook shows in a frame of its own."""

    html: str

    def save(self, path: str | Path) -> Path:
        """Write the page to a file and return its path."""
        file = as_path(path, field="path")
        file.write_text(self.html, encoding="utf-8")
        return file

    def __repr__(self) -> str:
        return f"ReportPage({len(self.html):,} characters)"

    def _repr_html_(self) -> str:
        # The frame has an origin of its own, so nothing in it can reach the notebook.
        return (
            f'<iframe srcdoc="{escape(self.html)}" sandbox="allow-scripts" '
            'title="Report of the run" width="100%" height="700"></iframe>'
        )


class RunResult:
    """A run on disk, read when it is asked.

    It prints as the report at the terminal, and a notebook shows it as tables. Tables are pandas
    data frames where pandas is installed, else lists of frozen records with the same fields.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @property
    def status(self) -> RunStatus:
        """How the run ended, or `started`."""
        return self.folder.manifest.status

    @property
    def config(self) -> Config:
        """What was played, every setting resolved."""
        return self.folder.config

    @cached_property
    def episodes(self) -> EpisodeList:
        """The recorded episodes in order."""
        return EpisodeList(self.folder.episodes())

    @cached_property
    def figures(self) -> RunFigures:
        """Means, intervals and counts over the episodes."""
        return gather(self.folder).figures

    @property
    def credit(self) -> Any:
        """What each seat claimed, was promised, was measured to contribute and ended with.

        A data frame where pandas is installed, else a list of `CreditRow`.
        """
        rows = []
        for seat, figures in self.figures.credit.items():
            cells = figures.cells
            values: dict[str, Any] = {}
            for column in COLUMNS:
                values[column.name] = cells[column.name].value
            row = CreditRow(
                seat=seat,
                **values,
                stderr=cells["measured"].error,
                worth=figures.worth,
                absence=figures.absence,
            )
            rows.append(row)
        return _as_table(CreditRow, rows)

    @property
    def transfers(self) -> Any:
        """Every settled payment, as a data frame or a list of `TransferRow`."""
        rows = []
        for episode in self.episodes:
            for transfer in episode.transfers:
                # The ledger counts in whole micro-units, so that it sums to zero exactly.
                amount = reward(transfer.micro)
                row = TransferRow(
                    episode.index,
                    transfer.payer,
                    transfer.payee,
                    amount,
                    transfer.reason,
                )
                rows.append(row)
        return _as_table(TransferRow, rows)

    @property
    def contracts(self) -> Any:
        """Everything that was signed, as a data frame or a list of `ContractRow`."""
        rows = []
        for episode in self.episodes:
            # The division after play is signed like any contract.
            division = () if episode.division is None else (episode.division,)
            for contract in (*episode.contracts, *division):
                terms = tuple(terms_text(contract.offer.terms))
                signatures = tuple(contract.signatures)
                row = ContractRow(episode.index, contract.step, signatures, terms)
                rows.append(row)
        return _as_table(ContractRow, rows)

    def table(self, name: str = "seats", form: FrameKind | None = None) -> Any:
        """Return one of the tables of docs/schema.md.

        Args:
            name: the table, such as `runs`, `episodes`, `seats`, `steps` or `coalitions`.
            form: `pandas`, `polars` or `records`. None means a pandas frame where pandas is
                installed, else a polars frame where that is, else a list of records.

        Raises:
            ConfigError: there is no such table, or the form needs a package that is missing.
        """
        kind = table(name)
        lines = [line for table, line in table_lines(self.folder) if table == name]
        return frame_of(kind, lines, form)

    def report(self, episode: int | None = None) -> str:
        """Return the report as text, with the talk of one episode.

        Args:
            episode: whose talk to show. None means the first that was played to its end.

        Raises:
            RunFolderError: the run has no such episode.
        """
        if episode is not None and not is_whole(episode):
            raise RunFolderError(
                f"an episode is a whole number from 0, got {episode!r}", field="episode"
            )
        # Without colours, a text can be printed, saved and compared.
        stream = StringIO()
        console = Console(file=stream, width=WIDTH, color_system=None)
        terminal.show(gather(self.folder, episode), console)
        return stream.getvalue()

    def page(self) -> ReportPage:
        """Return the report as one page with pictures, as `report --html` writes it.

        Raises:
            ConfigError: the packages that draw are not installed.
        """
        return ReportPage(page.render([gather(self.folder)]))

    def __repr__(self) -> str:
        return self.report()

    def _repr_html_(self) -> str:
        return notebook.render(gather(self.folder))


def _as_table(kind: type[Any], rows: Sequence[Any]) -> Any:
    """Return records of a kind as a data frame if pandas is installed, else as they are.

    A frame has a column for each field of the kind, of the same type whether there are rows or
    not. None becomes NaN in a column of numbers.
    """
    # pandas is no dependency: a study that has it gets frames, one that has not gets records.
    if find_spec("pandas") is None:
        return list(rows)
    pandas = import_module("pandas")
    records = [asdict(row) for row in rows]
    columns = {}
    for name, hint in get_type_hints(kind).items():
        cells = [record[name] for record in records]
        # Left to itself, pandas would take the type of the cells, and an empty column has none.
        columns[name] = pandas.Series(cells, dtype=_DTYPES.get(hint, "object"))
    return pandas.DataFrame(columns)
