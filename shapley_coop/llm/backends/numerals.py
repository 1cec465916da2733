"""Regular expressions of the numbers that a JSON schema admits, each bounded in its digits.

Without a bound on its digits a small model writes them up to the token limit.
"""

from __future__ import annotations

import math
from decimal import Decimal

from shapley_coop.interfaces.model import Schema

BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
"""Keywords that bound a number."""
WHOLE_DIGITS = 9
"""Most digits before the point where the schema sets no bound."""
DECIMALS = 2
"""Most digits after the point."""


def number_pattern(schema: Schema) -> str | None:
    """Return the regular expression of a number or integer schema.

    Negative numbers have a sign and 0 has none. There are no leading zeros and no exponents. The
    result is None where no number of so few decimals lies within the bounds.
    """
    decimals = 0 if schema["type"] == "integer" else DECIMALS
    low, high = _bounds(schema, 10**decimals)
    if low > high:
        return None
    patterns = []
    if low < 0:
        patterns.append("-" + _unsigned(max(1, -high), -low, decimals))
    if high >= 0:
        patterns.append(_unsigned(max(0, low), high, decimals))
    return _any_of(patterns)


def _bounds(schema: Schema, unit: int) -> tuple[int, int]:
    """Return the least and the greatest number of a schema, counted in steps of 1 / unit."""
    bounds = {}
    for keyword in BOUNDS:
        if keyword in schema:
            # A float's shortest text is the decimal number that the schema's author wrote.
            bounds[keyword] = Decimal(str(schema[keyword])) * unit
    greatest = Decimal(10**WHOLE_DIGITS * unit - 1)
    low = math.ceil(bounds.get("minimum", -greatest))
    high = math.floor(bounds.get("maximum", greatest))
    if "exclusiveMinimum" in bounds:
        low = max(low, math.floor(bounds["exclusiveMinimum"]) + 1)
    if "exclusiveMaximum" in bounds:
        high = min(high, math.ceil(bounds["exclusiveMaximum"]) - 1)
    return low, high


def _unsigned(low: int, high: int, decimals: int) -> str:
    """Return the pattern of the numbers from one to another, 0 or above, counted in steps."""
    if decimals == 0:
        return _whole(low, high)
    unit = 10**decimals
    first, first_rest = divmod(low, unit)
    last, last_rest = divmod(high, unit)
    if first == last:
        return str(first) + _fraction(first_rest, last_rest)
    # Between the two ends any fraction may follow the point.
    patterns = []
    if first_rest > 0:
        patterns.append(str(first) + _fraction(first_rest, unit - 1))
        first += 1
    if last_rest < unit - 1:
        patterns.append(str(last) + _fraction(0, last_rest))
        last -= 1
    if first <= last:
        patterns.append(_whole(first, last) + _fraction(0, unit - 1))
    return _any_of(patterns)


def _fraction(low: int, high: int) -> str:
    """Return the pattern of a point and hundredths, which may be absent where they may be 0."""
    patterns = [_digits(f"{low:02}", f"{high:02}")]
    first_tenth, last_tenth = math.ceil(low / 10), high // 10
    if first_tenth <= last_tenth:
        patterns.append(_digits(str(first_tenth), str(last_tenth)))
    pattern = r"\." + _any_of(patterns)
    return f"({pattern})?" if low == 0 else pattern


def _whole(low: int, high: int) -> str:
    """Return the pattern of the whole numbers from one to another, 0 or above."""
    patterns = []
    while low <= high:
        # One pattern holds numbers of one length.
        last = min(high, 10 ** len(str(low)) - 1)
        patterns.append(_digits(str(low), str(last)))
        low = last + 1
    return _any_of(patterns)


def _digits(low: str, high: str) -> str:
    """Return the pattern of the digits from one text to another of the same length."""
    if low == high:
        return low
    rest = len(low) - 1
    zeros, nines = "0" * rest, "9" * rest
    if low[0] == high[0]:
        return low[0] + _digits(low[1:], high[1:])
    if low[1:] == zeros and high[1:] == nines:
        return f"[{low[0]}-{high[0]}]" + _any_digits(rest)
    first, last = int(low[0]) + 1, int(high[0]) - 1
    patterns = [low[0] + _digits(low[1:], nines), high[0] + _digits(zeros, high[1:])]
    if first <= last:
        patterns.append(f"[{first}-{last}]" + _any_digits(rest))
    return _any_of(patterns)


def _any_digits(number: int) -> str:
    return "" if number == 0 else f"[0-9]{{{number}}}"


def _any_of(patterns: list[str]) -> str:
    return patterns[0] if len(patterns) == 1 else f"({'|'.join(patterns)})"
