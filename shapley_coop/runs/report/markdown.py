"""The report as Markdown, `report.md` of a run folder: agents' text makes no markup, no link."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from shapley_coop.records import Episode
from shapley_coop.records.words import clean, error_text, number
from shapley_coop.runs.columns import COLUMNS
from shapley_coop.runs.report import episode as episode_sentences
from shapley_coop.runs.report import sentences
from shapley_coop.runs.report.content import Content
from shapley_coop.runs.report.notes import notes
from shapley_coop.runs.report.outcome import outcome
from shapley_coop.runs.report.rows import SeatRow, final_title
from shapley_coop.runs.report.sentences import Entry
from shapley_coop.runs.report.transcript.lines import FAULTS, TalkLine

# What Markdown would read as more than a character.
_MARKS = re.compile(
    r"[\\`*_{}\[\]<>#|~&$@]"  # always a mark
    r"|(?<=[^\W_])[.:](?=[^\W\d_/]|/)"  # inside an address: www.a.b, https://a
    r"|^[-+]|(?<=^\d)[.)]|(?<=^\d\d)[.)]|(?<=^\d\d\d)[.)]"  # at the head of a list
)


def render(content: Content) -> str:
    """Return the report of a run."""
    title = escape(sentences.title(content))
    lines = [f"# {title}", ""]
    lines += _entries(sentences.header(content))
    lines += _heading("Outcome")
    lines += _entries(outcome(content))
    if content.rows:
        basis = sentences.credit_basis(content)
        lines += _heading("Payoffs")
        lines += _payoffs(content.rows)
        lines += _heading("Credit")
        lines += [escape(basis), ""]
        lines += _credit(content.rows)
        for note in notes(content):
            lines += ["", escape(note)]
    if content.episode is not None:
        lines += _episode(content.episode, content.dialogue)
    lines += _heading("Run")
    entries = [
        *sentences.faults(content),
        Entry("cost", sentences.costs(content)),
        *sentences.spending(content),
        *sentences.other_models(content),
        Entry("folder", str(content.run.path)),
    ]
    lines += _entries(entries)
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


def _heading(text: str, level: int = 2) -> list[str]:
    """Return a heading between blank lines, without which it would join the text around it."""
    marks = "#" * level
    return ["", f"{marks} {text}", ""]


def _entries(entries: Iterable[Entry]) -> list[str]:
    lines = []
    for label, text in entries:
        # Without a label, the text belongs to the entry above.
        start = "  - "
        if label:
            name = escape(label)
            start = f"- **{name}**: "
        lines.append(start + escape(text))
    return lines


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    # Names stand left, figures right, so that their digits stand below each other.
    alignment = ["---", *["---:"] * (len(head) - 1)]
    lines = []
    for row in (head, alignment, *rows):
        cells = " | ".join(row)
        lines.append(f"| {cells} |")
    return lines


def _payoffs(rows: Sequence[SeatRow]) -> list[str]:
    head = ("seat", "game pays", "transfers", final_title(rows))
    lines = []
    for row in rows:
        settled = number(row.settled) + error_text(row.error)
        raw = number(row.raw)
        transfers = number(row.transfers, sign=True)
        lines.append((escape(row.name), raw, transfers, settled))
    return _table(head, lines)


def _credit(rows: Iterable[SeatRow]) -> list[str]:
    titles = [column.title for column in COLUMNS]
    lines = []
    for row in rows:
        texts = [column.text(row.cells[column.name]) for column in COLUMNS]
        lines.append((escape(row.name), *texts))
    return _table(("seat", *titles), lines)


def _episode(episode: Episode, dialogue: Sequence[TalkLine]) -> list[str]:
    lines = ["", f"## Episode {episode.index}, seed {episode.seed}"]
    if episode.error:
        error = escape(clean(episode.error))
        lines += ["", f"{episode.status}: {error}"]
    lines += _talk(dialogue)
    for heading, texts in episode_sentences.sections(episode):
        lines += _heading(heading, 3)
        lines += _bullets(texts)
    values = episode_sentences.coalitions(episode)
    if values:
        rows = [(escape(entry.label), entry.text) for entry in values]
        lines += _heading("Coalition values", 3)
        lines += _table(("coalition", "value"), rows)
    return lines


def _bullets(texts: Iterable[str]) -> list[str]:
    return [f"- {escape(text)}" for text in texts]


def _talk(dialogue: Sequence[TalkLine]) -> list[str]:
    lines: list[str] = []
    part = ""
    for line in dialogue:
        if line.part != part:
            part = line.part
            lines += _heading(escape(part), 3)
        # What the engine says has no speaker, and a deed may come without words.
        text = escape(line.does)
        if line.seat:
            seat = escape(line.seat)
            text = f"**{seat}** {text}"
        if line.says:
            says = escape(line.says)
            text += f": {says}" if line.does in FAULTS else f": “{says}”"
        lines.append(f"- {text}")
        for term in line.terms:
            lines.append(f"  - {escape(term)}")
    return lines
