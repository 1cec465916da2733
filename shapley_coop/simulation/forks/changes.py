"""What is changed in a recorded episode: where, and whose action, signature or agent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from shapley_coop.agents.replay_policy import rule_names
from shapley_coop.errors import ConfigError, unknown, value_text
from shapley_coop.interfaces.plugins import names
from shapley_coop.records import Contract, Seat

UNSIGNED = "unsigned"
"""What a seat is set to that does not sign what it signed."""
_PLACE = re.compile(r"e(?P<episode>\d{1,9})\.s(?P<step>\d{1,9})")


class ForkPoint(NamedTuple):
    """A step of an episode, as in `e3.s7`."""

    episode: int
    step: int

    def __str__(self) -> str:
        return f"e{self.episode}.s{self.step}"


class Changes(NamedTuple):
    """What seats do otherwise."""

    actions: dict[Seat, str]
    """Another action at the step of the fork."""
    agents: dict[Seat, str]
    """Another agent from that step on."""
    unsigned: frozenset[Seat]
    """Who signs nothing."""


def parse_point(text: str) -> ForkPoint:
    """Return the step that a text such as `e3.s7` names.

    Raises:
        ConfigError: it names none.
    """
    match = _PLACE.fullmatch(text)
    if match is None:
        raise ConfigError(
            f"{text!r} names no step; write one such as e0.s0, the episode and the step from 0",
            field="at",
        )
    return ForkPoint(int(match["episode"]), int(match["step"]))


def parse_changes(
    settings: Sequence[str], actions: Sequence[str], acting: Sequence[Seat]
) -> Changes:
    """Return the changes that texts such as `player_1=door` name.

    A value is an action of the game, else `unsigned`, else an agent.

    Args:
        settings: the texts.
        actions: all actions of the game.
        acting: the seats that act at the step of the fork.

    Raises:
        ConfigError: a text names no seat, or a seat twice, or what no seat can be set to.
    """
    changes = Changes({}, {}, frozenset())
    seen: set[Seat] = set()
    for text in settings:
        seat, equals, value = text.partition("=")
        if not equals or not value:
            raise ConfigError(
                f"{text!r} changes nothing; write SEAT=ACTION, SEAT=AGENT or SEAT={UNSIGNED}",
                field="set",
            )
        if seat not in acting:
            raise ConfigError(unknown("seat", seat, acting), field="set")
        if seat in seen:
            raise ConfigError(f"{seat} is set twice", field="set")
        seen.add(seat)
        if value in actions:
            changes.actions[seat] = value
        elif value == UNSIGNED:
            changes = changes._replace(unsigned=changes.unsigned | {seat})
        elif value in names("agents") or ":" in value:
            changes.agents[seat] = value
        else:
            known = (*actions, UNSIGNED, *rule_names())
            raise ConfigError(
                unknown(f"action or agent for {seat}", value, known), field="set"
            )
    if not seen:
        raise ConfigError(
            f"nothing is changed ({value_text(list(settings))}); set a seat to an action",
            field="set",
        )
    return changes


def still_signed(
    contracts: Sequence[Contract], place: ForkPoint, changes: Changes
) -> tuple[Contract, ...]:
    """Return the contracts that stand where some seats sign nothing from a step on.

    A contract needs all its signatures, so it falls with any of them. One that was signed at an
    earlier step stands.
    """
    kept = []
    for contract in contracts:
        # Nobody takes back what was signed before the fork.
        is_later = contract.step >= place.step
        if not (is_later and changes.unsigned & set(contract.signatures)):
            kept.append(contract)
    return tuple(kept)
