"""The report as HTML for a notebook: plain tables, every text of an agent escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from shapley_coop.records import Episode
from shapley_coop.records.html import frame, html_list, html_table
from shapley_coop.records.words import clean, number
from shapley_coop.runs.columns import COLUMNS
from shapley_coop.runs.report import episode as episode_sentences
from shapley_coop.runs.report import sentences
from shapley_coop.runs.report.content import Content
from shapley_coop.runs.report.html import pictures
from shapley_coop.runs.report.html.credit_part import bars_figure
from shapley_coop.runs.report.html.money_part import payments_figure
from shapley_coop.runs.report.notes import notes
from shapley_coop.runs.report.outcome import outcome
from shapley_coop.runs.report.transcript.lines import TalkLine


def render(content: Content) -> str:
    """Return the report of a run: its outcome, its credit, and the talk of one episode."""
    title = escape(sentences.title(content))
    parts = [f"<h3>{title}</h3>", html_table((), sentences.header(content))]
    parts.append("<h4>Outcome</h4>")
    parts.append(html_table((), outcome(content)))
    if content.rows:
        # A measured credit never stands without what it was measured on.
        basis = escape(sentences.credit_basis(content))
        parts += ["<h4>Credit</h4>", f"<p>{basis}</p>"]
        if pictures.is_available():
            parts.append(bars_figure(content))
        parts.append(_credit(content))
        for note in notes(content):
            parts.append(f"<p>{escape(note)}</p>")
    if content.episode is not None:
        parts += _episode(content.episode, content.dialogue)
        if pictures.is_available():
            parts.append(payments_figure(content.episode))
    path = escape(str(content.run.path))
    parts.append(f"<p>{path}</p>")
    return frame("\n".join(parts))


def _episode(episode: Episode, dialogue: Sequence[TalkLine]) -> list[str]:
    """Return what was said in one episode, and the sections that every report of it has."""
    talk = [_talk_line(line) for line in dialogue]
    parts = [f"<h4>Episode {episode.index}</h4>", html_list(talk)]
    for heading, texts in episode_sentences.sections(episode):
        parts += [f"<h4>{escape(heading)}</h4>", html_list(texts)]
    return parts


def _credit(content: Content) -> str:
    titles = [column.title for column in COLUMNS]
    rows = []
    for row in content.rows:
        cells = [column.text(row.cells[column.name]) for column in COLUMNS]
        raw = number(row.raw)
        rows.append([row.name, raw, *cells])
    return html_table(["seat", "game pays", *titles], rows)


def _talk_line(line: TalkLine) -> str:
    """Return one line of talk as text that is not escaped yet."""
    text = f"{line.seat} {line.does}"
    # A deed may come without words, and words without terms.
    if line.says:
        text += f": “{line.says}”"
    if line.terms:
        terms = "; ".join(line.terms)
        text += f" ({terms})"
    return clean(text, 8000)
