"""Any PettingZoo environment as a game: facts from its spaces, legal moves from its masks."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from functools import cache
from typing import Any, ClassVar, Self

import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray

from games.third_party.live import Live
from games.third_party.lookup import Maker, find
from games.third_party.observations import (
    count_numbers,
    json_value,
    numbers,
    space_without_mask,
    without_mask,
)
from games.third_party.track import LineOfPlay, Track
from shapley_coop.errors import ConfigError, GameError, PluginError, cause_text
from shapley_coop.interfaces.copying import CopiesById
from shapley_coop.interfaces.game import Game, whole
from shapley_coop.records import Facts, Seat

WAIT = "wait"


class PettingZooGame(CopiesById, Game):
    """An environment that nobody here wrote. `of` makes the class of one id.

    Every seat has `wait` beside the environment's own `action-k`. It is the only move of a seat
    whose turn it is not or that is out, and with `idle` also a way to take that action.
    Many third-party environments cannot be copied, so a copy and a snapshot are the seed with the
    steps since, and an environment of their own plays them again. One that does not repeat itself
    raises GameError then. Chance to come follows from the seed in copies too.

    Args:
        horizon: most steps.
        idle: the number of the environment's null action. With it absent seats can be idle.
        render_mode: `ansi` is text by this adapter, `rgb_array` the environment's own picture.
        options: handed to the environment.

    Raises:
        ConfigError: actions are not `Discrete`, or some seat lacks the action `idle`.
        PluginError: the environment cannot be made with the options, or fails at its opening.
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
        self.track = Track(self.maker, options)
        live = self.track.live
        # What cannot work is found here, before anything is played or paid for.
        try:
            with redirect_stdout(sys.stderr):
                live.reset(0)
            self._read_spaces(live)
            self.possible_agents = list(live.seats)
            self._check_opening(live)
        except GameError as error:
            raise PluginError(f"{self.name} cannot be played: {error}") from error
        except ConfigError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"{self.name} cannot be played: it fails at its opening with "
                f"{cause_text(error)}"
            ) from error
        self.null = idle
        if idle is not None:
            self._check_idle(whole(self.name, "idle", idle, 0))
            self.idle = WAIT
            self.absences = ("idle", *Game.absences)
        for seat, choices in self.choices.items():
            self.track.spare[seat] = choices[0] if idle is None else idle
        every = {number for choices in self.choices.values() for number in choices}
        self.numbers = (None, *sorted(every))
        """The environment's number of each action. None stands for waiting."""
        self.actions = (WAIT, *(f"action-{number}" for number in sorted(every)))
        super().__init__(live.seats, render_mode=render_mode)

    def begin(self) -> LineOfPlay:
        """Return the opening under a seed of its own, drawn from the game's dice."""
        return LineOfPlay(int(self.rng.integers(2**31)))

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Play one step of the environment."""
        joint = [self.numbers[actions[seat]] for seat in self.possible_agents]
        self.world = self.track.go_on(self.world, joint)
        return dict(
            zip(self.possible_agents, self.world.steps[-1].rewards, strict=True)
        )

    def over(self) -> bool:
        """Return whether the environment has nobody left to move."""
        return not self._live().turn()

    def legal(self, seat: Seat) -> Sequence[str]:
        """Return the unmasked actions of a seat to move, and waiting where that idles.

        Out of turn a seat can only wait, and so it can where its mask leaves it nothing.
        """
        live = self._live()
        if seat not in live.turn():
            return (WAIT,)
        allowed = self._allowed(live, seat)
        names = [f"action-{number}" for number in allowed]
        if self.null in allowed or not allowed:
            return (WAIT, *names)
        return tuple(names)

    def outcomes(self) -> frozenset[str]:
        """Return `ended` once the environment itself has ended."""
        return frozenset({"ended"} if self.over() else ())

    def facts(self, seat: Seat) -> Facts:
        """Return the step, whose turn it is, and what the seat observes, if it is not too much."""
        live = self._live()
        facts: Facts = {
            "step": self.clock,
            "most_steps": self.horizon,
            "to_move": list(live.turn()),
        }
        observation = without_mask(live.observation(seat))
        if not isinstance(observation, np.ndarray):
            facts["observation"] = json_value(observation)
            return facts
        facts["observation_shape"] = list(observation.shape)
        array = json_value(observation)
        if isinstance(array, dict):
            facts["observation_mean"] = array["mean"]
        else:
            facts["observation"] = array
        return facts

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return the shares of steps gone and left, and the observation, a large one thinned."""
        gone = self.clock / self.horizon
        observation = without_mask(self._live().observation(seat))
        row = numbers(self.spaces[seat], observation)
        # Learners that serve all seats need features of one length.
        row = np.pad(row, (0, self.width - len(row)))
        return np.concatenate(([gone, 1 - gone], row)).astype(np.float32)

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
        picture = self._live().render()
        if not isinstance(picture, np.ndarray):
            return super().frame()
        return np.asarray(picture, np.uint8)

    def twin(self) -> Self:
        """Return another instance with an environment of its own."""
        another = super().twin()
        another.track = self.track.twin()
        return another

    def close(self) -> None:
        """Close the environment."""
        self.track.close()

    def _live(self) -> Live:
        """Return the environment where this game stands."""
        return self.track.at(self.world)

    def _read_spaces(self, live: Live) -> None:
        self.choices = {seat: self._choices(live, seat) for seat in live.seats}
        """The environment's numbers of each seat's actions."""
        self.spaces = {
            seat: space_without_mask(live.observation_space(seat))
            for seat in live.seats
        }
        self.width = max(count_numbers(space) for space in self.spaces.values())

    def _choices(self, live: Live, seat: Seat) -> range:
        space = live.action_space(seat)
        if isinstance(space, Discrete):
            return range(int(space.start), int(space.start + space.n))
        hint = ""
        if type(space).__name__ == "Discrete":
            hint = f"; they are of {type(space).__module__}, and PettingZoo's are of gymnasium"
        if isinstance(space, Box):
            hint = (
                "; many environments take continuous_actions=false or continuous=false"
            )
        raise ConfigError(
            f"{self.name} gives {seat} the actions {space}; only Discrete ones can be named in "
            f"contracts{hint}"
        )

    def _check_opening(self, live: Live) -> None:
        """Raise GameError if what seats see at the opening cannot be told."""
        if not live.turn():
            raise GameError("nobody is to move at its opening")
        for seat in live.seats:
            self._allowed(live, seat)
            observation = without_mask(live.observation(seat))
            json_value(observation)
            numbers(self.spaces[seat], observation)

    def _check_idle(self, idle: int) -> None:
        for seat, choices in self.choices.items():
            if idle not in choices:
                raise ConfigError(
                    f"{self.name} has no action {idle} for every seat to idle with; {seat} has "
                    f"actions {choices[0]} to {choices[-1]}"
                )

    def _allowed(self, live: Live, seat: Seat) -> Sequence[int]:
        """Return the numbers of a seat's actions that its mask allows."""
        choices, mask = self.choices[seat], live.mask(seat)
        if mask is None:
            return choices
        if mask.shape != (len(choices),):
            raise GameError(
                f"the mask of {seat} has the shape {mask.shape}, and its actions are {len(choices)}"
            )
        return [
            number for number, allowed in zip(choices, mask, strict=True) if allowed
        ]


def of(env_id: str) -> type[PettingZooGame]:
    """Return the game class of an id such as `mpe2.simple_spread_v3`.

    Raises:
        PluginError: there is no such environment, or its package is missing.
    """
    return _class_of(find(env_id))


# A class is made once, so that copies and originals are of one class. It is made anew where a
# module was loaded again.
@cache
def _class_of(environment: Maker) -> type[PettingZooGame]:
    class NamedPettingZooGame(PettingZooGame):
        name = f"pettingzoo:{environment.env_id}"
        maker = environment
        made_by = (of, environment.env_id)

    return NamedPettingZooGame
