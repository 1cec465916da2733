"""What every credit method is: settings that a spec may name, and one call on a batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeAlias, TypeVar

from pydantic import ConfigDict, Field

from shapley_coop.records.base import Record
from shapley_coop.rl.assignment.evidence import Evidence
from shapley_coop.rl.assignment.result import TurnCredit
from shapley_coop.rl.trajectories.batch import Trajectories

Need = Literal["seat credit", "process rewards", "branch values", "state texts"]
"""What a method looks at beside the batch, in the words of a report."""
Meaning = Literal["own", "onward", "relative"]
"""What the credit of a turn is: what it earned itself, which alone adds up over turns, what is
earned from it on, or how it compares with other turns."""
Share: TypeAlias = Annotated[float, Field(ge=0.0, le=1.0)]
Positive: TypeAlias = Annotated[float, Field(gt=0.0)]


class MethodSettings(Record):
    """Settings of a credit method.

    Types, bounds and defaults of the fields are all that a spec is checked against, so each
    choice is said once, here. A word or a number of the wrong type is refused, never converted.
    """

    model_config = ConfigDict(strict=True, allow_inf_nan=False)


S = TypeVar("S", bound=MethodSettings)


class CreditMethod(ABC, Generic[S]):
    """A credit method with its settings, ready for any batch.

    A package offers its own under the entry-point group `shapley_coop.credit`.
    """

    Settings: ClassVar[type[MethodSettings]] = MethodSettings

    def __init__(self, settings: S) -> None:
        self.settings = settings

    @property
    def needs(self) -> frozenset[Need]:
        """What must be in the evidence. By default a method needs the batch alone."""
        return frozenset()

    @property
    def meaning(self) -> Meaning | None:
        """What the credit of a turn is. None, the default, means that a report cannot say."""
        return None

    @abstractmethod
    def __call__(self, batch: Trajectories, evidence: Evidence) -> TurnCredit:
        """Return the credit of each row [R] and token [K].

        Raises:
            ValueError: the batch or the evidence does not hold what the method needs.
        """


class SeatMethod(CreditMethod[S]):
    """A method whose seat credit another one may spread over time, as in `shapley*gae`."""

    @abstractmethod
    def seat_rewards(self, batch: Trajectories, evidence: Evidence) -> Trajectories:
        """Return the batch with what each seat earned in the place of its rewards."""


MethodClass: TypeAlias = type[CreditMethod[Any]]
"""What an entry point of the group `shapley_coop.credit` names."""
