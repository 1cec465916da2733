"""Monte-Carlo values at branch points, by restoring a game or by continuing a token prefix."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.random import Generator, SeedSequence

from shapley_coop.rl.assignment.evidence import Node
from tests.golden.credit.segments import Rollout, boundary_value

State = TypeVar("State")
Continue: TypeAlias = Callable[[Sequence[int], int], Sequence[Rollout]]
"""Sample n continuations of a token prefix with the policy, and score them."""


class Resettable(Protocol[State]):
    """A game that can be put back into an earlier state."""

    def snapshot(self) -> State:
        """Return all that is needed to go on from here."""
        ...

    def restore(self, state: State) -> None:
        """Go back to a snapshot."""
        ...


Game = TypeVar(
    "Game", bound=Resettable[Any]
)  # what a snapshot holds is the game's own business
Play: TypeAlias = Callable[[Game, Generator], Rollout]
"""Play the game in its present state to the end. Return the outcome that is to be valued."""
Segment: TypeAlias = Callable[[Game, Generator], float | None]
"""Play one segment. Return the outcome if the episode ended, else None."""


def game_values(
    game: Game,
    branches: Sequence[object],
    play: Play[Game],
    count: int,
    seed: SeedSequence,
) -> list[float]:
    """Mean outcome of `count` plays from each snapshot, in the units of the outcome.

    Rollout j draws from the same seed at every branch point (common random numbers), which lowers
    the noise of the differences. The game is left as it was found. Plays len(branches) * count.
    """
    _check(count)
    here = game.snapshot()
    seeds = seed.spawn(count)
    values = []
    try:
        for branch in branches:
            rollouts = []
            for child in seeds:
                game.restore(branch)
                rollouts.append(play(game, np.random.default_rng(child)))
            values.append(boundary_value(rollouts))
    finally:
        game.restore(here)
    return values


def token_values(
    tokens: Sequence[int], starts: Sequence[int], go_on: Continue, count: int
) -> list[float]:
    """Mean outcome of `count` continuations of tokens[:start] for each start."""
    _check(count)
    values = []
    for start in starts:
        if not 0 <= start <= len(tokens):
            raise ValueError(
                f"segment start {start} lies outside the {len(tokens)} tokens"
            )
        rollouts = list(go_on(tokens[:start], count))
        if len(rollouts) != count:
            raise ValueError(
                f"asked for {count} continuations at {start}, got {len(rollouts)}"
            )
        values.append(boundary_value(rollouts))
    return values


def grow_tree(
    game: Game,
    segment: Segment[Game],
    score: Callable[[Game], float],
    branching: Sequence[int],
    seed: SeedSequence,
    name: str = "",
) -> Node:
    """Sample a tree of segments from the game's present state. Its last level is cut and scored.

    branching: continuations of each node, level by level. The game is left as it was found.
    Plays up to the product of `branching` segments.
    """
    if not branching:
        return Node(name, reward=score(game))
    here = game.snapshot()
    children = []
    for place, child in enumerate(seed.spawn(branching[0])):
        play, below = child.spawn(2)
        outcome = segment(game, np.random.default_rng(play))
        if outcome is None:
            node = grow_tree(game, segment, score, branching[1:], below, str(place))
        else:
            node = Node(str(place), reward=outcome)
        children.append(node)
        game.restore(here)
    return Node(name, tuple(children))


def _check(count: int) -> None:
    if count < 1:
        raise ValueError(f"a value needs at least one rollout, got {count}")
