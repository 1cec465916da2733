"""Reading the work log of another system, and dividing a reward by its evidence after the fact."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapley_coop.errors import ConfigError
from shapley_coop.shapley.work_evidence import (
    KINDS,
    WEIGHTS,
    Kind,
    Range,
    evidence_shares,
    kind_totals,
    weight_sums,
    work_evidence,
)
from shapley_coop.teams.imports.work.chatdev import count_speeches, is_chatdev, speeches
from shapley_coop.teams.imports.work.condensed import entries_of, is_condensed
from shapley_coop.teams.imports.work.entries import count_entries
from shapley_coop.teams.imports.work.metagpt import count_messages, messages

MOST_CHARACTERS = 64 * 1024 * 1024
FIELD = "log"


@dataclass(frozen=True)
class WorkLog:
    """What a log says that each role did."""

    path: str
    format: str
    """`chatdev`, `metagpt` or `condensed`."""
    entries: Mapping[str, int]
    """How many entries the log has, by role."""
    counts: Mapping[str, Mapping[Kind, float]]

    @property
    def evidence(self) -> dict[str, Range]:
        """The range of each role's evidence, as parts of 1."""
        return work_evidence(self.counts)

    @property
    def shares(self) -> dict[str, float]:
        """Each role's share of a reward. They sum to 1."""
        return evidence_shares(self.counts)

    def as_json(self, reward: float = 100.0) -> dict[str, Any]:
        """Return all of it, and how a reward is divided by it, as JSON values."""
        spans, shares = self.evidence, self.shares
        roles = {}
        for role in self.counts:
            roles[role] = {
                "entries": self.entries[role],
                "counts": dict(self.counts[role]),
                "evidence": list(spans[role]),
                "share": shares[role],
                "reward": shares[role] * reward,
            }
        totals = kind_totals(self.counts)
        return {
            "log": self.path,
            "format": self.format,
            "entries": sum(self.entries.values()),
            "roles": roles,
            "reward": reward,
            "weights": {kind: list(weight) for kind, weight in WEIGHTS.items()},
            "weight_sums": list(weight_sums()),
            "evidence_sums": [
                sum(span.low for span in spans.values()),
                sum(span.high for span in spans.values()),
            ],
            "nobody_did": [kind for kind in KINDS if totals[kind] == 0],
        }


def read_log(path: Path) -> WorkLog:
    """Return what the work log of another system says.

    Raises:
        ConfigError: There is no such file, it is too large or no text, or it tells of no work.
    """
    text = _text_of(path)
    if is_chatdev(text):
        roles = Counter(speech.role for speech in speeches(text))
        return WorkLog(str(path), "chatdev", roles, count_speeches(text))
    value = _json_of(text, path)
    found = Counter(message.role for message in messages(value))
    if found:
        return WorkLog(str(path), "metagpt", found, count_messages(value))
    if is_condensed(value):
        entries = list(entries_of(value))
        roles = Counter(entry.role for entry in entries)
        return WorkLog(str(path), "condensed", roles, count_entries(entries))
    raise ConfigError(f"{str(path)!r} tells of no work; {_FORMATS}", field=FIELD)


_FORMATS = (
    "a log is one of ChatDev's (.log), messages of MetaGPT with 'role', 'cause_by' and 'content', "
    "or a JSON object from role to what it did"
)


def _text_of(path: Path) -> str:
    try:
        # A pipe may wait for ever, and a device need not end, whatever their sizes say.
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise ConfigError(
                f"{str(path)!r} is a pipe or a device; name a file", field=FIELD
            )
        with path.open(encoding="utf-8-sig") as stream:
            text = stream.read(MOST_CHARACTERS + 1)
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{str(path)!r} is no text in UTF-8 (byte {error.start})", field=FIELD
        ) from error
    except OSError as error:
        raise ConfigError(
            f"{str(path)!r} cannot be read: {error.strerror}", field=FIELD
        ) from error
    if len(text) > MOST_CHARACTERS:
        raise ConfigError(
            f"{str(path)!r} has more than {MOST_CHARACTERS:,} characters", field=FIELD
        )
    return text


def _json_of(text: str, path: Path) -> object:
    """Return a JSON value whose objects are lists of pairs, so that no key is lost.

    Several values, one a line, are a list of them.
    """
    try:
        return json.loads(text, object_pairs_hook=list)
    except RecursionError as error:
        raise ConfigError(f"{str(path)!r} is nested too deeply", field=FIELD) from error
    except ValueError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            values = [json.loads(line, object_pairs_hook=list) for line in lines]
        except (ValueError, RecursionError):
            values = []
        if not values:
            raise ConfigError(
                f"{str(path)!r} is no log that can be read ({error}); {_FORMATS}",
                field=FIELD,
            ) from error
        return values
