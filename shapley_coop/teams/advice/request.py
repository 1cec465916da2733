"""What an agent asks of `lint`: which arguments there are, and what is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from shapley_coop.errors import InputError, unknown, value_text
from shapley_coop.negotiation.lint.repair import Aim
from shapley_coop.records import Terms
from shapley_coop.simulation.checks.deals import (
    LintResult,
    lint_registered,
    lint_stated,
)

TOOL = "lint"
ABOUT = (
    "Judge a deal before you sign it. Give either a table of payoffs (players, actions, payoffs, "
    "goal) or the name of a registered game, and the clauses that are to be signed. The answer "
    "says whether keeping to the goal is an equilibrium, dominant, individually rational and in "
    "the core; who can break it and gains what; what each player risks if another one breaks it; "
    "and the cheapest clauses that would make it hold. Nothing is signed, played or kept."
)
_STATED = ("players", "actions", "payoffs", "goal")
_ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "players": {
        "type": "array",
        "items": {"type": "string"},
        "description": "The names of the players.",
    },
    "actions": {
        "description": "One list of actions for all, a list of such lists, or one by player.",
    },
    "payoffs": {
        "type": "array",
        "description": (
            "Nested by the actions of each player, the first player outermost, ending in one "
            "number a player: payoffs[action of player 0][action of player 1] = [for 0, for 1]."
        ),
    },
    "goal": {
        "description": "One action a player, as a list or by player. The outcome `goal` holds "
        "where all do it.",
    },
    "clauses": {
        "type": "array",
        "items": {"$ref": "#/$defs/Clause"},
        "description": "What is to be signed. Steps count from 0. Left out, nothing is signed.",
    },
    "plan": {
        "type": "object",
        "description": "The actions of each player, step by step, that clauses with `keeps` "
        "speak of.",
    },
    "game": {
        "type": "string",
        "description": "A registered game, such as prisoners-dilemma, instead of payoffs. Its "
        "goal is the plan, or else its own plan of greatest total.",
    },
    "parameters": {
        "type": "object",
        "description": 'What the game is made with, such as {"rounds": 2}.',
    },
    "aim": {
        "enum": list(get_args(Aim)),
        "default": "equilibrium",
        "description": "What the cheapest clauses bring about.",
    },
}


def schema() -> dict[str, Any]:
    """Return the JSON schema of the tool's arguments."""
    definitions = Terms.model_json_schema()["$defs"]
    properties = {name: dict(rules) for name, rules in _ARGUMENTS.items()}
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "$defs": definitions,
    }


def verdict_of(arguments: Mapping[str, Any]) -> LintResult:
    """Return the verdict on the deal in an agent's arguments.

    Raises:
        InputError: an argument is unknown, missing or cannot be used.
    """
    for name in arguments:
        if name not in _ARGUMENTS:
            raise InputError(unknown("argument", name, _ARGUMENTS))
    # Null is how some agents leave an argument out.
    given = {name: value for name, value in arguments.items() if value is not None}
    aim = _aim(given.pop("aim", "equilibrium"))
    if "game" not in given:
        if "parameters" in given:
            raise InputError("parameters are those of a game; name the game as well")
        if not any(name in given for name in _STATED):
            raise InputError(
                f"nothing is to be judged; give {', '.join(_STATED)}, or a game"
            )
        return lint_stated(given, aim)
    both = [name for name in _STATED if name in given]
    if both:
        raise InputError(
            f"give a game or payoffs, and not both; {', '.join(both)} belong to payoffs"
        )
    return lint_registered(
        _name(given["game"]), _parameters(given), _signed(given), aim
    )


def _aim(value: Any) -> Aim:
    known: dict[str, Aim] = {name: name for name in get_args(Aim)}
    # A list is no key of a table, and no aim either.
    if not isinstance(value, str) or value not in known:
        raise InputError(f"aim is {' or '.join(known)}, got {value_text(value)}")
    return known[value]


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise InputError(f"game is the name of a game, got {value_text(value)}")
    return value


def _parameters(given: Mapping[str, Any]) -> Mapping[str, Any]:
    value = given.get("parameters", {})
    if not isinstance(value, Mapping):
        raise InputError(f"parameters are an object, got {value_text(value)}")
    return value


def _signed(given: Mapping[str, Any]) -> Any:
    """Return the clauses and the plan, or None where nothing is signed."""
    signed = {name: given[name] for name in ("clauses", "plan") if name in given}
    # A plan alone says which goal is meant.
    return {"clauses": [], **signed} if signed else None
