"""The report as Markdown, `report.md` of a run folder: agents' text makes no markup, no link."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from shapley_coop.records import Episode
from shapley_coop.records.words import clean, number
from shapley_coop.runs.columns import COLUMNS, Cell, Column
from shapley_coop.runs.report import episode as episode_sentences
from shapley_coop.runs.report import sentences, standing
from shapley_coop.runs.report.content import Content
from shapley_coop.runs.report.rows import SeatRow
from shapley_coop.runs.report.sentences import Entry
from shapley_coop.runs.report.talk import PHASES, TalkLine

_MARKS = re.compile(
    r"[\\`*_{}\[\]<>#|~&$@]"  # always a mark
    r"|(?<=[^\W_])[.:](?=[^\W\d_/]|/)"  # inside an address: www.a.b, https://a
    r"|^[-+]|(?<=^\d)[.)]|(?<=^\d\d)[.)]|(?<=^\d\d\d)[.)]"  # at the head of a list
)


def render(content: Content) -> str:
    """Return the report of a run."""
    lines = [f"# {escape(sentences.title(content))}", ""]
    lines += _entries(sentences.header(content))
    lines += ["", "## Outcome", "", *_entries(sentences.outcome(content))]
    if content.rows:
        basis = escape(sentences.credit_basis(content))
        lines += ["", "## Payoffs", "", *_payoffs(content.rows)]
        lines += ["", "## Credit", "", basis, "", *_credit(content.rows)]
    if content.episode is not None:
        lines += _episode(content.episode, content.dialogue)
    lines += ["", "## Run", "", *_entries(sentences.faults(content))]
    lines += _entries([Entry("cost", sentences.costs(content))])
    lines += _entries(sentences.spending(content))
    lines += _entries([Entry("folder", str(content.run.path))])
    return "\n".join(lines) + "\n"


def write(content: Content) -> Path:
    """Write `report.md` into the run folder and return its path.

    Raises:
        StorageError: the disk refused.
    """
    return content.run.derive("report.md", render(content))


def escape(text: str) -> str:
    """Return text that Markdown shows as it is, so that no mark, tag or address in it works."""
    return _MARKS.sub(_harmless, text)


def _harmless(mark: re.Match[str]) -> str:
    character = mark[0]
    # A backslash does not stop these everywhere: in tables, tags and bare addresses.
    if character in "<>&@:|":
        return f"&#{ord(character)};"
    return f"\\{character}"


def _entries(entries: Iterable[Entry]) -> list[str]:
    lines = []
    for label, text in entries:
        start = f"- **{escape(label)}**: " if label else "  - "
        lines.append(start + escape(text))
    return lines


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    alignment = ["---", *["---:"] * (len(head) - 1)]
    return [f"| {' | '.join(row)} |" for row in (head, alignment, *rows)]


def _payoffs(rows: Iterable[SeatRow]) -> list[str]:
    lines = []
    for row in rows:
        settled = number(row.settled)
        if row.margin:
            settled += f" ± {number(row.margin)}"
        moved = number(row.transfers, sign=True)
        lines.append((escape(row.name), number(row.raw), moved, settled))
    return _table(("seat", "game pays", "transfers", "settled"), lines)


def _credit(rows: Iterable[SeatRow]) -> list[str]:
    head = ("seat", *(column.title for column in COLUMNS))
    lines = []
    for row in rows:
        texts = [_cell(column, row.cells[column.name]) for column in COLUMNS]
        lines.append((escape(row.name), *texts))
    return _table(head, lines)


def _cell(column: Column, cell: Cell) -> str:
    text = column.text(cell)
    return f"{text} ± {number(cell.error)}" if cell.error else text


def _episode(episode: Episode, dialogue: Sequence[TalkLine]) -> list[str]:
    lines = ["", f"## Episode {episode.index}, seed {episode.seed}"]
    if episode.error:
        lines += ["", f"{episode.status}: {escape(clean(episode.error))}"]
    lines += _talk([line for line in dialogue if line.phase != "split"])
    if episode.steps:
        steps = _bullets(episode_sentences.steps(episode))
        lines += ["", f"### {PHASES['play']}", "", *steps]
    lines += _talk([line for line in dialogue if line.phase == "split"])
    sections = [
        ("Contract", episode_sentences.contracts(episode)),
        ("Ledger", episode_sentences.ledger(episode)),
        *standing.sections(episode),
    ]
    for heading, texts in sections:
        lines += ["", f"### {heading}", "", *_bullets(texts)]
    values = episode_sentences.coalitions(episode)
    if values:
        rows = [(escape(entry.label), entry.text) for entry in values]
        lines += ["", "### Coalition values", "", *_table(("coalition", "value"), rows)]
    return lines


def _bullets(texts: Iterable[str]) -> list[str]:
    return [f"- {escape(text)}" for text in texts]


def _talk(lines: Sequence[TalkLine]) -> list[str]:
    out: list[str] = []
    phase = None
    for line in lines:
        if line.phase != phase:
            phase = line.phase
            out += ["", f"### {escape(PHASES.get(phase, clean(phase, 20)))}", ""]
        who = f"**{escape(line.seat)}** " if line.seat else ""
        says = f": “{escape(line.says)}”" if line.says else ""
        out.append(f"- {who}{escape(line.does)}{says}")
        out += [f"  - {escape(term)}" for term in line.terms]
    return out
