"""What is kept of a moment of a game, and of a play ahead from it."""

from __future__ import annotations

from typing import Any, NamedTuple

from shapley_coop.records import Seat, Step


class Snapshot(NamedTuple):
    """A moment of a game: its world, its dice, its seats and its clock."""

    world: Any
    chance: Any
    """State of the game's random generator."""
    agents: tuple[Seat, ...]
    """Seats that still act."""
    clock: int


class Preview(NamedTuple):
    """How a game would end if the seats followed a plan from here on."""

    payoffs: dict[Seat, float]
    """Sum of each seat's rewards over the steps of the preview."""
    outcomes: frozenset[str]
    """Named outcomes that hold at the end."""
    steps: tuple[Step, ...]
