"""What a check of a plug-in came to."""

from __future__ import annotations

from typing import Literal, NamedTuple

from shapley_coop.records.words import clean

MOST_WORDS = 600
"""Characters of what is said of a check."""


class Verdict(NamedTuple):
    """Whether a plug-in keeps one thing that is asked of all."""

    check: str
    """The name of the check, and what it was played with."""
    status: Literal["ok", "failed", "skipped"]
    """Skipped is what does not apply to the plug-in."""
    words: str
    """What holds, what does not, or why it does not apply."""
    error: BaseException | None = None
    """What broke, with its traceback, if something did."""

    def as_json(self) -> dict[str, str]:
        """Return the verdict without its traceback as JSON values."""
        return {"check": self.check, "status": self.status, "words": self.words}


def failure(check: str, words: str, error: BaseException | None = None) -> Verdict:
    """Return that a check does not hold."""
    return Verdict(check, "failed", clean(words, MOST_WORDS), error)
