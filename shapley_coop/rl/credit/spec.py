"""Specs such as "shapley*gigpo(gamma=0.9)": which seat earned the reward, times when it did."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from shapley_coop.rl.credit.methods import METHODS, Evidence, Method, seat_rewards
from shapley_coop.rl.credit.parameters import checked
from shapley_coop.rl.credit.result import TurnCredit
from shapley_coop.rl.trajectories.batch import Trajectories

SEAT_METHOD = "shapley"
_LONGEST = 500
_FACTOR = re.compile(r"(?P<name>[a-z_]+)\s*(?:\((?P<arguments>[^()]*)\))?")


@dataclass(frozen=True, slots=True)
class Factor:
    """A method of the spec with its parameters."""

    name: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Spec:
    """A time method, and before it, if so, the seat method whose credit it spreads over time."""

    time: Factor
    seat: Factor | None = None


def parse_spec(text: str, methods: Mapping[str, Method] = METHODS) -> Spec:
    """Read `method`, `shapley` or `shapley*method`, each with `(name=value, ...)` if wanted.

    Raises ValueError that shows the spec, what exists and what the form is.
    """
    if len(text) > _LONGEST:
        raise ValueError(
            f"spec {text[:40]!r}... has {len(text)} characters, at most {_LONGEST}"
        )
    factors = [_factor(part.strip(), text, methods) for part in text.split("*")]
    if len(factors) == 1:
        return Spec(factors[0])
    if len(factors) == 2 and factors[0].name == SEAT_METHOD != factors[1].name:
        return Spec(factors[1], factors[0])
    raise ValueError(
        f"spec {text!r} is not a method or {SEAT_METHOD}*method: "
        f"one seat method, then one time method out of {_names(methods)}"
    )


def assign_credit(
    spec: Spec | str,
    batch: Trajectories,
    evidence: Evidence = Evidence(),  # noqa: B008 - frozen
    *,
    bonus_R: Tensor | None = None,
    methods: Mapping[str, Method] = METHODS,
) -> TurnCredit:
    """Credit of each row [R] and token [K] under a spec.

    A seat method first replaces the rewards by what the seat earned; the time method then says
    which turn and token earned it, so that the sum over a trajectory is the seat's credit wherever
    the time method conserves its rewards. bonus_R: reward of each row beside the game's, such as
    for knowing the world; it adds to what the seat method leaves.
    """
    read = parse_spec(spec, methods) if isinstance(spec, str) else spec
    paid = batch
    if read.seat is not None:
        paid = seat_rewards(batch, evidence, **read.seat.parameters)
    if bonus_R is not None:
        paid = replace(paid, reward_R=paid.reward_R + bonus_R)
    return methods[read.time.name](paid, evidence, **read.time.parameters)


def _factor(part: str, text: str, methods: Mapping[str, Method]) -> Factor:
    match = _FACTOR.fullmatch(part)
    if match is None:
        raise ValueError(
            f"cannot read {part!r} in spec {text!r}: write name or name(key=value)"
        )
    if match["name"] not in methods:
        raise ValueError(
            f"no method {match['name']!r} in spec {text!r}: use {_names(methods)}"
        )
    given = [a for a in (match["arguments"] or "").split(",") if a.strip()]
    parameters: dict[str, Any] = {}
    for name, value in (_argument(a, text) for a in given):
        if name in parameters:
            raise ValueError(f"{name!r} is given twice in spec {text!r}")
        parameters[name] = value
    try:
        return Factor(match["name"], checked(match["name"], parameters))
    except ValueError as error:
        raise ValueError(f"spec {text!r}: {error}") from error


def _argument(given: str, text: str) -> tuple[str, Any]:
    name, equals, value = (x.strip() for x in given.partition("="))
    if not equals or not name.isidentifier() or not value:
        raise ValueError(
            f"cannot read the argument {given.strip()!r} in spec {text!r}: key=value"
        )
    if re.fullmatch(r"[a-z_]+", value):
        return name, {"true": True, "false": False}.get(value, value)
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError) as error:
        raise ValueError(
            f"{value!r} in spec {text!r} is neither a word nor a number"
        ) from error


def _names(methods: Mapping[str, Method]) -> str:
    return ", ".join(sorted(methods))
