"""What a recorded episode was still worth to each seat at each turn, by playing on from it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shapley_coop.agents.replay_policy import policy
from shapley_coop.agents.roles import role
from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.config.sections import Config
from shapley_coop.config.seeds import generator
from shapley_coop.errors import ConfigError, GameError
from shapley_coop.interfaces.game import Game, Snapshot
from shapley_coop.interfaces.worth_method import Policy
from shapley_coop.records import Episode, Seat, Step
from shapley_coop.rl.assignment.evidence import Node
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.episodes import branch_points

IDLE = "idle"
"""The continuation in which every seat does nothing, or falls back where it cannot."""


class Continuation(NamedTuple):
    """How a run's branch points are valued."""

    rollouts: int
    """Plays from each branch point, K."""
    players: Mapping[Seat, str]
    """Who goes on in each seat: a rule agent, or `idle`."""

    def in_words(self) -> str:
        """Return it as a line of a report."""
        names = sorted(set(self.players.values()))
        if len(names) == 1:
            who = f"every seat going on as {names[0]!r}"
        else:
            who = ", ".join(
                f"{seat} going on as {name!r}" for seat, name in self.players.items()
            )
        return f"branch points valued by {self.rollouts} plays each, {who}"


class BranchValues(NamedTuple):
    """What SPO-chain and SPO-tree look at."""

    segment_value_M: Tensor
    """Value before each turn: the seat's expected total reward, that of earlier steps included."""
    trees: dict[int, Node]
    """The sampled tree of each task group."""
    node_R: list[str]
    """Path of the tree node that each row is."""


def continuation(
    config: Config, game: Game, rollouts: int, agent: str | None
) -> Continuation:
    """Return how branch points are valued: by `agent` in all seats, if one is named.

    Otherwise by the run's own agents where all of them follow rules, else by `worth.baseline`.

    Raises:
        ConfigError: fewer than one rollout, or an agent that asks a model or a person.
        PluginError: no agent of that name.
    """
    if rollouts < 1:
        raise ConfigError(
            f"a branch point needs at least one rollout, got {rollouts}",
            field="rollouts",
        )
    own = config.agents_of(game.seats)
    model = config.model.name
    if agent is None:
        if all(_follows_rules(name, model) for name in own.values()):
            return Continuation(rollouts, own)
        # A model or a person cannot be asked again, so the baseline goes on for all.
        agent = config.worth.baseline
    elif not _follows_rules(agent, model):
        raise ConfigError(
            f"episodes cannot be continued by {agent!r}, which asks a model or a person; "
            f"name a rule agent or {IDLE!r}",
            field="continue_with",
        )
    return Continuation(rollouts, dict.fromkeys(own, agent))


def branch_values(
    batch: Trajectories,
    game: Game,
    episodes: Sequence[Episode],
    how: Continuation,
    *,
    seed: int,
    protocol: NegotiationProtocol,
) -> BranchValues:
    """Return the values before each turn for SPO-chain, and the sampled trees for SPO-tree.

    In a tree the recorded step is child 0 of its turn. The K plays from there are its siblings,
    and a seat's episode is one branch below the root of its group.
    """
    returns = {}
    recorded = {}
    for episode in episodes:
        returns[episode.index] = returns_from(
            game, episode, how, seed=seed, protocol=protocol
        )
        recorded[episode.index] = _totals(game, episode.steps)

    values = []
    nodes = []
    # Branches of a group, by episode and seat, in the order of the rows.
    branches: dict[int, list[Node]] = {}
    place_of: dict[tuple[int, int], int] = {}
    for key, group in zip(batch.row_keys(), batch.group_R.tolist(), strict=True):
        episode_index, seat, turn = key
        returns_TK = returns[episode_index][:, :, seat]
        values.append(float(returns_TK[turn].mean()))
        below = branches.setdefault(group, [])
        if (episode_index, seat) not in place_of:
            place_of[episode_index, seat] = len(below)
            reward = float(recorded[episode_index][seat])
            below.append(_spine(returns_TK, reward))
        place = place_of[episode_index, seat]
        nodes.append("/".join(["root", str(place), *["0"] * (turn + 1)]))
    trees = {group: Node(children=tuple(below)) for group, below in branches.items()}
    return BranchValues(torch.tensor(values, dtype=torch.float64), trees, nodes)


def returns_from(
    game: Game,
    episode: Episode,
    how: Continuation,
    *,
    seed: int,
    protocol: NegotiationProtocol,
) -> NDArray[np.float64]:
    """Return each seat's total reward of K plays from before every recorded step: [T, K, n].

    The steps before are the recorded ones, with what was signed by then in force. Play j draws the
    same numbers at every branch point (common random numbers), the agents' and the game's own dice,
    while what the game drew before stays. Plays T K episodes to their ends.

    Args:
        game: any instance of the game. It is left alone.
        episode: the recorded play.
        how: who goes on, and how often.
        seed: the run's seed, from which all plays draw.
        protocol: what was negotiated, for agents that read contracts.

    Raises:
        GameError: the game does not repeat the episode, or does not come back to a moment of it.
        ConfigError: an agent that goes on needs what the game does not have.
    """
    # The same seeds at every branch point, so that differences of values are less noisy.
    draws = generator(seed, "branch values").integers(2**32, size=how.rollouts)
    points = branch_points(game, episode)[:-1]
    stage = game.fresh()
    returns = np.empty((len(points), how.rollouts, len(game.seats)))
    for t, point in enumerate(points):
        _require_return(stage, point, episode, t)
        for j, play_seed in enumerate(draws.tolist()):
            # The game's own chance begins anew, and everything else is as it was.
            dice = generator(play_seed, "dice").bit_generator.state
            stage.restore(point._replace(chance=dice))
            players = _players(play_seed, protocol, episode, how)
            steps = _play_on(stage, episode.steps[:t], players)
            returns[t, j] = _totals(game, steps)
    return returns


def _require_return(stage: Game, point: Snapshot, episode: Episode, t: int) -> None:
    """Raise GameError unless a moment can be restored and goes on as recorded."""
    step = episode.steps[t]
    try:
        stage.restore(point)
        rewards = stage.apply(step.deeds).rewards
    except Exception as error:  # a game's own state may refuse to come back in any way
        raise GameError(
            f"{stage.name} cannot come back to step {t} of episode {episode.index}: {error!r}; "
            f"values at branch points need a game whose snapshot() and restore() work"
        ) from error
    if rewards != step.rewards:
        raise GameError(
            f"{stage.name} does not come back to step {t} of episode {episode.index}: the recorded "
            f"actions pay otherwise there; keep all that changes in the game's world"
        )


def _players(
    seed: int, protocol: NegotiationProtocol, episode: Episode, how: Continuation
) -> dict[Seat, Policy | None]:
    """Return who plays on in each seat. None idles."""
    by_name: dict[str, Policy | None] = {IDLE: None}
    for name in set(how.players.values()) - {IDLE}:
        by_name[name] = policy(
            name, seed, protocol=protocol, contracts=episode.contracts
        )
    return {seat: by_name[name] for seat, name in how.players.items()}


def _play_on(
    stage: Game, before: Sequence[Step], players: Mapping[Seat, Policy | None]
) -> list[Step]:
    """Play the game to its end and return all steps, those before included."""
    steps = list(before)
    while stage.agents:
        actions = {}
        for seat in stage.agents:
            player = players[seat]
            if player is None:
                actions[seat] = stage.idle_action(seat)
            else:
                actions[seat] = player(stage, seat, steps)
        steps.append(stage.apply(actions))
    return steps


def _totals(game: Game, steps: Sequence[Step]) -> NDArray[np.float64]:
    """Return each seat's total reward: [n]."""
    totals = [sum(step.rewards.get(seat, 0.0) for step in steps) for seat in game.seats]
    return np.array(totals)


def _spine(returns_TK: NDArray[np.float64], reward: float) -> Node:
    """Return one seat's episode as a tree: each turn's recorded step, and the plays beside it."""
    # Built from the last turn up: each node holds what followed it in the record.
    node = Node(reward=reward)
    for returns_K in returns_TK[::-1]:
        siblings = [Node(reward=value) for value in returns_K.tolist()]
        node = Node(children=(node, *siblings))
    return node


def _follows_rules(name: str, default_model: str) -> bool:
    """Return whether an agent decides without asking a model or a person."""
    if name == IDLE:
        return True
    return name != "human" and role(name, default_model).model is None
