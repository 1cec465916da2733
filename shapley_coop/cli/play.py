"""The commands that play: `play` begins or continues a run, `resume` continues one by name."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from shapley_coop.cli.options import as_json, limits, raised, run_argument, runs_dir
from shapley_coop.cli.report import show_report

if TYPE_CHECKING:
    from shapley_coop.config.sections import Config


@click.command()
@click.argument("game", required=False)
@click.option(
    "--config", "file", type=click.Path(path_type=Path), help="Read a TOML file first."
)
@click.option("--protocol", help="solo, talk, short-term or shapley-coop.")
@click.option("--agent", help="Who sits at every seat not named: an agent or a model.")
@click.option(
    "--seat", "seats", multiple=True, metavar="SEAT=WHO", help="Who sits at one seat."
)
@click.option(
    "--model", help="Default model: smollm2, provider/name, URL#name or FILE.gguf."
)
@click.option(
    "--worth", help="How credit is measured: oracle, replay, rollout, belief, forecast."
)
@click.option(
    "--absence", help="What replaces absent seats: removed, idle, baseline or swap."
)
@click.option(
    "--null-seat", is_flag=True, help="Add a seat that changes nothing; credit 0."
)
@click.option("--episodes", "-n", type=click.IntRange(min=1), help="Episodes to play.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the whole run.")
@click.option("--concurrency", type=click.IntRange(min=1), help="Episodes at once.")
@click.option("--observe", help="How models see the game: text, image or both.")
@click.option("--cassette", help="Recorded calls: auto, record, replay or off.")
@click.option(
    "--cache", is_flag=True, help="Share answers with other runs on this machine."
)
@click.option(
    "--dry-run", is_flag=True, help="Print the calls, tokens and cost to expect."
)
@limits
@click.option(
    "--set", "overrides", multiple=True, metavar="A.B=C", help="Set any field."
)
@runs_dir
@as_json
def play(runs_dir: Path, as_json: bool, dry_run: bool, **given: Any) -> None:
    """Play GAME and report it; the same command continues a run that was cut."""
    from shapley_coop.cli.progress import progress, ready
    from shapley_coop.llm.secrets import load_env
    from shapley_coop.simulation.run import run

    load_env()
    config = configured(**given)
    if dry_run:
        _estimate(config, as_json)
        return
    ready(config)
    with progress(config, quiet=as_json) as listen:
        folder = asyncio.run(run(config, runs_dir, listen=listen))
    show_report(folder, as_json)


@click.command()
@run_argument
@limits
@as_json
def resume(run: Path, as_json: bool, **given: float | None) -> None:
    """Continue RUN where it was cut; what was answered is not asked again.

    A limit given here takes the place of the run's own; what was spent before counts.
    """
    from shapley_coop.cli.progress import progress, ready
    from shapley_coop.llm.secrets import load_env
    from shapley_coop.runs.store import RunFolder
    from shapley_coop.simulation.run import run as play_on

    load_env()
    folder = RunFolder.open(run)
    limits = raised(folder.config.limits, given)
    config = folder.config.model_copy(update={"limits": limits})
    if folder.manifest.status != "done":
        ready(config)
        with progress(config, quiet=as_json) as listen:
            folder = asyncio.run(play_on(config, run.parent, resume=run, listen=listen))
    show_report(folder, as_json)


def configured(
    game: str | None,
    file: Path | None,
    seats: tuple[str, ...],
    overrides: tuple[str, ...],
    cache: bool,
    null_seat: bool,
    **given: Any,
) -> Config:
    """Return the resolved configuration: file, then options, then --set."""
    from shapley_coop.config.resolve import put, read, resolve
    from shapley_coop.errors import ConfigError

    tables = read(file) if file else {}
    if game is not None:
        put(tables, ("game", "id"), game)
    sitting: dict[str, str] = {}
    for pair in seats:
        seat, equals, who = pair.partition("=")
        if not equals or not seat or not who:
            raise ConfigError(
                f"cannot read --seat {pair!r}; write --seat player_0=rational"
            )
        if seat in sitting:
            raise ConfigError(
                f"seat {seat!r} is named twice: {sitting[seat]!r} and {who!r}"
            )
        sitting[seat] = who
    for seat, who in sitting.items():
        put(tables, ("seats", seat), who)
    places = {
        "protocol": ("protocol",),
        "agent": ("agent",),
        "model": ("model", "name"),
        "worth": ("worth", "kind"),
        "absence": ("worth", "absence"),
        "episodes": ("run", "episodes"),
        "seed": ("run", "seed"),
        "concurrency": ("run", "concurrency"),
        "observe": ("model", "observe"),
        "cassette": ("model", "cassette"),
        "cache": ("model", "cache"),
        "max_cost": ("limits", "cost"),
        "max_tokens": ("limits", "tokens"),
        "max_calls": ("limits", "calls"),
    }
    if cache:
        from shapley_coop.llm.memory.cache import default_path

        given["cache"] = str(default_path())
    for name, value in given.items():
        if value is not None:
            put(tables, places[name], value)
    config = resolve(tables, overrides)
    if null_seat and not config.game_id.startswith("null:"):
        planted = {**config.game, "id": f"null:{config.game_id}"}
        config = config.model_copy(update={"game": planted})
    if "human" in (config.agent, *config.seats.values()):
        config = config.model_copy(
            update={"run": config.run.model_copy(update={"concurrency": 1})}
        )
    return config


def _estimate(config: Config, as_json: bool) -> None:
    from shapley_coop.simulation.dry_run import estimate

    expected = asyncio.run(estimate(config))
    click.echo(json.dumps(expected.figures()) if as_json else expected.text())
