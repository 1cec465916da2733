"""Judging a deal by name, file or statement: what it stands up to, and the clauses it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_args

from shapley_coop.errors import ConfigError, PluginError, unknown
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.plugins import names
from shapley_coop.negotiation.lint.files import read_deal, read_json
from shapley_coop.negotiation.lint.game_form import of_game
from shapley_coop.negotiation.lint.holdings import holdings_under
from shapley_coop.negotiation.lint.normal_form import Progress, show_nothing
from shapley_coop.negotiation.lint.repair import Aim, Repair, cheapest_repair
from shapley_coop.negotiation.lint.stated import (
    StatedDeal,
    deal_of,
    table_scope,
    terms_of,
)
from shapley_coop.negotiation.lint.verdict import DealVerdict, judge
from shapley_coop.negotiation.scope import scope_of_game
from shapley_coop.records import Clause, Terms
from shapley_coop.records.words import clean, word_list
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
    clauses: (
        str
        | Path
        | Terms
        | Mapping[str, Any]
        | Sequence[Clause | Mapping[str, Any]]
        | None
    ) = None,
    parameters: Mapping[str, Any] | None = None,
    aim: Aim = "equilibrium",
    progress: Progress = show_nothing,
) -> LintResult:
    """Return what a deal stands up to, and the cheapest clauses that would make it hold.

    Args:
        source: a JSON file with players, actions, payoffs and goal, or a game's name. A name that
            no registered game has is a file where there is one, or where it has an ending. The
            goal of a game is its plan of greatest total, or the plan in the terms.
        clauses: what is signed: terms, clauses as records or as mappings, a mapping with clauses
            and a plan, or a JSON file of these. None means those in the file of payoffs, or none.
        parameters: what a game is made with.
        aim: what the cheapest clauses bring about, `equilibrium` or `dominant`.
        progress: is told what is gone through, how many of them were, and of how many.

    Raises:
        InputError: a file, a game or a clause cannot be used as it was given.
    """
    signed = None if clauses is None else _as_json(clauses)
    if not _is_file(source):
        game = open_game(str(source), parameters or {})
        return _judged(_deal_of_game(game, signed, progress), aim, progress)
    deal = read_deal(Path(source))
    if parameters:
        raise ConfigError(
            f"{word_list(sorted(parameters))} would be a parameter of a game, and {str(source)!r} "
            "states payoffs; change the file instead",
            field="game",
        )
    if signed is not None:
        deal = deal._replace(terms=terms_of(signed, table_scope(deal.form)))
    return _judged(deal, aim, progress)


def lint_stated(data: Mapping[str, Any], aim: Aim = "equilibrium") -> LintResult:
    """Return what a deal stands up to that somebody states. No file is read.

    Args:
        data: players, actions, payoffs, goal and clauses, as JSON holds them.
        aim: what the cheapest clauses bring about.

    Raises:
        InputError: it states no deal.
    """
    return _judged(deal_of(data), aim)


def lint_registered(
    name: str,
    parameters: Mapping[str, Any],
    clauses: Any = None,
    aim: Aim = "equilibrium",
) -> LintResult:
    """Return what the plan of a game stands up to that an installed package registers.

    Nothing that a stranger gives can name a module or a file: a game is one of the registered
    names, and its parameters are numbers.

    Args:
        name: the game's registered name.
        parameters: what it is made with.
        clauses: a list of them, or an object with clauses and a plan. None means none.
        aim: what the cheapest clauses bring about.

    Raises:
        InputError: the game, a parameter or a clause cannot be used.
    """
    known = names("games")
    if name not in known:
        raise PluginError(unknown("game", name, known), field="game")
    for parameter, value in parameters.items():
        if not _has_numbers_alone(value):
            raise ConfigError(
                f"parameter {parameter!r} is no number, true, false or list of these; texts "
                "may name files and are not taken",
                field="parameters",
            )
    return _judged(_deal_of_game(open_game(name, parameters), clauses), aim)


def _is_file(source: str | Path) -> bool:
    """Return whether a deal is a file of payoffs, and no game's name.

    Raises:
        PluginError: it is neither.
    """
    known = names("games")
    text = str(source)
    if isinstance(source, Path):
        return True
    if text in known or ":" in text:
        return False
    # What has an ending or a folder is a file even where it is missing.
    if Path(text).exists() or Path(text).name != text or Path(text).suffix:
        return True
    raise PluginError(
        unknown("game", clean(text, 80), known, "a file of payoffs is judged as well"),
        field="deal",
    )


def _has_numbers_alone(value: Any) -> bool:
    if isinstance(value, list):
        return all(_has_numbers_alone(part) for part in value)
    return value is None or isinstance(value, bool | int | float)


def _judged(
    deal: StatedDeal, aim: Aim, progress: Progress = show_nothing
) -> LintResult:
    # A caller in Python may give any text, and a slip would ask for something else.
    if aim not in get_args(Aim):
        raise ConfigError(unknown("aim", clean(str(aim), 80), get_args(Aim)))
    holdings = holdings_under(deal.form, deal.terms)
    repair = cheapest_repair(deal.form, holdings, aim)
    verdict = judge(deal.form, holdings, progress)
    return LintResult(deal, verdict, repair)


def _as_json(clauses: Any) -> Any:
    """Return clauses as JSON has them, from records, mappings or a file."""
    if isinstance(clauses, Terms):
        return clauses.model_dump(mode="json")
    if isinstance(clauses, str | Path):
        return read_json(Path(clauses))
    if isinstance(clauses, Mapping) or not isinstance(clauses, Iterable):
        return clauses
    return [
        clause.model_dump(mode="json") if isinstance(clause, Clause) else clause
        for clause in clauses
    ]


def _deal_of_game(
    game: Game, signed: Any, progress: Progress = show_nothing
) -> StatedDeal:
    terms = (
        Terms() if signed is None else terms_of(signed, scope_of_game(game, game.seats))
    )
    return StatedDeal(of_game(game, terms.plan, progress=progress), terms)
