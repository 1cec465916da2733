"""The lines of the tables that runs are analysed by: every field with its type and its meaning."""

from __future__ import annotations

import math
from typing import Any

from pydantic import ConfigDict, model_validator

from shapley_coop.records import Record, Seat
from shapley_coop.records.base import Status, TransferReason


def _finite(value: Any) -> Any:
    is_number = not isinstance(value, float) or math.isfinite(value)
    return value if is_number else None


class TableLine(Record):
    """A line of a table. Numbers that were never known are None, and so are infinite ones."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_infinite(cls, fields: dict[str, Any]) -> dict[str, Any]:
        # Whoever takes a mean over a column would have no mean.
        return {name: _finite(value) for name, value in fields.items()}

    run: str
    """The id of the run, which is the name of its folder."""


class RunLine(TableLine):
    """A run."""

    schema_version: int
    """The version of the form of its folder."""
    status: str
    """How it ended: done, failed, cancelled or limit, and started if it has not."""
    error: str
    """What ended it early."""
    game: str
    """The name of the game."""
    protocol: str
    """The name of the protocol."""
    agent: str
    """Who sits at every seat that is not named."""
    seats: str
    """Who sits at the seats that are, as JSON."""
    model: str
    """The model of language-model seats."""
    worth: str
    """How credit is measured: the worth kind."""
    absence: str | None
    """What replaces an absent seat, where that was chosen."""
    seed: int
    """The seed of the whole run."""
    episodes: int
    """How many episodes are to be played."""
    recorded: int
    """How many were."""
    started: str
    """When it was begun, in UTC."""
    ended: str | None
    """When it ended."""
    seconds: float | None
    """Wall time over all its sessions."""
    version: str | None
    """The version of this project that played it."""
    config: str
    """The whole configuration, as JSON."""


class EpisodeTableLine(TableLine):
    """A line of an episode."""

    episode: int
    """The number of the episode in its run, from 0."""


class EpisodeLine(EpisodeTableLine):
    """An episode."""

    seed: int
    """The seed that its draws follow from."""
    status: Status
    """How it ended."""
    error: str
    """What ended it early."""
    success: bool
    """Whether the goal of the game was reached."""
    outcomes: str
    """What became of the game, as a JSON list."""
    steps: int
    """Steps that were played."""
    welfare: float | None
    """What all seats hold together in the end. None where it was not played to its end."""
    rounds: int
    """Rounds at task tables."""
    split_rounds: int
    """Rounds in which the pot was divided."""
    silent_rounds: int
    """Rounds of talk in which nobody said anything."""
    contracts: int
    """Contracts that were signed."""
    breaches: int
    """Promises that were broken."""
    forfeits: int
    """Turns without a usable answer."""
    decisions: int
    """Questions that seats were asked."""
    arbitrated: bool
    """Whether the arbiter divided the pot."""
    chance: bool | None
    """Whether dice, a model or a person had a say."""
    attainable: float | None
    """The most that all seats can hold together by agreements that nobody gains by breaking."""
    worth: str | None
    """The worth kind that credit was measured by."""
    method: str | None
    """How credit was computed from worths."""
    evaluations: int | None
    """Coalition values that credit rests on."""
    calls: int
    """Model calls."""
    tokens: int
    """Tokens of prompts and answers."""
    cost: float | None
    """US dollars of all calls. None where a price is not known."""
    seconds: float | None
    """Wall time."""


class SeatEntry(EpisodeTableLine):
    """A seat in an episode."""

    seat: Seat
    """The name of the seat."""
    agent: str
    """Who sat there."""
    raw: float | None
    """What the game paid it."""
    payoff: float | None
    """What it ended with, after all payments."""
    claimed: float | None
    """What its own beliefs say that it contributes."""
    agreed: float | None
    """What it gets if all keep what they signed."""
    potential: float | None
    """What the rules of the game make it worth."""
    potential_stderr: float | None
    """One standard error of that."""
    measured: float | None
    """Its Shapley value of the play as it was."""
    stderr: float | None
    """One standard error of that."""
    deviation: float | None
    """What its play added to the total that all would have had, had all kept what they signed."""
    final: float | None
    """What it holds after settlement."""
    outside: float | None
    """What it can secure without a deal."""
    breaches: int
    """Promises that it broke."""
    forfeits: int
    """Turns in which it had no usable answer."""


class StepLine(EpisodeTableLine):
    """What a seat did in a step."""

    step: int
    """The number of the step, from 0."""
    seat: Seat
    """The name of the seat."""
    action: str
    """What it did."""
    text: str | None
    """What it wrote with that."""
    reward: float | None
    """What the game paid it."""


class TransferLine(EpisodeTableLine):
    """A settled payment."""

    payer: Seat
    """Who paid."""
    payee: Seat
    """Who was paid."""
    amount: float
    """How much, in units of reward."""
    reason: TransferReason
    """Why."""


class ContractLine(EpisodeTableLine):
    """Something that was signed."""

    number: int
    """Its place among what was signed in the episode, from 0."""
    kind: str
    """A contract on actions, or the division of the pot."""
    step: int
    """The step before which it was signed."""
    signatures: str
    """Who signed, as a JSON list."""
    terms: str
    """What was agreed, as JSON."""


class SpendLine(EpisodeTableLine):
    """What the calls of a seat to a model for one purpose came to."""

    seat: Seat
    """Who asked."""
    purpose: str
    """What for."""
    model: str
    """The model that was asked."""
    calls: int
    """Questions, equal ones counted once."""
    sent: int
    """Requests that were sent, repeats too."""
    prompt: int
    """Tokens of prompts."""
    completion: int
    """Tokens of answers."""
    cost: float | None
    """US dollars. None where a price is not known."""


class CoalitionLine(EpisodeTableLine):
    """What a coalition was worth in an episode."""

    coalition: str
    """The seats that are in it, joined by a plus sign."""
    value: float | None
    """Its worth."""
    stderr: float | None
    """One standard error of that. None where it is exact."""
