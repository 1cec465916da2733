"""The report as HTML for a notebook: plain tables, every text of an agent escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from shapley_coop.records.words import clean, number
from shapley_coop.runs.columns import COLUMNS
from shapley_coop.runs.report import episode as episode_sentences
from shapley_coop.runs.report import sentences
from shapley_coop.runs.report.content import Content
from shapley_coop.runs.report.talk import TalkLine


def render(content: Content) -> str:
    """Return the report of a run: its outcome, its credit, and the talk of one episode."""
    parts = [
        f"<h3>{escape(sentences.title(content))}</h3>",
        html_table((), [(e.label, e.text) for e in sentences.header(content)]),
        "<h4>Outcome</h4>",
        html_table((), [(e.label, e.text) for e in sentences.outcome(content)]),
    ]
    if content.rows:
        parts += [
            "<h4>Credit</h4>",
            f"<p>{escape(sentences.credit_basis(content))}</p>",
        ]
        parts.append(_credit(content))
    if content.episode is not None:
        parts.append(f"<h4>Episode {content.episode.index}</h4>")
        parts += [_list(map(_talk_line, content.dialogue))]
        parts += [
            "<h4>Contract</h4>",
            _list(episode_sentences.contracts(content.episode)),
        ]
        parts += ["<h4>Ledger</h4>", _list(episode_sentences.ledger(content.episode))]
    parts.append(f"<p>{escape(str(content.run.path))}</p>")
    return "\n".join(parts)


def html_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of texts, all of them escaped.

    Args:
        head: the titles of the columns. An empty one makes a table without titles.
        rows: the cells; the first of each row names it.
    """
    lines = ["<table>"]
    if head:
        titles = "".join(f"<th>{escape(title)}</th>" for title in head)
        lines.append(f"<thead><tr>{titles}</tr></thead>")
    lines.append("<tbody>")
    for first, *others in rows:
        cells = "".join(f"<td>{escape(text)}</td>" for text in others)
        lines.append(f"<tr><th>{escape(first)}</th>{cells}</tr>")
    return "\n".join([*lines, "</tbody>", "</table>"])


def _credit(content: Content) -> str:
    head = ["seat", "game pays", "settled", *(column.title for column in COLUMNS)]
    rows = []
    for row in content.rows:
        cells = [row.name, number(row.raw), number(row.settled)]
        for column in COLUMNS:
            cell = row.cells[column.name]
            error = f" ± {number(cell.error)}" if cell.error else ""
            cells.append(column.text(cell) + error)
        rows.append(cells)
    return html_table(head, rows)


def _talk_line(line: TalkLine) -> str:
    """Return one line of talk as text that is not escaped yet."""
    says = f": “{line.says}”" if line.says else ""
    terms = f" ({'; '.join(line.terms)})" if line.terms else ""
    return clean(f"{line.seat} {line.does}{says}{terms}", 1000)


def _list(texts: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ul>{items}</ul>"
