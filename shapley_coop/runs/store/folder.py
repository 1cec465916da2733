"""A run folder as it is read: its manifest, configuration, episodes and events."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import tomli_w
from pydantic import ValidationError

from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Config
from shapley_coop.errors import ConfigError, RunFolderError
from shapley_coop.records import Episode
from shapley_coop.runs.store.files import lines, replace
from shapley_coop.runs.store.manifest import Manifest, read_manifest
from shapley_coop.runs.store.places import check_is_run
from shapley_coop.runs.store.reading import read_events
from shapley_coop.runs.store.tracebacks import read_tracebacks

# A password before a host, or a key in a query: what must never reach a run folder.
_SECRET = re.compile(
    r"://[^/\s\"]*:[^/\s\"]*@|[?&#](?:api[_-]?key|key|token|secret)=", re.IGNORECASE
)


class RunFolder(NamedTuple):
    """A run that exists on disk. Opening it neither locks nor changes it."""

    path: Path
    """Where it is."""
    manifest: Manifest
    """What `run.json` says."""
    config: Config
    """What `config.toml` says."""

    @classmethod
    def open(cls, path: Path | str) -> RunFolder:
        """Return the run in a folder.

        Raises:
            RunFolderError: there is no folder, or it holds no run, a corrupt or a newer one.
        """
        path = Path(path)
        try:
            check_is_run(path)
        except OSError as error:
            # A path may be too long for the system, or lie where this user may not look.
            raise RunFolderError(
                f"cannot read {str(path)!r}: {error.strerror}"
            ) from error
        manifest = read_manifest(path / "run.json")
        return cls(path, manifest, _read_config(path / "config.toml"))

    @property
    def is_complete(self) -> bool:
        """Whether every episode is recorded, however it ended: nothing is left to play."""
        episodes = self.config.run.episodes
        recorded = self.manifest.totals.get("episodes", 0)
        if self.manifest.status != "done" and recorded < episodes:
            return False
        # Whoever cut a damaged file since then has the rest played again.
        return self.episode_count >= episodes

    @property
    def episode_count(self) -> int:
        """How many episodes the file of episodes holds. A run that was killed has no totals."""
        return sum(1 for _ in lines(self.path / "episodes.jsonl"))

    @property
    def calls(self) -> Path:
        """Where the gateway keeps its model calls."""
        return self.path / "calls.jsonl"

    @property
    def events_file(self) -> Path:
        """Where the events are."""
        return self.path / "events.jsonl"

    def episodes(self) -> Iterator[Episode]:
        """Yield the recorded episodes in order. A torn last line is left out.

        Raises:
            RunFolderError: a line is no episode, or episodes are missing or doubled.
        """
        path = self.path / "episodes.jsonl"
        for expected, line in enumerate(lines(path)):
            try:
                episode = Episode.model_validate_json(line.text)
            except ValidationError as error:
                fault = error.errors()[0]
                raise RunFolderError(
                    f"line {line.number} of {str(path)!r} is no episode: "
                    f"{fault['msg'].lower()}; restore the file from a copy, or cut it before that "
                    "line and resume: what follows is played again from the stored calls"
                ) from error
            if episode.index != expected:
                raise RunFolderError(
                    f"line {line.number} of {str(path)!r} holds episode {episode.index}, "
                    f"expected {expected}; restore the file from a copy"
                )
            yield episode

    def events(self, episode: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield the events of the run, or of one episode.

        Raises:
            RunFolderError: a line is no event.
        """
        return read_events(self.events_file, episode)

    def tracebacks(self) -> str:
        """Return the tracebacks of what broke in the run, an empty text if nothing did."""
        return read_tracebacks(self.path)

    def derive(self, name: str, text: str) -> Path:
        """Write a file that follows from the others, such as `report.md`, and return its path.

        Raises:
            StorageError: the disk refused.
        """
        replace(self.path / name, text)
        return self.path / name


def config_text(config: Config) -> str:
    """Return the configuration as TOML that resolves to the same configuration again.

    Raises:
        ConfigError: it holds a secret, or a value that TOML cannot say.
    """
    table = plain(config)
    # Read back at once: a folder that cannot be resumed must fail before it is played.
    try:
        text = tomli_w.dumps(table)
        again = plain(resolve(tomllib.loads(text)))
    except (TypeError, ValueError) as error:
        raise ConfigError(f"the configuration does not fit in TOML: {error}") from error
    if _SECRET.search(text):
        raise ConfigError(
            "the configuration holds a password or key in a URL; a run folder keeps no secret, "
            "so give it through the environment"
        )
    if again != table:
        lost = sorted(key for key in table if again.get(key) != table[key])
        raise ConfigError(
            f"the configuration cannot be written down and read back: {', '.join(lost)}; "
            "a value of None must be the default of its field"
        )
    return text


_BEFORE: Mapping[str, Mapping[str, Any]] = {
    "protocol": {"arithmetic": False},
    "model": {"ask_forced": True},
}
"""What runs of older versions did, by section and field, where the default is another now."""


def plain(value: Any) -> Any:
    """Return a configuration as plain tables without None."""
    if isinstance(value, Config):
        value = value.model_dump()
    # TOML has no word for None, which is a default wherever it is allowed.
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items() if part is not None}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value


def _read_config(path: Path) -> Config:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        return resolve(_as_before(tables))
    except OSError as error:
        raise RunFolderError(f"cannot read {str(path)!r}: {error.strerror}") from error
    except (ValueError, ConfigError) as error:
        raise RunFolderError(
            f"{str(path)!r} is corrupt: {error}; restore it from a copy, or start the run anew"
        ) from error


def _as_before(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run's tables with what runs did before they could be configured to do otherwise."""
    # A run's configuration is written whole, so a field that it lacks came later. Were its default
    # taken, models would be asked what the recorded run did not ask them.
    whole = dict(tables)
    for section, values in _BEFORE.items():
        part = whole.get(section)
        if isinstance(part, Mapping):
            whole[section] = {**values, **part}
    return whole
