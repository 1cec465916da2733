"""The command line: options to a configuration, errors to exit codes, nothing else."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click
from click.exceptions import Exit

from shapley_coop import __version__

if TYPE_CHECKING:
    from shapley_coop.config import Config, Limits
    from shapley_coop.llm.cache import Cache
    from shapley_coop.plugins import Group
    from shapley_coop.store import RunFolder

RUNS = Path("runs")

runs_dir = click.option(
    "--runs-dir",
    type=click.Path(path_type=Path),
    default=RUNS,
    show_default=True,
    help="Where run folders go.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
LIMITS = (
    click.option("--max-cost", type=float, help="US dollars that the run may spend."),
    click.option("--max-tokens", type=int, help="Tokens that the run may use."),
    click.option("--max-calls", type=int, help="Requests that the run may send, repeats too."),
)
run_argument = click.argument("run", type=click.Path(path_type=Path))


def limits(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of what a run may spend."""
    for option in LIMITS:
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="shapley-coop")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
@click.pass_context
def app(context: click.Context, debug: bool) -> None:
    """Self-interested agents negotiate, contract and share by measured Shapley value."""
    context.obj = debug


@app.command()
@click.argument("game", required=False)
@click.option("--config", "file", type=click.Path(path_type=Path), help="Read a TOML file first.")
@click.option("--protocol", help="solo, talk, short-term or shapley-coop.")
@click.option("--agent", help="Who sits at every seat not named: an agent or a model.")
@click.option("--seat", "seats", multiple=True, metavar="SEAT=WHO", help="Who sits at one seat.")
@click.option("--model", help="Default model: smollm2, provider/name, URL#name or FILE.gguf.")
@click.option("--worth", help="How credit is measured: oracle, replay, rollout, belief, forecast.")
@click.option("--absence", help="What replaces absent seats: removed, idle, baseline or swap.")
@click.option("--null-seat", is_flag=True, help="Add a seat that changes nothing; credit 0.")
@click.option("--episodes", "-n", type=click.IntRange(min=1), help="Episodes to play.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the whole run.")
@click.option("--concurrency", type=click.IntRange(min=1), help="Episodes at once.")
@click.option("--observe", help="How models see the game: text, image or both.")
@click.option("--cassette", help="Recorded calls: auto, record, replay or off.")
@click.option("--cache", is_flag=True, help="Share answers with other runs on this machine.")
@click.option("--dry-run", is_flag=True, help="Print the calls, tokens and cost to expect.")
@limits
@click.option("--set", "overrides", multiple=True, metavar="A.B=C", help="Set any field.")
@runs_dir
@as_json
def play(runs_dir: Path, as_json: bool, dry_run: bool, **given: Any) -> None:
    """Play GAME and report it; the same command continues a run that was cut."""
    from shapley_coop.llm.secrets import load_env
    from shapley_coop.run import run
    from shapley_coop.terminal import progress, ready

    load_env()
    config = _config(**given)
    if dry_run:
        _estimate(config, as_json)
        return
    ready(config)
    with progress(config, quiet=as_json) as listen:
        folder = asyncio.run(run(config, runs_dir, listen=listen))
    _show(folder, as_json)


@app.command()
@run_argument
@click.option("--episode", type=click.IntRange(min=0), help="Whose talk to show.")
@click.option("--credit", metavar="SPEC", help="Show which turn earned what: shapley*gigpo, ...")
@click.option("--reward", help="What turns are paid: game, or world-model beside it.")
@click.option("--process", help="Process rewards of min_form: credit, judge or rule.")
@click.option("--judge", metavar="MODEL", help="Who judges steps, and claims in free text.")
@limits
@as_json
def report(run: Path, episode: int | None, credit: str | None, as_json: bool, **given: Any) -> None:
    """Read RUN and report it.

    Limits are those of the judge, whose answers stay in RUN.
    """
    from shapley_coop.config import Limits
    from shapley_coop.errors import ConfigError
    from shapley_coop.llm.secrets import load_env
    from shapley_coop.store import RunFolder
    from shapley_coop.terminal import credit_over_time

    folder = RunFolder.open(run)
    shaping = {name: value for name, value in given.items() if value is not None}
    if credit is None:
        if shaping:
            raise ConfigError(f"--{next(iter(shaping))} is about credit over time: add --credit")
        _show(folder, as_json, episode)
        return
    load_env()
    most = {name: shaping.pop(name) for name in list(shaping) if name.startswith("max_")}
    shaping["limits"] = _raised(Limits(), most)
    found = credit_over_time(folder, credit, episode, quiet=as_json, **shaping)
    if as_json:
        click.echo(json.dumps(found))


@app.command()
@run_argument
@limits
@as_json
def resume(run: Path, as_json: bool, **given: float | None) -> None:
    """Continue RUN where it was cut; what was answered is not asked again.

    A limit given here takes the place of the run's own; what was spent before counts.
    """
    from shapley_coop.llm.secrets import load_env
    from shapley_coop.run import run as play_on
    from shapley_coop.store import RunFolder
    from shapley_coop.terminal import progress, ready

    load_env()
    folder = RunFolder.open(run)
    if folder.manifest.status != "done":
        limits = _raised(folder.config.limits, given)
        config = folder.config.model_copy(update={"limits": limits})
        ready(config)
        with progress(config, quiet=as_json) as listen:
            folder = asyncio.run(play_on(config, run.parent, resume=run, listen=listen))
    _show(folder, as_json)


@app.command()
@run_argument
@click.option(
    "--runs-dir",
    type=click.Path(path_type=Path),
    help="Where the replay goes; by default a folder `replays` beside RUN.",
)
@as_json
def replay(run: Path, runs_dir: Path | None, as_json: bool) -> None:
    """Play RUN again from its recorded calls, without a model, and compare every event."""
    from shapley_coop.run import replay as play_again
    from shapley_coop.store import RunFolder

    source = RunFolder.open(run)
    again, difference = asyncio.run(play_again(source, runs_dir or run.parent / "replays"))
    events = sum(1 for _ in again.events())
    if as_json:
        found = {"run": str(again.path), "source": str(run), "identical": difference is None}
        click.echo(json.dumps({**found, "events": events, "difference": _plain(difference)}))
    elif difference is None:
        click.echo(f"{events} events, identical apart from time\n{again.path}")
    else:
        left, right = (_text(side) for side in (difference.left, difference.right))
        click.echo(f"event {difference.number} differs:\n- {left}\n+ {right}")
    if difference is not None:
        raise SystemExit(1)


@app.command()
@click.argument("spec")
@click.option("--players", help="How many, or their names with commas; a function needs this.")
@click.option("--index", default="shapley", show_default=True, help="Semivalue of a full table.")
@click.option("--default", type=float, help="Value of coalitions that the file does not name.")
@click.option("--budget", type=int, default=1000, show_default=True, help="Most evaluations.")
@click.option("--method", default="auto", show_default=True, help="How a function is estimated.")
@click.option("--noise", type=float, help="Standard deviation of one draw of a noisy function.")
@click.option("--sets", is_flag=True, help="The function takes a frozenset of player numbers.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@as_json
def value(spec: str, as_json: bool, **options: Any) -> None:
    """Value the coalition game in SPEC: a .npy, .csv or .json table, or module:function."""
    from shapley_coop.valuing import show_valuation, valued

    found = valued(spec, options)
    if as_json:
        click.echo(json.dumps(found.as_json()))
    else:
        show_valuation(found)


@app.command()
@as_json
def games(as_json: bool) -> None:
    """List the games and their parameters."""
    _list("games", as_json)


@app.command()
@as_json
def agents(as_json: bool) -> None:
    """List the agents."""
    _list("agents", as_json)


@app.group(invoke_without_command=True)
@as_json
@click.pass_context
def models(context: click.Context, as_json: bool) -> None:
    """List the models, or pull the embedded one."""
    if context.invoked_subcommand is None:
        _list("models", as_json)


@models.command()
@click.argument("name", default="smollm2")
def pull(name: str) -> None:
    """Fetch the weights of an embedded model and check them."""
    from shapley_coop.terminal import pull_weights

    click.echo(pull_weights(name))


@app.group()
def cache() -> None:
    """Answers that runs with --cache share."""


@cache.command("list")
@as_json
def list_cache(as_json: bool) -> None:
    """List what is kept, by model."""
    with _cache() as kept:
        rows = kept.rows()
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        click.echo(f"{row['answers']:>8,}  {row['bytes']:>12,} bytes  {row['model']}")
    if not rows:
        click.echo("the cache is empty")


@cache.command()
def clear() -> None:
    """Forget every answer."""
    with _cache() as kept:
        click.echo(f"{kept.clear():,} answers forgotten")


@cache.command()
@click.option("--days", type=click.FloatRange(min=0), default=30, show_default=True)
def prune(days: float) -> None:
    """Forget answers that no run has used for some days."""
    with _cache() as kept:
        click.echo(f"{kept.prune(days):,} answers forgotten")


@contextmanager
def _cache() -> Iterator[Cache]:
    from shapley_coop.llm.cache import Cache, default_path

    kept = Cache(default_path())
    try:
        yield kept
    finally:
        kept.close()


def _raised(limits: Limits, given: dict[str, float | None]) -> Limits:
    """Return limits with those that are given in their place."""
    from shapley_coop.config import Limits
    from shapley_coop.errors import ConfigError

    named = {name.removeprefix("max_"): value for name, value in given.items() if value is not None}
    try:
        return Limits.model_validate(limits.model_dump() | named)
    except ValueError as error:
        raise ConfigError(f"limits {named}: each must be greater than 0") from error


def _estimate(config: Config, as_json: bool) -> None:
    from shapley_coop.estimate import estimate

    expected = asyncio.run(estimate(config))
    click.echo(json.dumps(expected.figures()) if as_json else expected.text())


def _config(
    game: str | None,
    file: Path | None,
    seats: tuple[str, ...],
    overrides: tuple[str, ...],
    cache: bool,
    null_seat: bool,
    **given: Any,
) -> Config:
    """Return the resolved configuration: file, then options, then --set."""
    from shapley_coop.config import put, read, resolve
    from shapley_coop.errors import ConfigError

    tables = read(file) if file else {}
    if game is not None:
        put(tables, ("game", "id"), game)
    sitting: dict[str, str] = {}
    for pair in seats:
        seat, equals, who = pair.partition("=")
        if not equals or not seat or not who:
            raise ConfigError(f"cannot read --seat {pair!r}; write --seat player_0=rational")
        if seat in sitting:
            raise ConfigError(f"seat {seat!r} is named twice: {sitting[seat]!r} and {who!r}")
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
        from shapley_coop.llm.cache import default_path

        given["cache"] = str(default_path())
    for name, value in given.items():
        if value is not None:
            put(tables, places[name], value)
    config = resolve(tables, overrides)
    if null_seat and not config.game_id.startswith("null:"):
        planted = {**config.game, "id": f"null:{config.game_id}"}
        config = config.model_copy(update={"game": planted})
    if "human" in (config.agent, *config.seats.values()):
        config = config.model_copy(update={"run": config.run.model_copy(update={"concurrency": 1})})
    return config


def _show(folder: RunFolder, as_json: bool, episode: int | None = None) -> None:
    from shapley_coop.report.facts import gather

    facts = gather(folder, episode)
    if as_json:
        click.echo(json.dumps(facts.figures))
        return
    from rich.console import Console

    from shapley_coop.report.terminal import show

    show(facts, Console())


def _list(group: Group, as_json: bool) -> None:
    from shapley_coop.plugins import described

    rows = described(group)
    if as_json:
        click.echo(json.dumps(rows))
        return
    wide = max(len(row["id"]) for row in rows)
    for row in rows:
        parameters = ", ".join(f"{name}={value}" for name, value in row["parameters"].items())
        click.echo(f"{row['id']:<{wide}}  {row['about']}")
        if parameters:
            click.echo(f"{'':<{wide}}  --set game.…: {parameters}")


def _plain(value: Any) -> Any:
    """Return where two runs differ as JSON values."""
    if value is None:
        return None
    return {"number": value.number, "left": _text(value.left), "right": _text(value.right)}


def _text(line: bytes | None) -> str:
    return "(no such event)" if line is None else line.decode("utf-8", "replace")


@contextmanager
def _errors_told(debug: bool) -> Iterator[None]:
    """Turn failures into one line on standard error and an exit code; tracebacks on --debug."""
    from shapley_coop.errors import ShapleyCoopError

    try:
        yield
    except ShapleyCoopError as error:
        if debug:
            raise
        _fail(str(error), error.exit_code)
    except (KeyboardInterrupt, EOFError):
        _fail("stopped; the same command continues the run", 130)
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(0) from None
    except OSError as error:
        if debug:
            raise
        _fail(f"{error.filename or 'a file'}: {error.strerror or error}", 1)
    except Exception as error:  # a fault of ours: say so, and how to see it
        if debug:
            raise
        _fail(f"internal error: {type(error).__name__}: {error}; --debug shows where", 1)


def _fail(message: str, code: int) -> None:
    from shapley_coop.llm.secrets import redact
    from shapley_coop.words import clean

    click.echo(f"error: {clean(redact(message), 2000)}", err=True)
    raise SystemExit(code)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; the entry point of `shapley-coop`."""
    given = sys.argv[1:] if arguments is None else arguments
    sys.path.append(str(Path.cwd()))  # so that module:attribute finds the user's own files
    command: Callable[..., Any] = app.main
    with _errors_told("--debug" in given):
        try:
            command(args=given, prog_name="shapley-coop", standalone_mode=False)
        except Exit as done:
            raise SystemExit(done.exit_code) from None
        except click.Abort:
            raise KeyboardInterrupt from None
        except click.ClickException as error:
            error.show()
            raise SystemExit(2) from None
