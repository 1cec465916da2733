"""Specs such as "shapley*gigpo(gamma=0.9)": which seat earned the reward, times when it did."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import ValidationError
from torch import Tensor

from shapley_coop.errors import PluginError
from shapley_coop.interfaces.plugins import load, names
from shapley_coop.rl.assignment.evidence import Evidence
from shapley_coop.rl.assignment.method import (
    CreditMethod,
    MethodClass,
    MethodSettings,
    SeatMethod,
)
from shapley_coop.rl.assignment.result import TurnCredit
from shapley_coop.rl.trajectories.batch import Trajectories

_LONGEST = 500
# A name, a dotted module with its attribute, and arguments in brackets.
_FACTOR = re.compile(r"(?P<name>[\w.:-]+)\s*(?:\((?P<arguments>[^()]*)\))?")
_WORD = re.compile(r"[a-z_]+")
_TRUTHS = {"true": True, "false": False}
NO_EVIDENCE = Evidence()


class Factor(NamedTuple):
    """A method of the spec, with the name that the spec gives it."""

    name: str
    method: CreditMethod[Any]


@dataclass(frozen=True, slots=True)
class Spec:
    """A time method, and before it, if so, the seat method whose credit it spreads over time."""

    time: Factor
    seat: Factor | None = None


def parse_spec(text: str) -> Spec:
    """Read `method`, `seat-method` or `seat-method*method`, each with `(name=value, ...)` if any.

    A method is a name registered under the entry-point group `shapley_coop.credit`, or
    `module:attribute`.

    Raises:
        ValueError: the spec cannot be read. The error shows it, what exists and what the form is.
        PluginError: a registered method cannot be loaded, or is no credit method.
    """
    # A bound keeps errors, which show the spec, short.
    if len(text) > _LONGEST:
        raise ValueError(
            f"spec {text[:40]!r}... has {len(text)} characters, at most {_LONGEST}"
        )
    factors = [_factor(part.strip(), text) for part in text.split("*")]
    if len(factors) == 1:
        return Spec(factors[0])
    # Exactly one seat method, in front, and one that spreads its credit.
    by_seat = [isinstance(factor.method, SeatMethod) for factor in factors]
    if by_seat == [True, False]:
        return Spec(factors[1], factors[0])
    raise ValueError(
        f"spec {text!r} is not a method or shapley*method: "
        f"one seat method, then one time method out of {_registered()}"
    )


def assign_credit(
    spec: Spec | str,
    batch: Trajectories,
    evidence: Evidence = NO_EVIDENCE,
    *,
    bonus_R: Tensor | None = None,
) -> TurnCredit:
    """Credit of each row [R] and token [K] under a spec.

    A seat method first replaces the rewards by what the seat earned. The time method then says
    which turn and token earned it, so that the sum over a trajectory is the seat's credit wherever
    the time method conserves its rewards. bonus_R: reward of each row beside the game's, such as
    for knowing the world, which adds to what the seat method leaves.
    """
    if isinstance(spec, str):
        spec = parse_spec(spec)
    return spec.time.method(paid_batch(spec, batch, evidence, bonus_R), evidence)


def paid_batch(
    spec: Spec, batch: Trajectories, evidence: Evidence, bonus_R: Tensor | None
) -> Trajectories:
    """Return the batch with the rewards that the time method of a spec sees.

    These are what the seat method leaves, if there is one, and the bonus of each row, if any.
    """
    if spec.seat is not None and isinstance(spec.seat.method, SeatMethod):
        batch = spec.seat.method.seat_rewards(batch, evidence)
    if bonus_R is None:
        return batch
    bonus_R = batch.per_row(bonus_R, "bonus_R")
    return batch.with_rewards(batch.reward_R + bonus_R, "reward_R with bonus_R")


def _factor(part: str, text: str) -> Factor:
    match = _FACTOR.fullmatch(part)
    if match is None:
        raise ValueError(
            f"cannot read {part!r} in spec {text!r}: write name or name(key=value)"
        )
    name = match["name"]
    kind = _method_class(name, text)
    arguments = _arguments(match["arguments"] or "", text)
    try:
        return Factor(name, kind(_settings(name, kind.Settings, arguments)))
    except ValueError as error:
        raise ValueError(f"spec {text!r}: {error}") from error


def _method_class(name: str, text: str) -> MethodClass:
    """Return the class behind a registered name or a `module:attribute` path."""
    # A path with a colon is loaded as it is, registered or not.
    if ":" not in name and name not in names("credit"):
        raise ValueError(f"no method {name!r} in spec {text!r}: use {_registered()}")
    kind = load("credit", name)
    if not (isinstance(kind, type) and issubclass(kind, CreditMethod)):
        raise PluginError(
            f"credit method {name!r} is {kind!r}; it must be a class that inherits from "
            "shapley_coop.rl.assignment.method.CreditMethod"
        )
    return kind


def _arguments(listed: str, text: str) -> dict[str, object]:
    """Read `name=value, ...`, where a value is a word, a truth value or a number."""
    arguments: dict[str, object] = {}
    for written in listed.split(","):
        if not written.strip():
            continue
        name, equals, value = (part.strip() for part in written.partition("="))
        if not equals or not name.isidentifier() or not value:
            raise ValueError(
                f"cannot read the argument {written.strip()!r} in spec {text!r}: key=value"
            )
        if name in arguments:
            raise ValueError(f"{name!r} is given twice in spec {text!r}")
        arguments[name] = _value(value, text)
    return arguments


def _value(written: str, text: str) -> object:
    if _WORD.fullmatch(written):
        return _TRUTHS.get(written, written)
    try:
        return ast.literal_eval(written)
    except (ValueError, SyntaxError) as error:
        raise ValueError(
            f"{written!r} in spec {text!r} is neither a word nor a number"
        ) from error


def _settings(
    method: str, kind: type[MethodSettings], arguments: Mapping[str, object]
) -> MethodSettings:
    """Return the settings that a spec names, or raise ValueError that says what is allowed."""
    # The schema of the settings says what a spec may give, in the same words everywhere.
    fields = kind.model_json_schema().get("properties", {})
    values = dict(arguments)
    for name, value in arguments.items():
        # `none` is a word to some settings, and to others the absence of a number.
        if value == "none" and "none" in _choices(fields.get(name, {})):
            values[name] = None
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        # One fault at a time: the others often follow from it.
        fault = error.errors()[0]
        name = str(fault["loc"][0])
        if name not in fields:
            hint = f"use {', '.join(fields)}" if fields else "it takes none"
            raise ValueError(f"{method} has no parameter {name!r}: {hint}") from error
        allowed = " or ".join(_choices(fields[name]))
        raise ValueError(
            f"{name} of {method} is {arguments[name]!r}; it must be {allowed}"
        ) from error


def _choices(field: Mapping[str, Any]) -> list[str]:
    """Return in words what a field may be, from its JSON schema."""
    return [_in_words(option) for option in field.get("anyOf", [field])]


def _in_words(option: Mapping[str, Any]) -> str:
    if "enum" in option:
        return f"one of {', '.join(option['enum'])}"
    kinds = {
        "boolean": "true or false",
        "integer": "a whole number",
        "null": "none",
        "number": "a number",
    }
    words = kinds.get(option.get("type", ""), "another value")
    if "exclusiveMinimum" in option:
        words += f" above {option['exclusiveMinimum']:g}"
    if "minimum" in option:
        words += f" from {option['minimum']:g}"
    if "maximum" in option:
        words += f" to {option['maximum']:g}"
    return words


def _registered() -> str:
    return ", ".join(names("credit"))
