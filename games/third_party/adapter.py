"""Any PettingZoo environment as a game: facts from its spaces, legal moves from its masks."""

from __future__ import annotations

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
MOST_FEATURES = 1024
IMAGE_SIDE = 32
WAIT = "wait"


class ObservationLine(NamedTuple):
    """The world: a seed and every joint action since; the environment follows from it."""

    seed: int
    actions: tuple[tuple[int, ...], ...] = ()


class PettingZooGame(Game):
    """An environment that nobody here wrote; `of` makes the class of one id.

    Every seat has `wait` beside the environment's own `action-k`: the only move of a seat whose
    turn it is not or that is out, and with `idle` also a way to take that action. Third-party
    environments cannot be copied, so a snapshot is the seed with the actions taken, and coming
    back to it plays them again: a game that is not deterministic under its seed shows there.

    Args:
        horizon: most steps.
        idle: the number of the environment's null action; with it absent seats can be idle.
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
        pixels = {"render_mode": render_mode} if render_mode == "rgb_array" else {}
        self.options = {**options, **pixels}
        self._live: Live = self.maker.launch(self.options)
        self._owner: PettingZooGame | None = self
        self._played: ObservationLine | None = None
        self.sizes = {seat: self._size(seat) for seat in self._live.seats}
        most = max(self.sizes.values())
        if idle is not None:
            if whole(self.name, "idle", idle, 0) >= min(self.sizes.values()):
                raise ConfigError(
                    f"{self.name} has no action {idle} for every seat to idle with; every seat "
                    f"has actions 0 to {min(self.sizes.values()) - 1}"
                )
            self.idle = WAIT
            self.absences = ("idle", *Game.absences)
        self.null = idle
        self.actions = (WAIT, *(f"action-{k}" for k in range(most)))
        super().__init__(list(self._live.seats), render_mode=render_mode)

    def begin(self) -> ObservationLine:
        """Return the opening under a seed of its own, drawn from the game's dice."""
        if (
            self._owner is not self
        ):  # a copy of a game must not move the original's environment
            self._live = self.maker.launch(self.options)
            self._owner, self._played = self, None
        return ObservationLine(int(self.rng.integers(2**31)))

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Play one step of the environment."""
        joint = tuple(actions[seat] - 1 for seat in self.possible_agents)
        self._follow(self.world)
        self.world = ObservationLine(self.world.seed, (*self.world.actions, joint))
        return self._follow(self.world)

    def over(self) -> bool:
        """Return whether the environment has nobody left to move."""
        self._follow(self.world)
        return not self._live.turn()

    def legal(self, seat: Seat) -> Sequence[str]:
        """Return waiting out of turn; else the unmasked actions, and waiting where that idles."""
        self._follow(self.world)
        if seat not in self._live.turn():
            return (WAIT,)
        mask = self._live.mask(seat)
        open_to = [k for k in range(self.sizes[seat]) if mask is None or mask[k]]
        waits = (WAIT,) if self.null in open_to else ()
        return (*waits, *(self.actions[k + 1] for k in open_to))

    def outcomes(self) -> frozenset[str]:
        """Return `ended` once the environment itself has ended."""
        return frozenset({"ended"} if self.over() else ())

    def facts(self, seat: Seat) -> Facts:
        """Return the step, whose turn it is, and what the seat observes, if it is not too much."""
        self._follow(self.world)
        seen = _array(self._live.seen(seat))
        facts: Facts = {
            "step": self.clock,
            "most_steps": self.horizon,
            "to_move": list(self._live.turn()),
            "observation_shape": list(seen.shape),
        }
        if seen.size <= MOST_FACTS:
            facts["observation"] = np.nan_to_num(seen).round(4).tolist()
        else:
            facts["observation_mean"] = round(float(np.nan_to_num(seen).mean()), 4)
        return facts

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return the shares of steps taken and left, and the observation, a large one thinned."""
        self._follow(self.world)
        taken = self.clock / self.horizon
        seen = _thin(_array(self._live.seen(seat)))
        return np.concatenate(([taken, 1 - taken], seen)).astype(np.float32)

    def picture(self) -> str:
        """Return who is to move and what each seat observes."""
        lines = [f"{self.name}, {self.clock} of {self.horizon} steps taken"]
        for seat in self.possible_agents:
            facts = self.facts(seat)
            shown = facts.get("observation", f"mean {facts.get('observation_mean')}")
            turn = "to move" if seat in facts["to_move"] else "waits"
            lines.append(f"{seat} {turn}: {shown}")
        return "\n".join(lines)

    def frame(self) -> NDArray[np.uint8]:
        """Return the environment's own picture."""
        self._follow(self.world)
        drawn = self._live.render()
        return super().frame() if drawn is None else np.asarray(drawn, np.uint8)

    def restore(self, moment: Snapshot) -> None:
        """Come back to a moment by playing its actions again."""
        super().restore(moment)
        self._follow(self.world)

    def close(self) -> None:
        """Close the environment."""
        self._live.close()

    def _follow(self, line: ObservationLine) -> Mapping[Seat, float]:
        """Bring the environment to where `line` is; return the rewards of the last step taken."""
        if self._played == line:
            return {}
        rewards: Mapping[Seat, float] = {}
        try:
            done = self._played
            if done is None or (done.seed, done.actions) != (
                line.seed,
                line.actions[: len(done.actions)],
            ):
                self._live.reset(line.seed)
                done = ObservationLine(line.seed)
            self._played = None
            for joint in line.actions[len(done.actions) :]:
                rewards = self._live.step(self._given(joint))
        except Exception as error:  # a third party may fail in any way; name it
            raise GameError(
                f"{self.name} failed at step {self.clock}: {error!r}"
            ) from error
        self._played = line
        return rewards

    def _given(self, joint: Sequence[int]) -> dict[Seat, int]:
        """Return the environment's actions of the seats to move; waiting is the null action."""
        actions = dict(zip(self.possible_agents, joint, strict=True))
        null = self.null if self.null is not None else 0
        return {s: actions[s] if actions[s] >= 0 else null for s in self._live.turn()}

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
    about = {"name": f"pettingzoo:{env_id}", "maker": find(env_id)}
    return type("PettingZooGame", (PettingZooGame,), about)


def _array(seen: Any) -> NDArray[np.float64]:
    """Return an observation as numbers; of a dict its `observation`."""
    inner = seen["observation"] if isinstance(seen, Mapping) else seen
    return np.asarray(inner, np.float64)


def _thin(seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an observation as a vector; pixels become grey and few, other excess is cut."""
    if seen.size > MOST_FEATURES and seen.ndim == 3:
        rows, columns = (-(-side // IMAGE_SIDE) for side in seen.shape[:2])
        seen = seen.mean(axis=2)[::rows, ::columns]
    return np.nan_to_num(seen.ravel()[:MOST_FEATURES])
