"""The cells of a study: what is played in each, what came of it, and what it has spent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple

from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Config, Limits
from shapley_coop.errors import InputError
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.llm.secrets import refuse_keys
from shapley_coop.records import Episode
from shapley_coop.runs.store import RunFolder
from shapley_coop.runs.store.folder import plain
from shapley_coop.simulation.worker import check_names

CellStatus = Literal["done", "failed", "limit", "waiting"]
"""How a cell ended. `waiting` is one that was not played, since a limit of the study was met."""
_AMOUNTS = ("cost", "tokens", "calls", "seconds")


class StudyCell(NamedTuple):
    """One configuration of a study, which is played as an ordinary run."""

    config: Config
    settings: Mapping[str, Any]
    """What tells it from other cells: values by the full name of their field."""

    @property
    def key(self) -> str:
        """Its address: a digest of all that decides its play. What may be spent does not."""
        return key_of(self.config)


def vary(cell: StudyCell, overrides: Sequence[str]) -> StudyCell:
    """Return a cell with fields set by texts of the form `section.field=value`.

    Raises:
        ConfigError: a text has another form, or a field cannot be so.
    """
    if not overrides:
        return cell
    return cell._replace(config=resolve(plain(cell.config), overrides))


def refuse_keys_in(cells: Iterable[StudyCell], folder: Path) -> None:
    """Refuse a study before it is played if a setting, or the name of its folder, holds a key.

    Each cell would refuse it by itself, and what came of them would repeat it.

    Raises:
        ConfigError: one does.
    """
    for cell in cells:
        refuse_keys(cell.config.model_dump(mode="json"), folder)


def require_names(
    cells: Sequence[StudyCell], *, least_right: int | None = None
) -> None:
    """Refuse a study before it is played if names in its cells mean nothing.

    Args:
        cells: what would be played.
        least_right: how many cells at least have to name what exists. None means all of them.

    Raises:
        InputError: the first wrong name, if too few cells are right.
    """
    needed = len(cells) if least_right is None else least_right
    right = 0
    first: InputError | None = None
    for cell in cells:
        if right >= needed:
            return
        try:
            check_names(cell.config)
            right += 1
        except InputError as error:
            first = first or error
            if least_right is None:
                break
    if first is not None and right < needed:
        raise first


def key_of(config: Config) -> str:
    """Return the address of a configuration, the same for equal ones."""
    tables = plain(config)
    # A cell that met its limit goes on under a higher one as the same cell.
    tables.pop("limits")
    text = json.dumps(tables, sort_keys=True, default=str)
    return sha256(text.encode()).hexdigest()[:16]


class Spent(NamedTuple):
    """What was spent so far."""

    cost: float = 0.0
    """US dollars, or the most that it can have been. Where no price is known it counts as 0."""
    tokens: int = 0
    """Tokens of prompts and answers."""
    calls: int = 0
    """Requests sent, repeats too."""
    seconds: float = 0.0
    """Wall time of the runs."""

    def plus(self, other: Spent) -> Spent:
        """Return the sum of both."""
        return Spent(
            self.cost + other.cost,
            self.tokens + other.tokens,
            self.calls + other.calls,
            self.seconds + other.seconds,
        )


class RunStock(NamedTuple):
    """What a study has to know of a run, by one reading of its episodes."""

    spent: Spent = Spent()
    """What it has spent, also for an episode that was cut before it was recorded."""
    recorded: int = 0
    """Its recorded episodes."""
    broken: int = 0
    """Those of them that broke or met a limit."""
    error: str = ""
    """What ended the first of these."""


def stock_of(run: RunFolder) -> RunStock:
    """Return what a study has to know of a run."""
    cost = 0.0
    tokens = 0
    calls = 0
    recorded = 0
    errors = []
    for episode in run.episodes():
        recorded += 1
        if episode.status != "done":
            errors.append(episode.error)
        tokens += episode.tokens
        for row in episode.spend:
            calls += row.sent
            # Where the end of a bill is open, its most counts, so that no limit is passed.
            amount = row.cost if row.cost is not None else row.at_most
            cost += amount or 0.0
    # The record of calls knows those too whose episode was never written. It may be turned off.
    if run.calls.exists():
        sent = Cassette(run.calls, writable=False).spending()
        cost = max(cost, sent.cost)
        tokens = max(tokens, sent.tokens)
        calls = max(calls, sent.calls)
    spent = Spent(cost, tokens, calls, run.manifest.seconds)
    return RunStock(spent, recorded, len(errors), errors[0] if errors else "")


def total_of(amounts: Iterable[Spent]) -> Spent:
    """Return what was spent together."""
    total = Spent()
    for amount in amounts:
        total = total.plus(amount)
    return total


def limits_left(limits: Limits, spending: Spent) -> dict[str, float]:
    """Return what may still be spent, by limit. Limits that are not set are left out."""
    left = {}
    for name in _AMOUNTS:
        limit = limits.model_dump()[name]
        if limit is not None:
            left[name] = limit - spending._asdict()[name]
    return left


class CellOutcome(NamedTuple):
    """What came of a cell."""

    cell: StudyCell
    status: CellStatus
    run: RunFolder | None = None
    """Its run. None if it could not be begun, or was not played."""
    error: str = ""
    """Why it failed, or which limit was met."""
    changes: tuple[str, ...] = ()
    """What it was made with otherwise than it would be now, in words."""
    stock: RunStock = RunStock()
    """What its run holds and has spent."""

    @property
    def path(self) -> Path | None:
        """The folder of its run."""
        return None if self.run is None else self.run.path

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints of it."""
        return {
            "cell": self.cell.key,
            "settings": dict(self.cell.settings),
            "status": self.status,
            "run": None if self.run is None else str(self.run.path),
            "error": self.error,
            "changes": list(self.changes),
            "episodes": self.stock.recorded,
            "broken": self.stock.broken,
            "spent": self.stock.spent._asdict(),
        }


def outcome_of_limits(cell: StudyCell, budget: Mapping[str, float]) -> CellOutcome:
    """Return the outcome of a cell for which the limits of its study leave nothing."""
    names = [f"limits.{name}" for name, amount in budget.items() if amount <= 0]
    reason = f"{' and '.join(names)} of the study is used up"
    return CellOutcome(cell, "waiting", None, reason)


def episodes_of(outcomes: Iterable[CellOutcome]) -> list[Episode]:
    """Return the recorded episodes of cells, in their order."""
    episodes: list[Episode] = []
    for outcome in outcomes:
        if outcome.run is not None:
            episodes.extend(outcome.run.episodes())
    return episodes
