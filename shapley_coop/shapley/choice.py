"""How to value a game that lives in a file: what a user may choose beside its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from shapley_coop.shapley.evaluation.task import Method
from shapley_coop.shapley.exact_values.values import Index


@dataclass(frozen=True, slots=True)
class Choice:
    """How to value a game."""

    players: int | Sequence[str] | None = None
    """Number or names of the players, which functions need and tables may have."""
    index: Index = "shapley"
    """Semivalue of a full table. Functions are estimated as Shapley values."""
    default: float | None = None
    """Value of coalitions that a CSV or JSON file does not name. None makes that an error."""
    budget: int = 1000
    """Evaluations of a function, at most."""
    method: Method = "auto"
    """How a function is estimated."""
    noise: float | bool | None = None
    """Whether a function is noisy, or the standard deviation of one draw."""
    sets: bool = False
    """Whether a function takes a frozenset rather than a boolean matrix."""
    seed: int = 0
    """All that is drawn follows from it."""
    types: Sequence[int] | None = None
    """How many players of each type, in the order of the players, where a function depends only
    on how many of each are in. None where it does not. They also say how many players there are."""


class ChoiceError(ValueError):
    """What was chosen does not suit the game, in the field that `field` names."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field

    def __reduce__(self) -> tuple[Any, ...]:
        """Say how to make the error again, in another process too."""
        return partial(type(self), field=self.field), (str(self),)
