"""The credit of a team's members, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shapley_coop.teams.attribution import Attribution
    from shapley_coop.teams.demands import DemandOutcome

MOST_FAILURES = 10
"""Coalitions that failed which a terminal shows. JSON holds all."""


def show_attribution(result: Attribution, verdicts: Sequence[DemandOutcome]) -> None:
    """Print the credit of every member, what else the runs show, and what came of demands."""
    from rich.console import Console, JustifyMethod
    from rich.table import Table
    from rich.text import Text

    from shapley_coop.llm.secrets import redact
    from shapley_coop.records.words import clean, number
    from shapley_coop.teams.junit import outcome_text

    table = Table()
    headings = (
        "member",
        "value",
        "95 % interval",
        "team loses without",
        "cost a point",
    )
    for place, heading in enumerate(headings):
        # Whole, since long names are often told apart by their ends alone.
        side: JustifyMethod = "right" if place else "left"
        table.add_column(heading, justify=side, overflow="fold")
    losses, costs = result.loss_without, result.cost_per_point or {}
    for name in result.ranking:
        low, high = result.interval[name]
        cost = costs.get(name)
        table.add_row(
            Text(clean(redact(name), 60)),
            number(result.values[name]),
            f"{number(low)} to {number(high)}",
            number(losses[name]) if name in losses else "not run",
            "-" if cost is None else number(cost),
        )
    console = Console()
    console.print(table)
    whole, team = result.whole, result.sufficient
    lines = [
        f"score {number(whole.score)} of all ({whole.runs} runs), "
        f"{number(result.estimate.empty)} of nobody",
        f"{result.runs} runs, {result.paid_runs} of them now, cost {number(result.cost)}; "
        f"stopped: {result.stopped_by}",
        "each two neighbours of the ranking are in this order with a chance of at least "
        f"{result.ranking_confidence:.0%}",
        f"cheapest team that is not shown to be worse: {', '.join(team.present) or 'nobody'} "
        f"({number(team.score)}, {team.runs} runs)",
    ]
    for one, other in result.ties:
        lines.append(f"{one} and {other} are worth the same, in either order")
    failures = list(result.failures.items())
    for present, words in failures[:MOST_FAILURES]:
        lines.append(f"left out: {', '.join(present) or 'nobody'} failed: {words}")
    more = len(failures) - MOST_FAILURES
    if more > 0:
        lines.append(f"left out: {more:,} more, which --json lists")
    lines += [outcome_text(verdict) for verdict in verdicts]
    for line in lines:
        # Members and failures are told in the team's own words.
        console.print(Text(clean(redact(line), 400)), soft_wrap=True)
