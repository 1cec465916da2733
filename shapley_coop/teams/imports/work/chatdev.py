"""Logs of ChatDev (Qian et al. 2024): what each role said in which phase.

A speech begins with a line such as `[TIME INFO] Programmer: **Programmer<->Chief Technology
Officer on : Coding, turn 0**` and goes on to the next line with a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from shapley_coop.shapley.work_evidence import KINDS, Kind

_SPEECH = re.compile(
    r"^\[[^\]\n]*\] (?P<role>[^:*\n]{1,60}): \*\*(?P=role)<->[^\n]{1,60} on : "
    r"(?P<phase>\w+), turn \d+\*\*[ \t]*$",
    re.MULTILINE,
)
_NEXT = re.compile(r"^\[\d{4}-[^\]\n]*\] ", re.MULTILINE)
_CODE = re.compile(r"^```[\w+-]*[ \t]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
PHASES: Mapping[str, Kind] = {
    "DemandAnalysis": "decisions",
    "LanguageChoose": "decisions",
    "Coding": "code",
    "CodeComplete": "code",
    "CodeCompleteAll": "code",
    "ArtDesign": "documents",
    "ArtIntegration": "code",
    "CodeReviewComment": "fixes",
    "CodeReviewModification": "fixes",
    "TestErrorSummary": "fixes",
    "TestModification": "fixes",
    "EnvironmentDoc": "documents",
    "Manual": "documents",
    "Reflection": "documents",
}
"""Which kind of work a phase is. A phase that is not here counts as a decision."""
DONE = "<INFO> Finished"
"""What a reviewer says who finds nothing to fix."""


class Speech(NamedTuple):
    """What a role said in a phase."""

    role: str
    phase: str
    text: str
    start: int
    """Where it begins in the log, in characters."""


def is_chatdev(text: str) -> bool:
    """Return whether a text is a log of ChatDev with at least one speech."""
    return _SPEECH.search(text) is not None


def speeches(text: str) -> Iterator[Speech]:
    """Yield all that was said, in order."""
    for match in _SPEECH.finditer(text):
        following = _NEXT.search(text, match.end())
        end = len(text) if following is None else following.start()
        said = text[match.end() : end]
        yield Speech(match["role"].strip(), match["phase"], said, match.start())


def count_speeches(text: str) -> dict[str, dict[Kind, float]]:
    """Return the amounts of work by role: lines of code, and speeches of the other kinds.

    Code is written out again whenever it changes, so the longest version counts.
    """
    counts: dict[str, dict[Kind, float]] = {}
    for speech in speeches(text):
        totals = counts.setdefault(speech.role, dict.fromkeys(KINDS, 0.0))
        kind = PHASES.get(speech.phase, "decisions")
        if kind == "code":
            totals[kind] = max(totals[kind], code_lines(speech.text))
        elif not (kind == "fixes" and DONE in speech.text):
            totals[kind] += 1
    return counts


def code_lines(text: str) -> int:
    """Return how many lines that are not blank stand in blocks of code."""
    blocks = "\n".join(_CODE.findall(text))
    return sum(1 for line in blocks.split("\n") if line.strip())
