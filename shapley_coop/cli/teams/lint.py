"""The command `lint`: whether a deal holds, who can break it, and the cheapest repair."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import rich_click as click

from shapley_coop.cli.options import as_json, overrides
from shapley_coop.cli.view.json import print_json

if TYPE_CHECKING:
    from shapley_coop.simulation.checks.deals import LintResult

AIMS = ("equilibrium", "dominant")


@click.command()
@click.argument("deal")
@click.option(
    "--clauses",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What is signed: a JSON list of clauses as in a run folder.",
)
@click.option(
    "--for",
    "aim",
    type=click.Choice(AIMS),
    default="equilibrium",
    show_default=True,
    help="What the cheapest clauses bring about.",
)
@overrides
@as_json
def lint(
    deal: str, clauses: Path | None, aim: str, overrides: Sequence[str], as_json: bool
) -> None:
    """Judge a deal: in DEAL, a JSON file of payoffs, or at the plan of a game by that name.

    Parameters of a game are given by --set game.….
    """
    from shapley_coop.config.resolve import resolve
    from shapley_coop.negotiation.lint.repair import Aim
    from shapley_coop.simulation.checks.deals import lint as judge_deal

    known: dict[str, Aim] = {name: name for name in get_args(Aim)}
    parameters = {}
    if overrides:
        parameters = resolve({"game": {"id": deal}}, overrides).game_parameters
    result = judge_deal(deal, clauses=clauses, parameters=parameters, aim=known[aim])
    if as_json:
        print_json(result.as_json())
        return
    for line in deal_lines(result):
        click.echo(line)


def deal_lines(result: LintResult) -> list[str]:
    """Return in sentences what a deal stands up to, and what it lacks."""
    from shapley_coop.records.wording import terms_text
    from shapley_coop.records.words import number
    from shapley_coop.simulation.checks.deals import BEYOND_REPAIR

    verdict = result.verdict
    lines = []
    for seat, line in verdict.goal.items():
        held, outside = verdict.payoffs[seat], result.deal.form.outside[seat]
        lines.append(
            f"{seat} does {', '.join(line)}: holds {number(held)}, "
            f"{number(outside)} without a deal"
        )
    if result.deal.terms.clauses:
        lines += [f"signed: {line}" for line in terms_text(result.deal.terms)]
    else:
        lines.append("nothing is signed")
    lines.append("")
    lines.append(f"equilibrium: {_yes(verdict.equilibrium)}")
    for deviation in verdict.deviations:
        lines.append(
            f"  {deviation.seat} gains {number(deviation.gain)} by "
            f"{', '.join(deviation.actions)}"
        )
    lines.append(f"dominant: {_yes(verdict.dominant)}")
    lines.append(f"rational: {_yes(verdict.rational)}")
    for seat, margin in verdict.margins.items():
        if margin < 0 and not verdict.rational:
            lines.append(f"  {seat} holds {number(-margin)} less than without a deal")
    lines.append(f"core: {_yes(verdict.core)}")
    objection = verdict.objection
    if objection is not None and not objection.holds:
        who = " and ".join(objection.objector)
        more = number(objection.excess)
        lines.append(f"  {who} can be sure of {more} more by themselves")
    for seat, risk in verdict.risks.items():
        lines.append(
            f"risk: {seat} loses {number(risk.loss)} if {risk.breaker} does "
            f"{', '.join(risk.actions)} instead"
        )
    lines.append("")
    if result.repair is None:
        lines.append(BEYOND_REPAIR)
    elif not result.repair.clauses:
        lines.append("nothing has to be added")
    else:
        lines.append(f"add, for {number(result.repair.total)} in prices:")
        added = _repair_terms(result)
        lines += [f"  {line}" for line in added]
    # Names of players come from files, and may hold anything.
    return [_indented(line) for line in lines]


def _indented(line: str) -> str:
    from shapley_coop.records.words import clean

    words = line.lstrip(" ")
    return line[: len(line) - len(words)] + clean(words, 400)


def _repair_terms(result: LintResult) -> list[str]:
    from shapley_coop.records import Terms
    from shapley_coop.records.wording import terms_text

    repair = result.repair
    assert repair is not None
    return terms_text(Terms(clauses=repair.clauses, plan=repair.plan))


def _yes(holds: bool | None) -> str:
    if holds is None:
        return "unknown"
    return "yes" if holds else "no"
