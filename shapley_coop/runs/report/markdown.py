"""The report as Markdown, `report.md` of a run folder: agents' text makes no markup, no link."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from shapley_coop.records.words import clean, number
from shapley_coop.runs.report import sentences as wording
from shapley_coop.runs.report import standing
from shapley_coop.runs.report.content import PHASES, Content, Said
from shapley_coop.runs.report.sentences import TranscriptEntry

_MARKS = re.compile(
    r"[\\`*_{}\[\]<>#|~&$@]"  # always a mark
    r"|(?<=[^\W_])[.:](?=[^\W\d_/]|/)"  # inside an address: www.a.b, https://a
    r"|^[-+]|(?<=^\d)[.)]|(?<=^\d\d)[.)]|(?<=^\d\d\d)[.)]"  # at the head of a list
)


def render(facts: Content) -> str:
    """Return the report of a run."""
    lines = [f"# {escape(wording.title(facts))}", ""]
    lines += _entries(wording.header(facts))
    lines += ["", "## Outcome", "", *_entries(wording.outcome(facts))]
    if facts.rows:
        lines += ["", "## Payoffs", "", *_payoffs(facts)]
        lines += [
            "",
            "## Credit",
            "",
            escape(wording.credit_basis(facts)),
            "",
            *_credit(facts),
        ]
    if facts.episode is not None:
        lines += _episode(facts)
    lines += ["", "## Run", "", *_entries(wording.faults(facts))]
    lines += _entries(
        [TranscriptEntry("cost", wording.costs(facts)), *wording.spending(facts)]
    )
    lines += _entries([TranscriptEntry("folder", str(facts.run.path))])
    return "\n".join(lines) + "\n"


def write(facts: Content) -> Path:
    """Write `report.md` into the run folder and return its path.

    Raises:
        StorageError: the disk refused.
    """
    return facts.run.derive("report.md", render(facts))


def escape(text: str) -> str:
    """Return plain text that Markdown shows as it is; no mark, tag or address in it works."""
    return _MARKS.sub(
        lambda mark: f"&#{ord(mark[0])};" if mark[0] in "<>&@:|" else rf"\{mark[0]}",
        text,
    )


def _entries(entries: Iterable[TranscriptEntry]) -> list[str]:
    return [
        f"- **{escape(label)}**: {escape(text)}" if label else f"  - {escape(text)}"
        for label, text in entries
    ]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    aligned = ["---", *["---:"] * (len(head) - 1)]
    return [f"| {' | '.join(row)} |" for row in (head, aligned, *rows)]


def _payoffs(facts: Content) -> list[str]:
    rows = []
    for row in facts.rows:
        moved = (
            None if row.raw is None or row.settled is None else row.settled - row.raw
        )
        settled = number(row.settled) + (
            f" ± {number(row.margin)}" if row.margin else ""
        )
        figures = (number(row.raw), number(moved, sign=True), settled)
        rows.append((escape(row.name), *figures))
    return _table(("seat", "game pays", "transfers", "settled"), rows)


def _credit(facts: Content) -> list[str]:
    words = {True: "yes", False: "no", None: "-"}
    rows = [
        (
            escape(row.name),
            number(row.claimed),
            number(row.agreed),
            number(row.measured) + (f" ± {number(row.stderr)}" if row.stderr else ""),
            number(row.final),
            number(row.outside),
            words[row.rational],
            number(row.overclaim, sign=True),
        )
        for row in facts.rows
    ]
    head = (
        "seat",
        "claimed",
        "agreed",
        "measured",
        "final",
        "outside option",
        "rational",
    )
    return _table((*head, "over-claim"), rows)


def _episode(facts: Content) -> list[str]:
    episode = facts.episode
    assert episode is not None
    lines = ["", f"## Episode {episode.index}, seed {episode.seed}"]
    if episode.error:
        lines += ["", f"{episode.status}: {escape(clean(episode.error))}"]
    lines += _talk([line for line in facts.dialogue if line.phase != "split"])
    if episode.steps:
        lines += ["", f"### {PHASES['play']}", "", *_bullets(wording.steps(episode))]
    lines += _talk([line for line in facts.dialogue if line.phase == "split"])
    lines += ["", "### Contract", "", *_bullets(wording.contracts(episode))]
    lines += ["", "### Ledger", "", *_bullets(wording.ledger(episode))]
    for heading, said in standing.sections(episode):
        lines += ["", f"### {heading}", "", *_bullets(said)]
    if values := wording.coalitions(episode):
        rows = [(escape(entry.label), entry.text) for entry in values]
        lines += ["", "### Coalition values", "", *_table(("coalition", "value"), rows)]
    return lines


def _bullets(texts: Iterable[str]) -> list[str]:
    return [f"- {escape(text)}" for text in texts]


def _talk(lines: Sequence[Said]) -> list[str]:
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
