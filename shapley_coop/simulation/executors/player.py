"""Who plays for a run away from its folder: episodes, and single coalitions of them."""

from __future__ import annotations

import pickle
import sys
import time
from typing import NamedTuple

from shapley_coop.config.sections import CassetteMode, Config
from shapley_coop.errors import ShapleyCoopError, cause_text
from shapley_coop.interfaces.worth_method import CoalitionPlay
from shapley_coop.llm.secrets import masker, redact
from shapley_coop.records import Coalition, Episode
from shapley_coop.runs.store import EpisodeRecorder, Event, Parcel
from shapley_coop.runs.store.events import masked_text
from shapley_coop.runs.store.log import record_text
from shapley_coop.runs.store.tracebacks import traceback_text
from shapley_coop.simulation.executors.relay import Line, RelayedGateway
from shapley_coop.simulation.measurement.scene import play_coalition
from shapley_coop.simulation.worker import Worker, make_game


class RunJob(NamedTuple):
    """What a player has to know of a run."""

    config: Config
    mode: CassetteMode
    """`replay` asks no model."""
    path: tuple[str, ...]
    """Where modules are looked for, so that `module:attribute` means the same everywhere."""


class EpisodeErrand(NamedTuple):
    """To play an episode, and to pack up all that is recorded of it."""

    episode: int


class CoalitionErrand(NamedTuple):
    """To play a coalition of an episode again, of which the worth alone is wanted."""

    episode: int
    coalition: Coalition
    replicate: int


Errand = EpisodeErrand | CoalitionErrand
Outcome = Parcel | CoalitionPlay


class RemotePlayer:
    """Does errands of a job.

    Args:
        job: the run.
        line: the way to the gateway of the run.
    """

    def __init__(self, job: RunJob, line: Line) -> None:
        known = set(sys.path)
        sys.path.extend(place for place in job.path if place not in known)
        game = make_game(job.config)
        gateway = RelayedGateway(
            job.config, seats=len(game.seats), mode=job.mode, line=line
        )
        self._gateway = gateway
        self._worker = Worker(job.config, game, gateway)

    async def do(self, errand: Errand) -> Outcome:
        """Return what is recorded of an episode, or what a coalition was worth.

        Raises:
            ShapleyCoopError: of an episode what ends the run, of a coalition whatever broke it.
        """
        # An episode is packed up with its events, a coalition is a number alone.
        if isinstance(errand, EpisodeErrand):
            return await self._play(errand.episode)
        try:
            worker = self._worker
            return await play_coalition(
                worker.game, worker.cast, worker.config, *errand
            )
        finally:
            # The run's own gateway counts what its episodes ask.
            self._gateway.end(errand.episode)

    async def _play(self, index: int) -> Parcel:
        log = _PackingLog()
        await self._worker.episode(index, EpisodeRecorder(index, log, time.time))
        return log.parcel(index)


class _PackingLog:
    """Keeps what is recorded of one episode, as texts that are without keys already."""

    def __init__(self) -> None:
        self._mask = masker()
        self._events: list[str] = []
        self._record = ""
        self._traceback = ""

    def add(self, event: Event) -> None:
        self._events.append(masked_text(event, self._mask))

    def keep_traceback(self, index: int, error: BaseException) -> None:
        self._traceback += traceback_text(f"episode {index}", error)

    def end(self, episode: Episode) -> None:
        self._record = record_text(episode, len(self._events), self._mask)

    def parcel(self, index: int) -> Parcel:
        return Parcel(index, tuple(self._events), self._record, self._traceback)


def portable(error: BaseException) -> Exception:
    """Return an error as it can be sent to another process, with its traceback as a note."""
    # Both sides know errors of this project and of Python. A plug-in's own may be known to one.
    is_common = type(error).__module__ == "builtins"
    if isinstance(error, ShapleyCoopError) or (
        is_common and isinstance(error, Exception)
    ):
        try:
            return_trip = pickle.loads(pickle.dumps(error))  # noqa: S301 - made right here
        except Exception:  # noqa: BLE001 - what an error of a plug-in holds may do anything
            return_trip = None
        if type(return_trip) is type(error):
            return return_trip
    failure = RuntimeError(redact(cause_text(error)))
    failure.add_note(traceback_text("worker", error))
    return failure
