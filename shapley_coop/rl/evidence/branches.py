"""What a recorded episode was still worth to each seat at each turn, sampled by playing on from it.

Knows recorded runs; `credit.branch` samples values of any game that can be restored.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from shapley_coop.agents.cast import policy, role
from shapley_coop.config.sections import Config
from shapley_coop.config.seeds import generator
from shapley_coop.errors import ConfigError, GameError
from shapley_coop.interfaces.game import Game, Snapshot
from shapley_coop.interfaces.worth_method import Policy
from shapley_coop.records import Episode, Seat, Step
from shapley_coop.rl.credit.methods import Evidence
from shapley_coop.rl.credit.spo_tree import Node
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.episodes import branch_points

IDLE = "idle"
"""The continuation in which every seat does nothing, or falls back where it cannot."""


class Going(NamedTuple):
    """How a run's branch points are valued."""

    rollouts: int
    """Plays from each branch point, K."""
    players: Mapping[Seat, str]
    """Who goes on in each seat: a rule agent, or `idle`."""

    def told(self) -> str:
        """Return it in words."""
        names = sorted(set(self.players.values()))
        who = (
            f"every seat going on as {names[0]!r}"
            if len(names) == 1
            else ", ".join(
                f"{seat} going on as {name!r}" for seat, name in self.players.items()
            )
        )
        return f"branch points valued by {self.rollouts} plays each, {who}"


def going(
    config: Config, game: Game, rollouts: int, continue_with: str | None
) -> Going:
    """Return how branch points are valued: by the named agent in all seats, if one is named.

    Otherwise by the run's own agents where all of them follow rules, else by `worth.baseline`.

    Raises:
        ConfigError: fewer than one rollout, or an agent that asks a model or a person.
        PluginError: no agent of that name.
    """
    if rollouts < 1:
        raise ConfigError(f"a branch point needs at least one rollout, got {rollouts}")
    own = {seat: config.seats.get(seat, config.agent) for seat in game.seats}
    if continue_with is None:
        alone = all(_follows_rules(name, config) for name in own.values())
        return Going(
            rollouts, own if alone else dict.fromkeys(own, config.worth.baseline)
        )
    if not _follows_rules(continue_with, config):
        raise ConfigError(
            f"episodes cannot be continued by {continue_with!r}, which asks a model or a person; "
            f"name a rule agent or {IDLE!r}"
        )
    return Going(rollouts, dict.fromkeys(own, continue_with))


def branch_evidence(
    batch: Trajectories,
    game: Game,
    episodes: Sequence[Episode],
    config: Config,
    how: Going,
) -> Evidence:
    """Return the values before each turn for SPO-chain, and the sampled trees for SPO-tree.

    A value is the seat's expected total reward, that of the steps before included. In a tree the
    recorded step is child 0 of its turn; the K plays from there are its siblings, and a seat's
    episode is one branch below the root of its group.
    """
    returns = {
        episode.index: returns_from(game, episode, config, how) for episode in episodes
    }
    paid = {episode.index: _totals(game, episode.steps) for episode in episodes}
    columns = (batch.episode_R, batch.seat_R, batch.turn_R, batch.group_R)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    values = [float(returns[e][turn, :, seat].mean()) for e, seat, turn, _ in rows]
    branches: dict[int, dict[str, Node]] = {}
    nodes = []
    for e, seat, turn, group in rows:
        name = f"{e}-{seat}"
        below = branches.setdefault(group, {})
        if name not in below:
            below[name] = _spine(name, returns[e][:, :, seat], float(paid[e][seat]))
        nodes.append("/".join(["root", name, *["0"] * (turn + 1)]))
    return Evidence(
        segment_value_M=torch.tensor(values, dtype=torch.float64),
        trees={g: Node("root", tuple(below.values())) for g, below in branches.items()},
        node_R=nodes,
    )


def returns_from(
    game: Game, episode: Episode, config: Config, how: Going
) -> NDArray[np.float64]:
    """Return each seat's total reward of K plays from before every recorded step: [T, K, n].

    The steps before are the recorded ones, with what was signed by then in force. Play j draws the
    same numbers at every branch point (common random numbers), the agents' and the game's own dice;
    what the game drew before stays. Plays T K episodes to their ends.

    Raises:
        GameError: the game does not repeat the episode, or does not come back to a moment of it.
        ConfigError: an agent that goes on needs what the game does not have.
    """
    seeds = (
        generator(config.run.seed, "branch values")
        .integers(2**32, size=how.rollouts)
        .tolist()
    )
    points = branch_points(game, episode)[:-1]
    stage = game.fresh()
    returns = np.empty((len(points), how.rollouts, len(game.seats)))
    for t, point in enumerate(points):
        _come_back(stage, point, episode, t)
        for j, seed in enumerate(seeds):
            dice = generator(seed, "dice").bit_generator.state
            stage.restore(point._replace(chance=dice))
            steps = _played_on(
                stage, episode.steps[:t], _players(seed, config, episode, how)
            )
            returns[t, j] = _totals(game, steps)
    return returns


def _come_back(stage: Game, point: Snapshot, episode: Episode, t: int) -> None:
    """Raise GameError unless a moment can be restored and goes on as recorded."""
    try:
        stage.restore(point)
        same = stage.apply(episode.steps[t].actions).rewards == episode.steps[t].rewards
    except Exception as error:  # a game's own state may refuse to come back in any way
        raise GameError(
            f"{stage.name} cannot come back to step {t} of episode {episode.index}: {error!r}; "
            f"values at branch points need a game whose snapshot() and restore() work"
        ) from error
    if not same:
        raise GameError(
            f"{stage.name} does not come back to step {t} of episode {episode.index}: the recorded "
            f"actions pay otherwise there; keep all that changes in the game's world"
        )


def _players(
    seed: int, config: Config, episode: Episode, how: Going
) -> dict[Seat, Policy | None]:
    made = {
        name: None
        if name == IDLE
        else policy(name, seed, protocol=config.protocol, contracts=episode.contracts)
        for name in set(how.players.values())
    }
    return {seat: made[name] for seat, name in how.players.items()}


def _played_on(
    stage: Game, before: Sequence[Step], players: Mapping[Seat, Policy | None]
) -> list[Step]:
    steps = list(before)
    while stage.agents:
        actions = {}
        for seat in stage.agents:
            player = players[seat]
            if player is not None:
                actions[seat] = player(stage, seat, steps)
            else:
                idle = stage.idle in stage.legal(seat)
                actions[seat] = (
                    stage.idle if idle and stage.idle else stage.fallback(seat)
                )
        steps.append(stage.apply(actions))
    return steps


def _totals(game: Game, steps: Sequence[Step]) -> NDArray[np.float64]:
    return np.array(
        [sum(step.rewards.get(seat, 0.0) for step in steps) for seat in game.seats]
    )


def _spine(name: str, returns_TK: NDArray[np.float64], paid: float) -> Node:
    """Return one seat's episode as a tree: each turn's recorded step, and the plays beside it."""
    node = Node("0", reward=paid)
    for t in reversed(range(len(returns_TK))):
        beside = (
            Node(str(j + 1), reward=value)
            for j, value in enumerate(returns_TK[t].tolist())
        )
        node = Node("0" if t else name, (node, *beside))
    return node


def _follows_rules(name: str, config: Config) -> bool:
    return name == IDLE or (
        name != "human" and role(name, config.model.name).model is None
    )
