"""The command `train`: a policy of the user's own, to be seated as `policy:RUN`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from shapley_coop.cli.options import as_json, overrides, quiet, runs_dir
from shapley_coop.cli.training.courses import CourseRequest
from shapley_coop.cli.training.kinds import CourseKind, kind_of_course
from shapley_coop.cli.view.json import print_json

if TYPE_CHECKING:
    from shapley_coop.rl.training.listeners import Tell
    from shapley_coop.rl.training.processes import Processes


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
    help="The rule agent or recurrent policy whose decisions a language policy learns [default: "
    "rational].",
)
@click.option(
    "--pay",
    help="What seats are paid: individual, team, equal, shapley or, of a recurrent policy, "
    "contracts [default: individual]. A recurrent policy is paid by dividing the pot. Answers of a "
    "language policy are paid by the record: equal is the mean payoff, and shapley the credit that "
    "the run measured, with nothing of the total added.",
)
@click.option(
    "--welfare",
    type=click.FloatRange(min=0),
    metavar="WEIGHT",
    help="How much of what all earn together is added to what a seat of a recurrent policy is "
    "paid [default: 0.05 for shapley, which breaks its ties, and else 0].",
)
@click.option(
    "--credit",
    metavar="SPEC",
    help="How pay becomes credit of decisions [default: gae, and grpo for a language policy].",
)
@click.option(
    "--protocol",
    help="The protocol under which is played to learn [default: shapley-coop].",
)
@click.option(
    "--from",
    "stored",
    multiple=True,
    metavar="RUN",
    help="Stored runs whose answers reinforce a language policy; may be given again.",
)
@click.option(
    "--start",
    metavar="POLICY",
    help="The language policy that is reinforced [default: smollm2-coop].",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    help="How often a language policy plays and is reinforced by what it answered.",
)
@click.option(
    "--grouping",
    type=click.Choice(["turn", "seat"]),
    help="With what an answer of a language policy is compared: the same turn of its seat, or "
    "all answers of its seat [default: turn].",
)
@click.option(
    "--opponents",
    metavar="self|past|AGENT",
    help="Who sits beside a recurrent policy: itself, or in every other episode earlier versions "
    "of it, or a rule agent such as rational [default: self].",
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
    help="Episodes to learn from [default: 200 to imitate, 8 a round, 10000 recurrent].",
)
@click.option(
    "--passes",
    type=click.IntRange(min=1),
    help="How often each decision is learned [default: 2, and 4 for a recurrent policy].",
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
    anew below 2^31 for every episode of a language policy, such as table=* of a game that draws
    one. The same command continues a course that was cut.
    """
    # Several stored runs are one option, and none of them is none.
    given = {name: value for name, value in options.items() if value not in (None, ())}
    kind = kind_of_course(policy, given)
    began = time.monotonic()
    # Of several processes that train one policy, the first speaks.
    processes = _processes(given["device"])
    tell = _teller(quiet=quiet or as_json or processes.rank > 0)
    request = CourseRequest(
        games, overrides, given, evaluations, runs_dir, tell, processes
    )
    folder = kind.train(request)
    if processes.rank > 0:
        return
    card = _card(folder)
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
        click.echo(_text(shown, kind, card))


def _processes(device: str) -> Processes:
    """Return the processes that train together: those that were launched, or this one alone."""
    from shapley_coop.rl.training.devices import choose_device
    from shapley_coop.rl.training.processes import launched_processes

    return launched_processes(choose_device(device))


def _card(folder: Path) -> dict[str, Any]:
    from shapley_coop.llm.backends.policy import card_of

    return card_of(folder)


def _teller(*, quiet: bool) -> Tell:
    def tell(text: str) -> None:
        if not quiet:
            click.echo(text, err=True)

    return tell


def _text(shown: dict[str, Any], kind: CourseKind, card: dict[str, Any]) -> str:
    from shapley_coop.records.words import count_text

    lines = [f"policy: {shown['run']}", *kind.summary(card)]
    found = shown["evaluation"]
    if found:
        lines.append(
            f"plays {found['game']} with itself: success {found['success']:.0%}, mean total "
            f"{found['mean_total']:.2f} in {count_text(found['episodes'], 'episode')}"
        )
    lines.append(f"seat it: --seat player_0=policy:{shown['run']}")
    return "\n".join(lines)
