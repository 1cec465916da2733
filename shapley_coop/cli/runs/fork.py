"""The command `fork`: what would have followed had a seat done otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from shapley_coop.cli.options import as_json, run_argument
from shapley_coop.cli.view.json import print_json
from shapley_coop.cli.view.lines import print_lines

if TYPE_CHECKING:
    from shapley_coop.simulation.forks.course import ForkCourse
    from shapley_coop.simulation.forks.fork import Fork, PayoffChange


@click.command()
@run_argument
@click.option(
    "--at",
    required=True,
    metavar="eE.sS",
    help="The step, such as e0.s0: episode and step.",
)
@click.option(
    "--set",
    "changes",
    multiple=True,
    required=True,
    metavar="SEAT=…",
    help="Another action at that step, another agent from there on, or `unsigned`.",
)
@click.option(
    "--then",
    metavar="AGENT",
    help="The rule agent that plays on for all; by default seats repeat what they did.",
)
@click.option(
    "--pairs",
    type=click.IntRange(min=1),
    default=16,
    show_default=True,
    help="Pairs of plays where chance has a say.",
)
@as_json
def fork(
    run: Path,
    at: str,
    changes: tuple[str, ...],
    then: str | None,
    pairs: int,
    as_json: bool,
) -> None:
    """Play an episode of RUN on from a step with something changed. No model is asked."""
    from shapley_coop.runs.store import RunFolder
    from shapley_coop.simulation.forks.fork import fork as fork_episode

    result = fork_episode(RunFolder.open(run), at, changes, then=then, replicates=pairs)
    if as_json:
        print_json(result.as_json())
        return
    print_lines(fork_lines(result))


def fork_lines(result: Fork) -> list[str]:
    """Return in sentences what follows from a change."""
    from shapley_coop.records.words import clean, number

    step = result.place.step
    lines = [
        _course_line("as it was", result.before, step),
        _course_line("changed", result.after, step),
    ]
    for seat, difference in result.difference.items():
        before, after = result.before.payoffs[seat], result.after.payoffs[seat]
        lines.append(
            f"{seat} holds {number(after)} instead of {number(before)}"
            f"{_mean(difference, result.pairs)}"
        )
    return [clean(line, 400) for line in lines]


def _course_line(name: str, course: ForkCourse, step: int) -> str:
    from shapley_coop.records.words import count_text, names

    actions = course.steps[step].actions.items()
    done = ", ".join(f"{seat} does {action}" for seat, action in actions)
    ends = names(course.outcomes) if course.outcomes else "no named outcome"
    return f"{name}: {done}; it ends with {ends} after {count_text(len(course.steps), 'step')}"


def _mean(difference: PayoffChange, pairs: int) -> str:
    from shapley_coop.records.words import number

    if pairs == 1:
        return ""
    if difference.interval is None:
        change = number(difference.mean, sign=True)
        return f"; a change of {change} in each of {pairs} pairs of plays"
    low, high = difference.interval
    return (
        f"; a change of {number(difference.mean, sign=True)} on average over {pairs} pairs of "
        f"plays ({number(low, sign=True)} to {number(high, sign=True)})"
    )
