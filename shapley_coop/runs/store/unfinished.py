"""Runs that were cut: how far they are whole, which may go on, and what has changed since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from shapley_coop.config.sections import Config
from shapley_coop.errors import RunFolderError
from shapley_coop.records.words import word_list
from shapley_coop.runs.store.files import lines
from shapley_coop.runs.store.folder import RunFolder, plain
from shapley_coop.runs.store.lock import is_taken
from shapley_coop.runs.store.manifest import Manifest, package_versions
from shapley_coop.runs.store.places import run_paths
from shapley_coop.runs.store.reading import parse


class Ingredients(NamedTuple):
    """What a run is made with beside its configuration. Where it changes, so may the play."""

    templates: Mapping[str, str]
    """Digest of every prompt template that the run can use, by its name. Empty without models."""
    code: Mapping[str, str]
    """Digest of the source of every plug-in of the run, by what it is and its name."""
    notes: tuple[str, ...] = ()
    """What a reader must know of who sits there, a sentence each. No play changes with it."""


class WholePart(NamedTuple):
    """How far the files of a run agree: the rest was cut, and is played again."""

    episodes: int
    """How many episodes, from the first on, are whole."""
    events: int
    """How many events they hold together."""


def whole_part(run: RunFolder) -> WholePart:
    """Return how far a run is whole.

    An episode counts if its line is whole and every one of its events is there: a power cut may
    keep the one without the other.

    Raises:
        RunFolderError: a line is no event or no episode.
    """
    counts: Counter[int] = Counter()
    for line in lines(run.events_file):
        event = parse(run.events_file, line.number, line.text)
        counts[event["episode"]] += 1
    whole = 0
    for episode in run.episodes():
        if episode.events != counts[episode.index]:
            break
        whole += 1
    return WholePart(whole, sum(counts[index] for index in range(whole)))


def changes_since(manifest: Manifest, now: Ingredients) -> tuple[str, ...]:
    """Return what a run was made with otherwise than it would be now, in words.

    What an older run did not write down, or no seat has a use for, is not compared.
    """
    changes = []
    project = "shapley-coop"
    before, version = manifest.versions.get(project), package_versions()[project]
    if before is not None and before != version:
        changes.append(f"{project} {before} (now {version})")
    if manifest.templates and now.templates:
        names = _other_names(manifest.templates, now.templates)
        if names:
            changes.append(f"the prompt templates {word_list(names)}")
    if manifest.code:
        names = _other_names(manifest.code, now.code)
        changes.extend(f"the code of {name}" for name in names)
    return tuple(changes)


def unfinished_runs(runs_dir: Path, config: Config) -> Iterator[RunFolder]:
    """Yield the unfinished runs of a configuration apart from its limits, the newest first.

    Folders that hold no readable run are passed over, as is a run that is being written.
    """
    wanted = _play_of(config)
    # The newest comes first: it is the one that was cut last.
    for path in reversed(run_paths(runs_dir)):
        # Asked before the run is read: one that ended in between then says that it is done.
        if is_taken(path):
            continue
        try:
            run = RunFolder.open(path)
            goes_on = _play_of(run.config) == wanted and not run.is_complete
        except RunFolderError:
            continue
        if goes_on:
            yield run


def _other_names(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the names whose digests differ, or that are on one side alone."""
    return sorted(name for name in {*before, *now} if before.get(name) != now.get(name))


def _play_of(config: Config) -> dict[str, Any]:
    """Return what decides the play: a run that met its limit goes on under another."""
    return {name: part for name, part in plain(config).items() if name != "limits"}
