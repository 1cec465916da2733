"""Agents that are hard on whoever runs them, named by tests as module:attribute."""

import os
import signal
import time
from pathlib import Path

from shapley_coop.agents.rules.rational import Rational

MARK = "SHAPLEY_COOP_TEST_MARK"
"""Names a file that is there once a process has been killed, or has begun to play."""


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def die_once():
    mark = Path(os.environ[MARK])
    if not mark.exists():
        mark.touch()
        die()


def take_time():
    with Path(os.environ[MARK]).open("a") as file:
        file.write(f"{os.getpid()}\n")
    time.sleep(0.2)


class Talkative(Rational):
    """Prints while it plays."""

    async def act(self, view):
        print("I act", flush=True)
        return await super().act(view)


class KillsOnce(Rational):
    """Kills the process that it plays in, the first time that it acts at all."""

    async def act(self, view):
        die_once()
        return await super().act(view)


class KillsAlways(Rational):
    """Kills every process that it plays in."""

    async def act(self, view):
        die()


class Slow(Rational):
    """Takes its time, and leaves a line behind for each action."""

    async def act(self, view):
        take_time()
        return await super().act(view)


SEATS = 4
"""Seats of the game in which some agents look whether somebody is left out."""


class BreaksInCoalitions(Rational):
    """Plays with everybody, and breaks where somebody is left out."""

    def __init__(self, place):
        super().__init__(place)
        self.is_coalition = len(place.game.seats) < SEATS

    async def act(self, view):
        if self.is_coalition:
            self.fall()
        return await super().act(view)

    def fall(self):
        raise RuntimeError("somebody is missing")


class BreaksLateInTheFirstCoalition(BreaksInCoalitions):
    """Breaks where somebody is left out, in the first coalition after all others."""

    def __init__(self, place):
        super().__init__(place)
        self.is_first = list(place.game.seats) == ["player_0"]

    def fall(self):
        if self.is_first:
            time.sleep(0.5)
        super().fall()


class KillsInCoalitionsOnce(BreaksInCoalitions):
    """Kills the process that it plays a coalition in, the first time."""

    def fall(self):
        die_once()


class SlowInCoalitions(BreaksInCoalitions):
    """Takes its time where somebody is left out."""

    def fall(self):
        time.sleep(0.1)
