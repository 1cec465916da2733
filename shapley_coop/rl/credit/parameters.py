"""The parameters that a spec may give each credit method, and what each may be."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias


class Between(NamedTuple):
    """A finite number from `low` to `high`."""

    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    """Whether `low` itself is too small."""
    or_none: bool = False
    """Whether the word none is also allowed."""
    whole: bool = False

    def __str__(self) -> str:
        """Say it in words."""
        words = "a whole number" if self.whole else "a number"
        if self.low > -math.inf:
            words += f" above {self.low:g}" if self.above else f" from {self.low:g}"
        if self.high < math.inf:
            words += f" to {self.high:g}"
        return words + " or none" * self.or_none


Domain: TypeAlias = Between | tuple[str, ...] | type[bool]
"""A number, one of some words, or true and false."""

_SHARE = Between(0.0, 1.0)
_ANY = Between()
_POSITIVE = Between(0.0, above=True)
_LEVELS: Mapping[str, Domain] = {
    "gamma_turn": _SHARE,
    "gamma_token": _SHARE,
    "lam_turn": _SHARE,
    "lam_token": _SHARE,
    "reference": bool,
}
_FORMS = ("soft", "strict", "sum")
PARAMETERS: Mapping[str, Mapping[str, Domain]] = {
    "gae": {"gamma": _SHARE, "lam": _SHARE},
    "grpo": {"divide": bool, "epsilon": _POSITIVE, "reference": bool},
    "gigpo": {
        "gamma": _SHARE,
        "step_weight": _ANY,
        "norm": ("mean_norm", "mean_std_norm"),
        "statistics": ("trajectory", "row"),
        "invalid_penalty": Between(0.0),
        "similarity": Between(0.0, 1.0, or_none=True),
        "epsilon": _POSITIVE,
        "reference": bool,
    },
    "bi_level_gae": _LEVELS,
    "turn_wise_gae": _LEVELS,
    "no_concat_gae": {"gamma": _SHARE, "lam": _SHARE, "anchor": ("last", "first")},
    "min_form": {
        "form": _FORMS,
        "temperature": _POSITIVE,
        "baseline": ("token", "step", "none"),
        "outcome_weight": _ANY,
        "use_process": bool,
        "mask_step_ends": bool,
        "reference": bool,
    },
    "min_form_rloo": {
        "form": _FORMS,
        "temperature": _POSITIVE,
        "padded_length": Between(1, or_none=True, whole=True),
        "reference": bool,
    },
    "spo_chain": {"probability_mask": bool},
    "spo_tree": {
        "kind": ("difference", "normalised"),
        "drop_zero": bool,
        "reference": bool,
    },
    "shapley": {"form": ("shaped", "return")},
}


def checked(method: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a method as it takes them; a method not listed here checks its own.

    Raises:
        ValueError: one is unknown, or not what it may be.
    """
    if method not in PARAMETERS:
        return dict(parameters)
    known = PARAMETERS[method]
    found = {}
    for name, value in parameters.items():
        if name not in known:
            raise ValueError(
                f"{method} has no parameter {name!r}: use {', '.join(known)}"
            )
        found[name] = _fitted(f"{name} of {method}", value, known[name])
    return found


def one_of(name: str, value: object, words: tuple[str, ...]) -> None:
    """Raise ValueError unless a value is one of some words."""
    if value not in words:
        raise ValueError(f"{name} {value!r} is unknown: choose {', '.join(words)}")


def _fitted(name: str, value: Any, domain: Domain) -> Any:
    if isinstance(domain, tuple) and not isinstance(domain, Between):
        one_of(name, value, domain)
    elif not isinstance(domain, Between):
        if not isinstance(value, bool):
            raise ValueError(f"{name} is {value!r}; it must be true or false")
    else:
        if domain.or_none and value in (None, "none"):
            return None
        fits = isinstance(value, int if domain.whole else int | float)
        fits = fits and not isinstance(value, bool) and math.isfinite(value)
        fits = fits and domain.low <= value <= domain.high
        if not fits or (domain.above and value == domain.low):
            raise ValueError(f"{name} is {value!r}; it must be {domain}")
    return value
