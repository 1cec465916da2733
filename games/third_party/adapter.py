"""Any PettingZoo environment as a game: facts from its spaces, legal moves from its masks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from gymnasium.spaces import Discrete
from numpy.typing import NDArray

from games.third_party.live import Live, Maker, find
from shapley_coop.errors import ConfigError, GameError
from shapley_coop.interfaces.game import Game, Snapshot, whole
from shapley_coop.records import Facts, Seat

MOST_FACTS = 64
"""Numbers of an observation that facts show. Of a larger one they show the mean."""
MOST_FEATURES = 1024
IMAGE_SIDE = 32
"""Pixels a side that a large picture is thinned to."""
WAIT = "wait"


class LineOfPlay(NamedTuple):
    """The world: a seed and every joint action since. The environment follows from it."""

    seed: int
    actions: tuple[tuple[int, ...], ...] = ()
    """One number a seat for each step. -1 means that the seat waits."""

    def leads_to(self, later: LineOfPlay) -> bool:
        """Return whether `later` is this line or goes on from it."""
        beginning = later.actions[: len(self.actions)]
        return self.seed == later.seed and self.actions == beginning


class PettingZooGame(Game):
    """An environment that nobody here wrote. `of` makes the class of one id.

    Every seat has `wait` beside the environment's own `action-k`. It is the only move of a seat
    whose turn it is not or that is out, and with `idle` also a way to take that action.
    Third-party environments cannot be copied, so a snapshot is the seed with the actions since, and
    coming back to it plays them again. A game that is not deterministic under its seed shows there.

    Args:
        horizon: most steps.
        idle: the number of the environment's null action. With it absent seats can be idle.
        render_mode: `ansi` is text by this adapter, `rgb_array` the environment's own picture.
        options: handed to the environment.
    """

    name: ClassVar[str] = "pettingzoo"
    maker: ClassVar[Maker]
    goal = "ended"

    def __init__(
        self,
        horizon: int = 100,
        idle: int | None = None,
        *,
        render_mode: str | None = None,
        **options: Any,
    ) -> None:
        self.horizon = whole(self.name, "horizon", horizon, 1)
        # Text is drawn by this adapter, so the environment hears of pixels only.
        if render_mode == "rgb_array":
            options["render_mode"] = render_mode
        self.options = options
        self._live: Live = self.maker.launch(self.options)
        # Copies share the environment until they begin. Then each launches its own.
        self._owner: PettingZooGame | None = self
        self._played: LineOfPlay | None = None
        self.sizes = {seat: self._size(seat) for seat in self._live.seats}
        least = min(self.sizes.values())
        most = max(self.sizes.values())
        if idle is not None:
            if whole(self.name, "idle", idle, 0) >= least:
                raise ConfigError(
                    f"{self.name} has no action {idle} for every seat to idle with; every seat "
                    f"has actions 0 to {least - 1}"
                )
            self.idle = WAIT
            self.absences = ("idle", *Game.absences)
        self.null = idle
        self.actions = (WAIT, *(f"action-{k}" for k in range(most)))
        super().__init__(list(self._live.seats), render_mode=render_mode)

    def begin(self) -> LineOfPlay:
        """Return the opening under a seed of its own, drawn from the game's dice."""
        # A copy of a game must not move the original's environment.
        if self._owner is not self:
            self._live = self.maker.launch(self.options)
            self._owner, self._played = self, None
        return LineOfPlay(int(self.rng.integers(2**31)))

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Play one step of the environment."""
        joint = tuple(actions[seat] - 1 for seat in self.possible_agents)
        self._follow(self.world)
        self.world = LineOfPlay(self.world.seed, (*self.world.actions, joint))
        return self._follow(self.world)

    def over(self) -> bool:
        """Return whether the environment has nobody left to move."""
        self._follow(self.world)
        return not self._live.turn()

    def legal(self, seat: Seat) -> Sequence[str]:
        """Return the unmasked actions of a seat to move, and waiting where that idles.

        Out of turn a seat can only wait.
        """
        self._follow(self.world)
        if seat not in self._live.turn():
            return (WAIT,)
        mask = self._live.mask(seat)
        numbers = list(range(self.sizes[seat]))
        if mask is not None:
            numbers = [number for number in numbers if mask[number]]
        names = [self.actions[number + 1] for number in numbers]
        if self.null in numbers:
            return (WAIT, *names)
        return tuple(names)

    def outcomes(self) -> frozenset[str]:
        """Return `ended` once the environment itself has ended."""
        return frozenset({"ended"} if self.over() else ())

    def facts(self, seat: Seat) -> Facts:
        """Return the step, whose turn it is, and what the seat observes, if it is not too much."""
        self._follow(self.world)
        observation = _array(self._live.observation(seat))
        facts: Facts = {
            "step": self.clock,
            "most_steps": self.horizon,
            "to_move": list(self._live.turn()),
            "observation_shape": list(observation.shape),
        }
        # Facts are JSON, which has no NaN.
        numbers = np.nan_to_num(observation)
        if numbers.size <= MOST_FACTS:
            facts["observation"] = numbers.round(4).tolist()
        else:
            facts["observation_mean"] = round(float(numbers.mean()), 4)
        return facts

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return the shares of steps gone and left, and the observation, a large one thinned."""
        self._follow(self.world)
        gone = self.clock / self.horizon
        observation = _thin(_array(self._live.observation(seat)))
        return np.concatenate(([gone, 1 - gone], observation)).astype(np.float32)

    def picture(self) -> str:
        """Return who is to move and what each seat observes."""
        lines = [f"{self.name}, {self.clock} of {self.horizon} steps taken"]
        for seat in self.possible_agents:
            facts = self.facts(seat)
            text = f"mean {facts.get('observation_mean')}"
            if "observation" in facts:
                text = str(facts["observation"])
            turn = "to move" if seat in facts["to_move"] else "waits"
            lines.append(f"{seat} {turn}: {text}")
        return "\n".join(lines)

    def frame(self) -> NDArray[np.uint8]:
        """Return the environment's own picture."""
        self._follow(self.world)
        picture = self._live.render()
        if picture is None:
            return super().frame()
        return np.asarray(picture, np.uint8)

    def restore(self, moment: Snapshot) -> None:
        """Come back to a moment by playing its actions again."""
        super().restore(moment)
        self._follow(self.world)

    def close(self) -> None:
        """Close the environment."""
        self._live.close()

    def _follow(self, line: LineOfPlay) -> Mapping[Seat, float]:
        """Bring the environment to where `line` is, and return the rewards of its last step.

        Without a step to take the rewards are empty.
        """
        if self._played == line:
            return {}
        rewards: Mapping[Seat, float] = {}
        # A third party may fail in any way, and its episode ends with a GameError.
        try:
            before = self._played
            if before is None or not before.leads_to(line):
                self._live.reset(line.seed)
                before = LineOfPlay(line.seed)
            # An environment that fails half way is at no known place.
            self._played = None
            for joint in line.actions[len(before.actions) :]:
                rewards = self._live.step(self._moves(joint))
        except Exception as error:
            raise GameError(
                f"{self.name} failed at step {self.clock}: {error!r}"
            ) from error
        self._played = line
        return rewards

    def _moves(self, joint: Sequence[int]) -> dict[Seat, int]:
        """Return the environment's actions of the seats to move. Waiting is the null action."""
        actions = dict(zip(self.possible_agents, joint, strict=True))
        null = self.null if self.null is not None else 0
        moves = {}
        for seat in self._live.turn():
            waits = actions[seat] < 0
            moves[seat] = null if waits else actions[seat]
        return moves

    def _size(self, seat: Seat) -> int:
        space = self._live.action_space(seat)
        if not isinstance(space, Discrete) or space.start != 0:
            raise ConfigError(
                f"{self.name} gives {seat} the actions {space}; only Discrete(n) can be named in "
                f"contracts. Many environments take continuous_actions=false"
            )
        return int(space.n)


def of(env_id: str) -> type[PettingZooGame]:
    """Return the game class of an id such as `mpe2.simple_spread_v3`.

    Raises:
        PluginError: there is no such environment, or its package is missing.
    """

    class NamedPettingZooGame(PettingZooGame):
        name = f"pettingzoo:{env_id}"
        maker = find(env_id)

    return NamedPettingZooGame


def _array(observation: Any) -> NDArray[np.float64]:
    """Return an observation as numbers. A dict has them as its `observation`."""
    if isinstance(observation, Mapping):
        observation = observation["observation"]
    return np.asarray(observation, np.float64)


def _thin(observation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an observation as a vector. Pixels become grey and few, other excess is cut."""
    if observation.size > MOST_FEATURES and observation.ndim == 3:
        height, width, _ = observation.shape
        row_step = math.ceil(height / IMAGE_SIDE)
        column_step = math.ceil(width / IMAGE_SIDE)
        grey = observation.mean(axis=2)
        observation = grey[::row_step, ::column_step]
    return np.nan_to_num(observation.ravel()[:MOST_FEATURES])
