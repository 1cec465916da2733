"""The command `lint`: whether a deal holds, who can break it, and the cheapest repair."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import rich_click as click

from shapley_coop.cli.options import as_json, overrides
from shapley_coop.cli.view.json import print_json
from shapley_coop.cli.view.lines import print_lines

if TYPE_CHECKING:
    from shapley_coop.negotiation.lint.normal_form import Progress
    from shapley_coop.negotiation.lint.verdict import DealVerdict, Verdict
    from shapley_coop.records import Terms
    from shapley_coop.simulation.checks.deals import LintResult

AIMS = ("equilibrium", "dominant")
MOST_NAME = 24
"""Characters of a name, so that a line holds several."""

NameText = Callable[[str], str]
"""A player or an action to the name that is shown."""


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
        _require_game_settings(overrides)
        parameters = resolve({"game": {"id": deal}}, overrides).game_parameters
    with _progress() as progress:
        result = judge_deal(
            deal,
            clauses=clauses,
            parameters=parameters,
            aim=known[aim],
            progress=progress,
        )
    if as_json:
        print_json(result.as_json())
        return
    print_lines(deal_lines(result))


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show on a terminal's standard error how far a judgement is, which may take half a minute."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("going through {task.description}"),
        BarColumn(24),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    task = bar.add_task("what the players can do", total=None)

    def show(what: str, count: int, total: int) -> None:
        bar.update(task, description=what, completed=count, total=total)

    with bar:
        yield show


def _require_game_settings(overrides: Sequence[str]) -> None:
    from shapley_coop.errors import ConfigError

    for setting in overrides:
        name = setting.partition("=")[0]
        # Anything else would be a setting of a run, and nothing is played here.
        if not name.startswith("game.") or name == "game.id":
            raise ConfigError(
                f"{name!r} changes nothing of a deal; only parameters of a game can be set, such "
                "as game.rounds=2",
                field="set",
            )


def deal_lines(result: LintResult) -> list[str]:
    """Return in sentences what a deal stands up to, and what it lacks."""
    from shapley_coop.records.words import every_digit
    from shapley_coop.simulation.checks.deals import BEYOND_REPAIR

    verdict = result.verdict
    name = _names_of(result)
    parts = []
    for seat, line in verdict.goal.items():
        held, outside = verdict.payoffs[seat], verdict.outside[seat]
        words = (
            f"does {_deeds(line, name)}: holds {every_digit(held)}, "
            f"{every_digit(outside)} without a deal"
        )
        parts.append((name(seat), words))
    lines = _of_each(parts)
    if result.deal.terms.clauses:
        lines += [f"signed: {line}" for line in _terms_lines(result.deal.terms, name)]
    else:
        lines.append("nothing is signed")
    lines += ["", *_verdict_lines(verdict, name), ""]
    if result.repair is None:
        lines.append(BEYOND_REPAIR)
    elif not result.repair.clauses:
        lines.append("nothing has to be added")
    else:
        lines.append(f"add, for {every_digit(result.repair.total)} in prices:")
        lines += [f"  {line}" for line in _terms_lines(result.repair.terms, name)]
    return lines


def _verdict_lines(verdict: DealVerdict, name: NameText) -> list[str]:
    from shapley_coop.records.words import every_digit, names

    lines = [f"equilibrium: {_yes(verdict.equilibrium)}"]
    parts = []
    for deviation in verdict.deviations:
        gain = every_digit(deviation.gain)
        deeds = _deeds(deviation.actions, name)
        parts.append((name(deviation.seat), f"gains {gain} by {deeds}"))
    lines += [f"  {line}" for line in _of_each(parts)]
    lines.append(f"dominant: {_answer(verdict, 'dominant', verdict.dominant)}")
    lines.append(f"rational: {_yes(verdict.rational)}")
    parts = []
    for seat, margin in verdict.margins.items():
        if margin < 0 and not verdict.rational:
            less = every_digit(-margin)
            parts.append((name(seat), f"holds {less} less than without a deal"))
    lines += [f"  {line}" for line in _of_each(parts)]
    lines.append(f"core: {_answer(verdict, 'core', verdict.core)}")
    objection = verdict.objection
    if objection is not None and not objection.holds:
        who = names([name(seat) for seat in objection.objector], noun="player")
        more = every_digit(objection.excess)
        alone = "itself" if len(objection.objector) == 1 else "themselves"
        lines.append(f"  {who} can be sure of {more} more by {alone}")
    parts = []
    for seat, risk in verdict.risks.items():
        words = (
            f"loses {every_digit(risk.loss)} if {name(risk.breaker)} does "
            f"{_deeds(risk.actions, name)} instead"
        )
        parts.append((name(seat), words))
    lines += [f"risk: {line}" for line in _of_each(parts)]
    return lines


def _of_each(parts: Sequence[tuple[str, str]]) -> list[str]:
    """Return a line for every player, or one for all of whom the same is said if they are many.

    Args:
        parts: names of players, each with what is said of it.
    """
    from shapley_coop.records.words import MOST_NAMES, each_of

    alike: dict[str, list[str]] = {}
    for who, words in parts:
        alike.setdefault(words, []).append(who)
    lines = []
    for who, words in parts:
        group = alike[words]
        if len(group) <= MOST_NAMES:
            lines.append(f"{who} {words}")
        elif who == group[0]:
            lines.append(f"{each_of(group, noun='player')} {words}")
    return lines


def _names_of(result: LintResult) -> NameText:
    """Return what shortens the deal's names, which come from files and may be of any length."""
    from shapley_coop.records.words import short_names

    form = result.deal.form
    actions = [action for plans in form.plans for line in plans for action in line]
    # An action may be called like a player, and stays what it is called.
    seats = short_names(form.seats, MOST_NAME)
    deeds = short_names(dict.fromkeys(actions), MOST_NAME)
    shown = {**deeds, **seats}
    return lambda text: shown[text]


def _terms_lines(terms: Terms, name: NameText) -> list[str]:
    from shapley_coop.records.wording import exact_price_text, terms_text

    return terms_text(_renamed(terms, name), exact_price_text)


def _renamed(terms: Terms, name: NameText) -> Terms:
    """Return terms in which players and actions have the names that are shown."""
    clauses = []
    for clause in terms.clauses:
        condition = clause.condition
        changes = {}
        for field in ("seat", "action"):
            value = condition.model_dump().get(field)
            if value is not None:
                changes[field] = name(value)
        clauses.append(
            clause.model_copy(
                update={
                    "payer": name(clause.payer),
                    "payee": name(clause.payee),
                    "condition": condition.model_copy(update=changes),
                }
            )
        )
    plan = {}
    for seat, line in terms.plan.items():
        plan[name(seat)] = tuple(name(action) for action in line)
    return terms.model_copy(update={"clauses": tuple(clauses), "plan": plan})


def _deeds(line: Sequence[str], name: NameText) -> str:
    from shapley_coop.records.wording import line_text

    return line_text(tuple(map(name, line)))


def _answer(verdict: DealVerdict, name: Verdict, holds: bool | None) -> str:
    if holds is None:
        return f"unknown, since {verdict.skipped[name]}"
    return _yes(holds)


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"
