"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import rich_click as click

from shapley_coop.cli.runs.naming import locate_run
from shapley_coop.cli.view.json import divert_prints
from shapley_coop.errors import ConfigError
from shapley_coop.runs import RUNS_DIR

if TYPE_CHECKING:
    from shapley_coop.config.sections import Limits
    from shapley_coop.simulation.executors.choice import ExecutorName


# Said once: from this table options set fields, and errors of fields name options.
FIELDS: Mapping[str, str] = {
    "--protocol": "protocol",
    "--agent": "agent",
    "--model": "model.name",
    "--worth": "worth.kind",
    "--absence": "worth.absence",
    "--ranking": "worth.ranking",
    "--width": "worth.width",
    "--episodes": "run.episodes",
    "--seed": "run.seed",
    "--concurrency": "run.concurrency",
    "--observe": "model.observe",
    "--cassette": "model.cassette",
    "--cache": "model.cache",
    "--max-cost": "limits.cost",
    "--max-tokens": "limits.tokens",
    "--max-calls": "limits.calls",
}
"""The field of the configuration that an option sets."""

_FLAGS: Mapping[str, str] = {
    **{field: flag for flag, field in FIELDS.items()},
    "game.id": "GAME, such as escape-room",
    # What is no field of a configuration, or shown better with an example.
    "protocol.name": "--protocol",
    "seats": "--seat",
    "players": "--players 12 or --players ann,bob",
    "runs_dir": "--runs-dir DIR",
}


def hint(field: str, flags: Collection[str]) -> str:
    """Return the words that name the flag of a field, for the end of an error message.

    Args:
        field: the setting that an error names.
        flags: the flags and arguments of the user's command, so that no other's are named.
    """
    if not field:
        return ""
    # Whoever has no run yet is helped by a command, not by a flag.
    if field == "run":
        return " (shapley-coop play GAME)"
    # An option of one command alone is called like its field.
    name = field.replace("_", "-")
    flag = _FLAGS.get(field) or f"--{name}"
    # What stands behind the first word is an example of its value.
    if flag.split()[0].rstrip(",") in flags:
        return f" ({flag})"
    if "." in field and "--set" in flags:
        return f" (--set {field}=…)"
    return ""


Command = Callable[..., None]


def _folder(
    _context: click.Context, _parameter: click.Parameter, value: str | Path
) -> Path:
    """Return the path of a folder. An empty one would be the folder that the user is in."""
    if not str(value).strip():
        raise ConfigError(
            "runs_dir is empty; name a folder, or leave it out", field="runs_dir"
        )
    return Path(value)


runs_dir = click.option(
    "--runs-dir",
    metavar="DIR",
    callback=_folder,
    default=RUNS_DIR,
    show_default=True,
    help="Where run folders go.",
)
as_json = click.option(
    "--json",
    "as_json",
    is_flag=True,
    # Before all others, since a plug-in that one of them names may print while it is loaded.
    is_eager=True,
    callback=divert_prints,
    help="Print JSON on one line.",
)
quiet = click.option(
    "--quiet",
    "-q",
    is_flag=True,
    help="Show nothing while it is played; the report then holds the transcript.",
)
run_argument = click.argument("run", callback=locate_run)
overrides = click.option(
    "--set", "overrides", multiple=True, metavar="A.B=C", help="Set any field."
)
# Amounts are checked by the configuration, so that a file and a flag are refused alike.
_LIMITS = (
    click.option(
        "--max-calls", type=int, help="Requests that the run may send, repeats too."
    ),
    click.option("--max-tokens", type=int, help="Tokens that the run may use."),
    click.option("--max-cost", type=float, help="US dollars that the run may spend."),
)
# Names are checked where they are looked up, since a plug-in may have brought more of them.
_SETTINGS = (
    click.option(
        "--config",
        "file",
        type=click.Path(path_type=Path),
        help="Read a TOML file first.",
    ),
    click.option("--protocol", help="solo, neg, talk, short-term or shapley-coop."),
    click.option(
        "--agent", help="Who sits at every seat not named: an agent or a model."
    ),
    click.option(
        "--seat",
        "seats",
        multiple=True,
        metavar="SEAT=WHO",
        help="Who sits at one seat.",
    ),
    click.option(
        "--model",
        help="Default model: smollm2, provider/name, URL#name or FILE.gguf.",
    ),
    click.option(
        "--worth",
        help="How credit is measured: realised, oracle, replay, rollout, belief, forecast.",
    ),
    click.option(
        "--absence",
        help="What replaces absent seats: removed, idle, worst-reply, baseline, swap or agreed.",
    ),
    click.option(
        "--ranking",
        type=float,
        help="End the plays of a rollout once the ranking is settled at this chance, such as 0.95.",
    ),
    click.option(
        "--width",
        type=float,
        help="End them once every 95 % interval is at most +- this wide.",
    ),
    click.option(
        "--null-seat", is_flag=True, help="Add a seat that changes nothing; credit 0."
    ),
    click.option(
        "--episodes", "-n", type=click.IntRange(min=1), help="Episodes to play."
    ),
    click.option("--seed", type=click.IntRange(min=0), help="Seed of the whole run."),
    click.option("--concurrency", type=click.IntRange(min=1), help="Episodes at once."),
    click.option("--observe", help="How models see the game: text, image or both."),
    click.option("--cassette", help="Recorded calls: auto, record, replay or off."),
    click.option(
        "--cache", is_flag=True, help="Share answers with other runs on this machine."
    ),
)


# Where episodes are played decides nothing of what comes out, so it is no part of a configuration.
_VENUES = (
    click.option(
        "--workers",
        type=click.IntRange(min=1),
        help="Play episodes in so many processes.",
    ),
)
_CLUSTER = (
    click.option(
        "--executor",
        type=click.Choice(["local", "ray"]),
        default="local",
        show_default=True,
        help="Run on this machine or on a Ray cluster.",
    ),
    click.option(
        "--address", metavar="HOST:PORT", help="A Ray cluster that is running."
    ),
)


class Venue(NamedTuple):
    """Where episodes are played."""

    executor: ExecutorName = "local"
    """On this machine or on a Ray cluster."""
    workers: int | None = None
    """In how many processes. None means in this one alone."""
    address: str | None = None
    """Where the Ray cluster is."""

    @classmethod
    def take(cls, options: dict[str, Any]) -> Venue:
        """Return the venue that options name, and take those options away."""
        return cls(**{name: options.pop(name) for name in cls._fields})


HERE = Venue()
"""In this process."""


def venues(command: Command) -> Command:
    """Give a command the options of where episodes are played."""
    return _with(command, (*_VENUES, *_CLUSTER))


def cluster(command: Command) -> Command:
    """Give a command that has workers of its own the options of a Ray cluster."""
    return _with(command, _CLUSTER)


def shows_tracebacks() -> bool:
    """Return whether the user has asked for tracebacks, by an option of the whole program."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.find_root().obj)


def run_options(command: Command) -> Command:
    """Give a command the options of what is played, by whom, how often."""
    game = click.argument("game", required=False)
    return _with(command, (game, *_SETTINGS))


def play_settings(command: Command) -> Command:
    """Give a command that knows its game the options of who plays it, and how often."""
    return _with(command, _SETTINGS)


def limits(command: Command) -> Command:
    """Give a command the options of what a run may spend."""
    return _with(command, _LIMITS)


def _with(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    # Decorators are applied from the last to the first, so that help shows this order.
    for option in reversed(options):
        command = option(command)
    return command


def raise_limits(limits: Limits, options: Mapping[str, float | None]) -> Limits:
    """Return limits with those of the command line in their place.

    Args:
        limits: the limits so far.
        options: `max_cost`, `max_tokens` and `max_calls`, where None leaves a limit alone.

    Raises:
        ConfigError: one is not above 0.
    """
    from pydantic import ValidationError

    from shapley_coop.config.sections import Limits

    amounts = {
        name.removeprefix("max_"): value
        for name, value in options.items()
        if value is not None
    }
    try:
        return Limits.model_validate(limits.model_dump() | amounts)
    except ValidationError as error:
        fault = error.errors()[0]
        (name,) = fault["loc"]
        raise ConfigError(
            f"limits.{name}: {fault['msg'].lower()}, got {fault['input']!r}",
            field=f"limits.{name}",
        ) from error
