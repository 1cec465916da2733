"""The command `train`: a policy of the user's own, to be seated as `policy:RUN`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import rich_click as click

from shapley_coop.cli.options import as_json, overrides, quiet, runs_dir
from shapley_coop.cli.training.courses import Tell, train_language, train_recurrent
from shapley_coop.cli.view.json import print_json
from shapley_coop.errors import ConfigError

LANGUAGE_ONLY = ("imitate", "rank", "batch", "seconds")
RECURRENT_ONLY = (
    "pay",
    "welfare",
    "credit",
    "protocol",
    "opponents",
    "networks",
    "critic",
)
"""Options that mean something to one kind of policy alone."""


@click.command()
@click.argument("games", nargs=-1, required=True, metavar="GAME...")
@click.option(
    "--policy",
    type=click.Choice(["language", "recurrent"]),
    default="language",
    show_default=True,
    help="What learns: the embedded language model by an adapter, or a small network by PPO.",
)
@click.option(
    "--imitate",
    metavar="AGENT",
    help="The rule agent whose decisions a language policy learns [default: rational].",
)
@click.option(
    "--pay",
    help="What seats of a recurrent policy are paid: individual, team, equal, shapley or "
    "contracts [default: individual].",
)
@click.option(
    "--welfare",
    type=click.FloatRange(min=0),
    metavar="WEIGHT",
    help="How much of what all earn together is added to what a seat of a recurrent policy is "
    "paid [default: 0].",
)
@click.option(
    "--credit",
    metavar="SPEC",
    help="How pay becomes credit of decisions, such as gae, grpo or shapley*gae [default: gae].",
)
@click.option(
    "--protocol",
    help="The protocol under which a recurrent policy is trained [default: shapley-coop].",
)
@click.option(
    "--opponents",
    type=click.Choice(["self", "past"]),
    help="Who sits beside a recurrent policy: itself, or at times earlier versions of it.",
)
@click.option(
    "--networks",
    type=click.Choice(["seat", "shared"]),
    help="A network for each seat of a recurrent policy, or one for all [default: seat].",
)
@click.option(
    "--critic",
    type=click.Choice(["own", "central"]),
    help="Whether the critic sees what its seat sees, or what all see [default: own].",
)
@click.option(
    "--episodes",
    "-n",
    type=click.IntRange(min=1),
    help="Episodes to learn from [default: 200 to imitate, 10000 for a recurrent policy].",
)
@click.option(
    "--passes",
    type=click.IntRange(min=1),
    help="How often each decision is learned [default: 2 to imitate, 4 for a recurrent policy].",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of everything.",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option(
    "--rank",
    type=click.IntRange(min=1),
    help="Rank of a language policy's adapter [default: 16].",
)
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    help="Tokens of a language policy's step; 40000 on a GPU and 4000 on a CPU.",
)
@click.option(
    "--seconds",
    type=float,
    help="End a language policy's training after so many seconds.",
)
@click.option(
    "--evaluate",
    "evaluations",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Episodes of the first game that it then plays with itself.",
)
@overrides
@runs_dir
@quiet
@as_json
def train(
    games: tuple[str, ...],
    policy: str,
    overrides: tuple[str, ...],
    runs_dir: Path,
    quiet: bool,
    as_json: bool,
    evaluations: int,
    **options: Any,
) -> None:
    """Train a policy on GAMEs and print its card. Seat it by `--seat player_0=policy:RUN`.

    A game may have parameters, as in escape-room-n,seats=3,levers=1. A number written as * is drawn
    anew for every episode of a language policy. The same command continues a course that was cut.
    """
    given = {name: value for name, value in options.items() if value is not None}
    _refuse_foreign(policy, given)
    tell = _teller(quiet=quiet or as_json)
    began = time.monotonic()
    if policy == "recurrent":
        folder, card = train_recurrent(
            games, overrides, given, evaluations, runs_dir, tell
        )
    else:
        texts = tuple(_with_parameters(text, overrides) for text in games)
        folder, card = train_language(texts, given, evaluations, runs_dir, tell)
    shown = {
        "run": str(folder),
        "curve": card["curve"],
        "evaluation": card["evaluation"],
        "seconds": round(time.monotonic() - began, 1),
        "device": card["device"],
    }
    if as_json:
        print_json(shown)
    else:
        click.echo(_text(shown, card))


def _refuse_foreign(policy: str, given: Mapping[str, Any]) -> None:
    """Raise ConfigError if an option is given that means nothing to this kind of policy."""
    other = {"language": RECURRENT_ONLY, "recurrent": LANGUAGE_ONLY}[policy]
    for name in other:
        if name in given:
            raise ConfigError(
                f"--{name} means nothing to a {policy} policy; leave it out, or take another "
                "--policy"
            )


def _with_parameters(game: str, overrides: Sequence[str]) -> str:
    """Return a game with the parameters that `--set game.…` gives."""
    for override in overrides:
        if not override.startswith("game."):
            raise ConfigError(
                f"--set {override!r} means nothing to imitation, which draws protocols itself; "
                "set fields of game alone"
            )
        game += "," + override.removeprefix("game.")
    return game


def _teller(*, quiet: bool) -> Tell:
    def tell(text: str) -> None:
        if not quiet:
            click.echo(text, err=True)

    return tell


def _text(shown: dict[str, Any], card: dict[str, Any]) -> str:
    lines = [f"policy: {shown['run']}"]
    curve = card["curve"]
    if card["kind"] == "language":
        lessons = card["lessons"]
        lines += [
            f"learned: {lessons['rows']} decisions of {card['imitates']} in "
            f"{lessons['episodes']} episodes, {card['tokens']} tokens on {shown['device']}",
            f"loss: {curve[0]['loss']:.4f} at first, {curve[-1]['loss']:.4f} at last",
        ]
    else:
        lines += [
            f"learned: {card['decisions']} decisions in {card['episodes']} episodes on "
            f"{shown['device']}",
            f"total: {curve[0]['mean_total']:.2f} at first, {curve[-1]['mean_total']:.2f} at last",
        ]
    found = shown["evaluation"]
    if found:
        lines.append(
            f"plays {found['game']} with itself: success {found['success']:.0%}, mean total "
            f"{found['mean_total']:.2f} in {found['episodes']} episodes"
        )
    lines.append(f"seat it: --seat player_0=policy:{shown['run']}")
    return "\n".join(lines)
