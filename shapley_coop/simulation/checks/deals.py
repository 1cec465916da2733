"""Judging a deal by name or file: what it stands up to, and the cheapest clauses it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import Game
from shapley_coop.negotiation.lint.files import (
    StatedDeal,
    read_deal,
    read_json,
    read_terms,
)
from shapley_coop.negotiation.lint.normal_form import of_game
from shapley_coop.negotiation.lint.repair import Aim, Repair, cheapest_repair
from shapley_coop.negotiation.lint.verdict import DealVerdict, judge
from shapley_coop.records import Clause, Seat, Terms
from shapley_coop.simulation.worker import open_game

BEYOND_REPAIR = (
    "no payments between the players can help: at the goal all together hold less than they "
    "have without a deal"
)


class LintResult(NamedTuple):
    """What a deal stands up to, and what it lacks."""

    deal: StatedDeal
    verdict: DealVerdict
    repair: Repair | None
    """None if no payments between the seats can make the deal hold."""

    def as_json(self) -> dict[str, Any]:
        """Return it as the command `lint` prints it."""
        verdict = self.verdict.model_dump(mode="json")
        cheapest: dict[str, Any] = {"cheapest": None, "cheapest_total": None}
        if self.repair is not None:
            clauses = [clause.model_dump(mode="json") for clause in self.repair.clauses]
            cheapest = {"cheapest": clauses, "cheapest_total": self.repair.total}
            if self.repair.plan:
                cheapest["cheapest_plan"] = self.repair.plan
        return {**verdict, **cheapest}


def lint(
    source: str | Path,
    *,
    clauses: str | Path | Terms | Sequence[Clause | Mapping[str, Any]] | None = None,
    parameters: Mapping[str, Any] | None = None,
    aim: Aim = "equilibrium",
) -> LintResult:
    """Return what a deal stands up to, and the cheapest clauses that would make it hold.

    Args:
        source: a JSON file with players, actions, payoffs and goal, or a game's name. The goal of
            a game is its plan of greatest total, or the plan in the terms.
        clauses: what is signed: terms, clauses as records or as mappings, or a JSON file of them.
            None means those in the file of payoffs, or none.
        parameters: what a game is made with.
        aim: what the cheapest clauses bring about, `equilibrium` or `dominant`.

    Raises:
        InputError: a file, a game or a clause cannot be used as it was given.
    """
    if str(source).endswith(".json"):
        deal = read_deal(Path(source))
        if clauses is not None:
            deal = deal._replace(terms=_terms(clauses, deal))
    else:
        deal = _deal_of_game(open_game(str(source), parameters or {}), clauses)
    verdict = judge(deal.form, deal.goal, deal.terms)
    repair = cheapest_repair(deal.form, deal.goal, deal.terms, aim)
    return LintResult(deal, verdict, repair)


def _terms(clauses: Any, deal: StatedDeal) -> Terms:
    if isinstance(clauses, Terms):
        clauses = clauses.model_dump(mode="json")
    elif isinstance(clauses, str | Path):
        clauses = read_json(Path(clauses))
    else:
        clauses = [
            clause.model_dump(mode="json") if isinstance(clause, Clause) else clause
            for clause in clauses
        ]
    return read_terms(clauses, deal.form)


def _deal_of_game(game: Game, clauses: Any) -> StatedDeal:
    form = of_game(game)
    bare = StatedDeal(form, (0,) * len(form.seats), Terms())
    terms = Terms() if clauses is None else _terms(clauses, bare)
    lines: Mapping[Seat, Sequence[str]] | None = terms.plan or game.fresh().plan()
    if lines is None:
        raise ConfigError(
            f"{game.name} knows no plan of greatest total; give clauses with a plan",
            field="clauses",
        )
    whole = {}
    for seat in game.seats:
        line = tuple(lines.get(seat, ()))
        # A plan may end before the horizon, and whatever is named after it is never played.
        rest = (game.actions[0],) * (game.horizon - len(line))
        whole[seat] = (*line, *rest)
    return StatedDeal(form, form.profile_of(whole), terms)
