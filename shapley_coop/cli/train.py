"""The command `train`: a policy of the user's own, to be seated as `policy:RUN`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import rich_click as click

from shapley_coop.cli.options import as_json, quiet, runs_dir
from shapley_coop.cli.view.json import print_json


@click.command()
@click.argument("games", nargs=-1, required=True, metavar="GAME...")
@click.option(
    "--policy",
    type=click.Choice(["language"]),
    default="language",
    show_default=True,
    help="What learns: the embedded language model, by an adapter.",
)
@click.option(
    "--imitate",
    default="rational",
    show_default=True,
    metavar="AGENT",
    help="The rule agent whose decisions are learned.",
)
@click.option(
    "--episodes",
    "-n",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="Episodes to learn from.",
)
@click.option(
    "--passes",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="How often each decision is learned.",
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
    default=16,
    show_default=True,
    help="Rank of the adapter.",
)
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    help="Tokens of a step; 40000 on a GPU and 4000 on a CPU.",
)
@click.option("--seconds", type=float, help="End training after so many seconds.")
@click.option(
    "--evaluate",
    "evaluations",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Episodes of the first game that it then plays with itself.",
)
@runs_dir
@quiet
@as_json
def train(
    games: tuple[str, ...],
    runs_dir: Path,
    quiet: bool,
    as_json: bool,
    evaluations: int,
    **options: Any,
) -> None:
    """Train a policy on GAMEs and print its card. Seat it by `--seat player_0=policy:RUN`.

    A game may have parameters, as in escape-room-n,seats=3,levers=1. A number written as * is drawn
    anew for every episode. The same command continues a course that was cut.
    """
    from shapley_coop.cli.view.progress import pull_weights
    from shapley_coop.llm import weights
    from shapley_coop.rl.training.imitation.course import (
        ImitationOrder,
        imitate,
        read_card,
        write_card,
    )
    from shapley_coop.rl.training.language import choose_device

    base = "smollm2"
    if not weights.location(base).is_file():
        pull_weights(base)
    device = choose_device(options["device"]).type
    batch = options["batch"] or {"cuda": 40_000, "cpu": 4_000}[device]
    order = ImitationOrder(
        games=games,
        teacher=options["imitate"],
        episodes=options["episodes"],
        passes=options["passes"],
        seed=options["seed"],
        device=device,
        base=base,
        rank=options["rank"],
        batch=batch,
        seconds=options["seconds"],
    )
    began = time.monotonic()
    folder = imitate(order, runs_dir, _teller(quiet=quiet or as_json))
    card = read_card(folder)
    if evaluations:
        card["evaluation"] = _evaluation(folder, games[0], evaluations, runs_dir)
        write_card(folder, card)
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


def _evaluation(
    folder: Path, game: str, episodes: int, runs_dir: Path
) -> dict[str, Any]:
    from shapley_coop.rl.training.evaluation import ITSELF, evaluate

    return evaluate(
        f"policy:{folder}", game, ITSELF, episodes=episodes, runs_dir=runs_dir
    )


def _teller(*, quiet: bool) -> Any:
    def tell(text: str) -> None:
        if not quiet:
            click.echo(text, err=True)

    return tell


def _text(shown: dict[str, Any], card: dict[str, Any]) -> str:
    lessons = card["lessons"]
    lines = [
        f"policy: {shown['run']}",
        f"learned: {lessons['rows']} decisions of {card['imitates']} in "
        f"{lessons['episodes']} episodes, {card['tokens']} tokens on {shown['device']}",
        f"loss: {card['curve'][0]['loss']:.4f} at first, {card['curve'][-1]['loss']:.4f} at last",
    ]
    found = shown["evaluation"]
    if found:
        lines.append(
            f"plays {found['game']} with itself: success {found['success']:.0%} of "
            f"{found['episodes']} episodes"
        )
    lines.append(f"seat it: --seat player_0=policy:{shown['run']}")
    return "\n".join(lines)
