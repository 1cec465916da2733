"""What the contract of adapters asks of each framework: a small team whose models are scripted."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shapley_coop.teams.adapters.adapted import AdaptedTeam

WORDS = {"planner": "plan", "coder": "code", "tester": "test"}
"""What the model of each member says, which is all that it does."""


def worth(words):
    """Be worth 5 by code, 3 more with a plan beside it, 1 by a test, and 2 by a draft."""
    said = set(words)
    return (
        5.0 * ("code" in said)
        + 3.0 * ({"code", "plan"} <= said)
        + 1.0 * ("test" in said)
        + 2.0 * ("draft" in said)
    )


class Kit(ABC):
    """A team of a planner, a coder and a tester, who speak in this order.

    The frameworks are real and the models scripted, so what a run comes to is known beforehand.
    """

    title: str
    """The heading of the framework's section in the page of teams."""
    always = frozenset[str]()
    """Members who cannot be absent, and so need somebody in their place."""

    def __init__(self):
        self.asked: list[str] = []
        """The words of all models that were asked, in all runs."""
        self.broken: set[str] = set()
        """The words whose model raises an error."""

    @abstractmethod
    def team(
        self, score: Callable[..., Any], swap: Mapping[str, str] | None = None
    ) -> AdaptedTeam:
        """Return the team, with the words of who is in a place that is empty otherwise."""

    @abstractmethod
    async def words(self, built: Any) -> Sequence[str]:
        """Run what was built for one run, and return what was said in it."""

    @abstractmethod
    def spoken(self, result: Any) -> Sequence[str]:
        """Return what was said, from what the framework returned."""

    @property
    @abstractmethod
    def names(self) -> dict[str, Any]:
        """What a user of the page of teams has, by the names that its section uses."""

    @abstractmethod
    def state(self) -> Any:
        """Return what can be compared to know whether the caller's own objects were changed."""

    def say(self, word: str) -> str:
        """Return what a scripted model says, or raise what it raises."""
        self.asked.append(word)
        if word in self.broken:
            raise RuntimeError(f"the model of {word!r} is down")
        return word
