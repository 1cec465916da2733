"""What a way to measure credit raises gets its name: the worth kind, and what was done with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shapley_coop.errors import (
    Blame,
    ShapleyCoopError,
    WorthError,
    cause_text,
    value_text,
)
from shapley_coop.interfaces.plugins import place_of
from shapley_coop.interfaces.worth import CoalitionWorth, CountWorth, Worth
from shapley_coop.interfaces.worth_method import Scene, WorthMethod
from shapley_coop.records import Credit
from shapley_coop.shapley import EvaluationError


@contextmanager
def name_failures(kind: str, doing: str) -> Iterator[None]:
    """Raise a WorthError that names the kind and what was done, for whatever is raised inside.

    An error of this project passes as it is, also where an estimate was under way.
    """

    def failure(error: BaseException) -> WorthError:
        cause = error.__cause__ if isinstance(error, EvaluationError) else None
        words = cause_text(cause or error)
        return WorthError(f"worth kind {kind!r}: {doing} failed: {words}")

    with Blame(failure):
        try:
            yield
        except EvaluationError as error:
            if isinstance(error.__cause__, ShapleyCoopError):
                raise error.__cause__ from None
            raise


async def worth_of(method: WorthMethod, scene: Scene) -> Worth | Credit | None:
    """Return what a worth kind says of a play.

    Raises:
        WorthError: it broke, or returned something else than a worth.
        ConfigError: the scene lacks what the kind needs.
        GameError: the game broke.
    """
    with name_failures(method.name, f"{place_of(method)}.worth"):
        worth = await method.worth(scene)
    if worth is None or isinstance(worth, CoalitionWorth | CountWorth | Credit):
        return worth
    raise WorthError(
        f"worth kind {method.name!r}: {place_of(method)}.worth returned {value_text(worth)}; it "
        "returns a CoalitionWorth, a CountWorth, a Credit or None"
    )
