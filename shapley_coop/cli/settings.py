"""From the options of a command line to the resolved configuration of a run."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from shapley_coop.cli.options import FIELDS
from shapley_coop.errors import ConfigError

if TYPE_CHECKING:
    from shapley_coop.config.listing import Layer
    from shapley_coop.config.sections import Config


class RunChoice(NamedTuple):
    """A resolved configuration, with the tables that it was resolved from."""

    config: Config
    """What will be played."""
    layers: tuple[Layer, ...]
    """The tables of the file, of the flags, and of what follows from them."""


def choose_run(options: Mapping[str, Any]) -> RunChoice:
    """Return the configuration that the options of `play` stand for.

    A file comes first, then single options, then every `--set`.

    Raises:
        ConfigError: the file, an option or a field cannot be used.
    """
    from shapley_coop.config.resolve import apply_overrides, put, read, resolve

    file: Path | None = options["file"]
    overrides: Sequence[str] = options["overrides"]
    from_file: dict[str, Any] = {}
    if file is not None:
        from_file = read(file)
    # A table of its own for the flags, so that it stays known where a value came from.
    flags: dict[str, Any] = {}
    derived: dict[str, Any] = {}
    tables = copy.deepcopy(from_file)
    for keys, value in _chosen_fields(options):
        put(tables, keys, value)
        put(flags, keys, value)
    config = resolve(tables, overrides)
    apply_overrides(flags, overrides)
    # One null seat is enough, also where the game was named with one.
    if options["null_seat"] and not config.game_id.startswith("null:"):
        game = {**config.game, "id": f"null:{config.game_id}"}
        config = config.model_copy(update={"game": game})
        put(flags, ("game", "id"), game["id"])
    # One person cannot answer in several episodes at once.
    if seats_person(config):
        run = config.run.model_copy(update={"concurrency": 1})
        config = config.model_copy(update={"run": run})
        put(derived, ("run", "concurrency"), 1)
    layers: tuple[Layer, ...] = (
        ("file", from_file),
        ("flag", flags),
        ("derived", derived),
    )
    return RunChoice(config, layers)


def seats_person(config: Config) -> bool:
    """Return whether a person at this terminal sits at one of the seats."""
    return "human" in (config.agent, *config.seats.values())


def _chosen_fields(options: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the fields that single options set, with their values."""
    if options["game"] is not None:
        yield ("game", "id"), options["game"]
    for seat, agent in _seats(options["seats"]).items():
        yield ("seats", seat), agent
    for flag, field in FIELDS.items():
        name = flag.removeprefix("--").replace("-", "_")
        value = options[name]
        # The flag says only that a cache is used, and the field holds where it is.
        if flag == "--cache":
            value = _cache_path() if value else None
        if value is not None:
            keys = tuple(field.split("."))
            yield keys, value


def _seats(pairs: Sequence[str]) -> dict[str, str]:
    seats: dict[str, str] = {}
    for pair in pairs:
        # Only the first sign parts them: a model's address may hold another.
        seat, equals, agent = pair.partition("=")
        if not equals or not seat or not agent:
            raise ConfigError(
                f"cannot read --seat {pair!r}; write --seat player_0=rational"
            )
        if seat in seats:
            raise ConfigError(
                f"seat {seat!r} is named twice: {seats[seat]!r} and {agent!r}"
            )
        seats[seat] = agent
    return seats


def _cache_path() -> str:
    from shapley_coop.llm.memory.cache import default_path

    return str(default_path())
