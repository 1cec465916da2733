"""A run folder as it is written: created whole, locked, appended to, resumed where it was cut."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from threading import get_ident
from types import TracebackType
from typing import Any, Self

from shapley_coop.config.sections import Config
from shapley_coop.records import Episode
from shapley_coop.runs.store.drafting import first_manifest, folder_name, place, utc
from shapley_coop.runs.store.events import EpisodeRecorder, Event
from shapley_coop.runs.store.files import (
    lines,
    replace,
    shorten,
    storage_error,
)
from shapley_coop.runs.store.folder import RunFolder, config_text
from shapley_coop.runs.store.lock import give_back, take
from shapley_coop.runs.store.log import EpisodeLog, Parcel
from shapley_coop.runs.store.manifest import (
    RunStatus,
    git_state,
    package_versions,
    read_manifest,
)
from shapley_coop.runs.store.unfinished import (
    Ingredients,
    WholePart,
    changes_since,
    whole_part,
)

Clock = Callable[[], float]
Listener = Callable[[Event], None]


class RunWriter:
    """The one writer of a run, used as a context manager.

    Left by an exception or without `finish`, the run stays unfinished and can be resumed.
    """

    def __init__(
        self, path: Path, handle: int, clock: Clock, listen: Listener | None
    ) -> None:
        self.folder = RunFolder.open(path)
        self._handle = handle
        self._clock = clock
        self._opened = clock()
        part = _repair(self.folder)
        self._log = EpisodeLog(
            path, first=part.episodes, seq=part.events, listen=listen
        )

    @classmethod
    def create(
        cls,
        runs_dir: Path,
        config: Config,
        *,
        clock: Clock,
        ingredients: Ingredients | None = None,
        listen: Listener | None = None,
    ) -> RunWriter:
        """Start a new run in `runs_dir`. The folder appears complete or not at all.

        Raises:
            ConfigError: the configuration holds a secret or cannot be written down.
            StorageError: the disk refused.
        """
        text = config_text(config)
        name = folder_name(config, text, clock())
        # Drafted under a hidden name, the run is seen by nobody until it is complete. Threads of
        # one process may start equal runs in the same second, so each drafts for itself.
        draft = runs_dir / f".{name}.{os.getpid()}.{get_ident()}"
        try:
            runs_dir.mkdir(parents=True, exist_ok=True)
            draft.mkdir()
        except OSError as error:
            raise storage_error(draft, "create", error) from error
        handle = take(draft)
        try:
            replace(draft / "config.toml", text)
            path = place(
                draft, runs_dir, name, first_manifest(config, clock(), ingredients)
            )
            return cls(path, handle, clock, listen)
        except BaseException:
            # Whatever ends this, an interrupt too, no half-made folder and no lock may stay.
            give_back(handle)
            shutil.rmtree(draft, ignore_errors=True)
            raise

    @classmethod
    def resume(
        cls,
        path: Path,
        *,
        clock: Clock,
        ingredients: Ingredients | None = None,
        listen: Listener | None = None,
    ) -> RunWriter:
        """Continue a run: what a cut tore or left without an episode is removed.

        Where `ingredients` are not those of the run, its folder says from where on they are others.

        Raises:
            RunFolderError: the folder holds no run that this version reads, or is being written.
            StorageError: the disk refused.
        """
        # Opened first, since a folder that holds no run must not get a lock file.
        RunFolder.open(path)
        handle = take(path)
        try:
            manifest = read_manifest(path / "run.json")
            sessions = manifest.sessions + 1
            again = {
                "status": "started",
                "error": "",
                "ended": None,
                "sessions": sessions,
            }
            manifest = manifest.model_copy(update=again)
            replace(path / "run.json", manifest.text())
            writer = cls(path, handle, clock, listen)
            if ingredients is not None:
                writer.note_changes(ingredients)
        except BaseException:
            # Whatever ends this, an interrupt too, the lock goes back before it goes on.
            give_back(handle)
            raise
        return writer

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @property
    def next(self) -> int:
        """The lowest episode that is not on disk: play from here on."""
        return self._log.next

    def note_changes(self, ingredients: Ingredients) -> None:
        """Write down what the run is made with from here on, where that is something else.

        Raises:
            StorageError: the disk refused.
        """
        manifest = self.folder.manifest
        changes = changes_since(manifest, ingredients)
        if not changes:
            return
        from_here = [f"from episode {self.next} on: {change}" for change in changes]
        versions = package_versions()
        now = {
            "templates": dict(ingredients.templates),
            "code": dict(ingredients.code),
            "versions": versions,
            "git": git_state(),
            "changes": (*manifest.changes, *from_here),
        }
        manifest = manifest.model_copy(update=now)
        replace(self.path / "run.json", manifest.text())
        self.folder = self.folder._replace(manifest=manifest)

    def recorder(self, index: int) -> EpisodeRecorder:
        """Return where episode `index` records what happens.

        Raises:
            ValueError: the episode is on disk already.
        """
        if index < self.next:
            raise ValueError(
                f"episode {index} is on disk; the next to play is {self.next}"
            )
        return EpisodeRecorder(index, self._log, self._clock)

    def take(self, parcel: Parcel) -> None:
        """Record an episode that was played elsewhere.

        Raises:
            StorageError: the disk refused.
            ValueError: the episode has ended before.
        """
        self._log.take(parcel)

    def episodes(self) -> list[Episode]:
        """Return the episodes that are on disk."""
        return list(self.folder.episodes())

    def finish(
        self, status: RunStatus, totals: Mapping[str, Any], error: str = ""
    ) -> RunFolder:
        """Record how the run ended, with `credit.json`, and return the run.

        Raises:
            StorageError: the disk refused.
        """
        # What the manifest will say must be on the device before it says it.
        self._log.sync()
        replace(self.path / "credit.json", _credits(self.folder))
        now = self._clock()
        manifest = self.folder.manifest
        ended = {
            "status": status,
            "error": error,
            "ended": utc(now).isoformat(timespec="seconds"),
            "seconds": round(manifest.seconds + now - self._opened, 3),
            "totals": dict(totals),
        }
        manifest = manifest.model_copy(update=ended)
        replace(self.path / "run.json", manifest.text())
        self.folder = self.folder._replace(manifest=manifest)
        return self.folder

    def close(self) -> None:
        """Release the files and the lock."""
        self._log.close()
        give_back(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _repair(run: RunFolder) -> WholePart:
    """Remove what a cut run left unfinished, and return what is left."""
    part = whole_part(run)
    path = run.path / "episodes.jsonl"
    shorten(path, _end_of_line(path, part.episodes))
    shorten(run.events_file, _end_of_line(run.events_file, part.events))
    return part


def _end_of_line(path: Path, count: int) -> int:
    """Return where the first `count` lines of a file end."""
    end = 0
    for line in islice(lines(path), count):
        end = line.end
    return end


def _credits(run: RunFolder) -> str:
    """Return every measured credit with all that it rests on, one episode a line."""
    rows = []
    for episode in run.episodes():
        if episode.credit is not None:
            fields = episode.credit.model_dump(mode="json")
            rows.append(json.dumps({"episode": episode.index, **fields}))
    manifest = run.manifest
    head = json.dumps({"run": manifest.run, "schema_version": manifest.schema_version})
    # Put together by hand, so that a line holds an episode and the whole is still JSON.
    body = ",\n".join(rows)
    return f'{head[:-1]}, "credits": [\n{body}\n]}}\n'
