"""Text, numbers and names for people, with strangers' text made harmless."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from shapley_coop.records.base import Seat

TERMINAL_SEQUENCE = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\|$)"  # operating system commands, such as hyperlinks
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # colours, cursor moves
    r"|\x1b[@-_]?"
)
# Unicode categories of characters that are not seen, or that change how others are shown.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
# From here on floats are whole numbers.
_NO_DECIMALS = 1e15
MOST_DECIMALS = 15
"""Decimals up to which `every_digit` writes a number without a power of ten."""
MOST_WRITTEN_OUT = 1e15
"""The largest amount whose digits are all written."""
# What names that look alike begin with is hinted at by so many characters.
_SHARED = 3
# More names than these are summed up.
MOST_NAMES = 6


def is_seen(character: str) -> bool:
    """Return whether a character is shown as itself: no white space, and not invisible."""
    hidden = unicodedata.category(character) in _HIDDEN
    return not hidden and not character.isspace()


def clean(text: str, limit: int = 600) -> str:
    """Return text as one line of visible characters, cut after `limit` of them.

    Terminal escapes, control characters, invisible and direction-changing marks disappear.
    """
    # Most texts are short plain words, and lists of runs clean tens of thousands of them.
    if len(text) <= limit and text.isascii() and text.isprintable():
        return " ".join(text.split())
    # What is cut off below need not be read: a stranger's text may be of any length.
    text = text[: 8 * limit]
    text = TERMINAL_SEQUENCE.sub("", text)
    characters = []
    for character in text:
        if character.isspace():
            characters.append(" ")
        elif is_seen(character):
            characters.append(character)
    return shorten(re.sub(r" {2,}", " ", "".join(characters)).strip(), limit)


def shorten(text: str, limit: int) -> str:
    """Return a text of at most `limit` characters, which ends in … where it was longer."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def short_names(texts: Iterable[str], limit: int) -> dict[str, str]:
    """Return names by what stands for them in a line: at most `limit` characters, all different.

    A long name keeps its beginning and its end, since names are often told apart by their ends.
    Those that would then look alike keep what lies behind their common beginning.
    """
    whole = {text: clean(text, 8 * limit) for text in texts}
    alike: dict[str, list[str]] = {}
    for text, name in whole.items():
        alike.setdefault(_without_middle(name, limit), []).append(text)
    shown: dict[str, str] = {}
    taken: set[str] = set()
    for short, own in alike.items():
        common = _common_length([whole[text] for text in own])
        for text in own:
            name = short
            if len(own) > 1 and common > _SHARED:
                name = shorten("…" + whole[text][common - _SHARED :], limit)
            shown[text] = _distinct(name, taken, limit)
            taken.add(shown[text])
    return {text: shown[text] for text in whole}


def _without_middle(name: str, limit: int) -> str:
    if len(name) <= limit:
        return name
    head = (limit - 1) // 2
    return f"{name[:head]}…{name[head + 1 - limit :]}"


def _common_length(names: Sequence[str]) -> int:
    """Return how many characters all of some names begin with."""
    # What the first and the last in order share, all in between share.
    ends = zip(min(names), max(names), strict=False)
    count = 0
    for one, other in ends:
        if one != other:
            break
        count += 1
    return count


def _distinct(name: str, taken: Collection[str], limit: int) -> str:
    """Return a name, with a number where it is taken."""
    count = 1
    distinct = name
    while distinct in taken:
        count += 1
        end = f"~{count}"
        distinct = name[: limit - len(end)] + end
    return distinct


def clean_lines(text: str) -> list[str]:
    """Return the lines of a text with its indentation, without what is not seen.

    It is for files that somebody wrote, as they are shown. What is shown is not what is kept.
    """
    # One at a time, so that no escape can reach over the end of a line.
    lines = []
    for line in text.split("\n"):
        plain = TERMINAL_SEQUENCE.sub("", line)
        lines.append("".join(c for c in plain if c in " \t" or is_seen(c)).rstrip())
    return lines


def whole_characters(text: str) -> str:
    """Return a text with a mark in place of every half of a character.

    JSON can spell one half of a pair of code units, which no file can hold.
    """
    if text.isascii():
        return text
    units = text.encode("utf-16", "surrogatepass")
    return units.decode("utf-16", "replace")


def faults_text(error: ValidationError, most: int = 3) -> str:
    """Return the first faults of a value that somebody wrote, each with its place in the value."""
    # Who is shown more than a few faults mends none of them.
    faults = []
    for fault in error.errors()[:most]:
        place = ".".join(str(part) for part in fault["loc"])
        words = fault["msg"].removeprefix("Value error, ")
        faults.append(f"{place}: {words}" if place else words)
    return "; ".join(faults)


def number(value: float | None, *, sign: bool = False) -> str:
    """Return a value with two decimals, or four if it is small. None becomes a dash.

    Where a float has no decimals any more, it is written with its first digits and a power of ten.
    """
    if value is None:
        return "-"
    if abs(value) >= _NO_DECIMALS:
        return f"{value:{'+' if sign else ''}.6g}"
    digits = 4 if 0 < abs(value) < 0.01 else 2
    flag = "+" if sign else ""
    # All digits of an amount beyond reason would fill pages.
    if abs(value) > MOST_WRITTEN_OUT:
        return f"{value:{flag}.3g}"
    text = f"{value:{flag},.{digits}f}"
    # A value that rounds to zero has no sign worth showing.
    if float(text.replace(",", "")) == 0:
        return "0.00"
    return text


def every_digit(value: float, *, least: int = 2) -> str:
    """Return a number with every digit that it has, up to the 15 that survive in a float.

    Args:
        value: an amount.
        least: decimals that are shown even of a whole number.
    """
    decimal = Decimal(f"{value:.15g}").normalize()
    exponent = decimal.as_tuple().exponent
    decimals = max(least, -exponent) if isinstance(exponent, int) else least
    if value == 0:
        return f"{0:.{least}f}"
    # Beyond that nobody counts zeros.
    if abs(value) >= _NO_DECIMALS or decimals > MOST_DECIMALS:
        return f"{decimal:g}"
    return f"{decimal:,.{decimals}f}"


def error_text(error: float | None, sign: str = " ± ") -> str:
    """Return an error as it stands after its value. One that rounds to nothing needs no words.

    Args:
        error: one standard error. None means that there is none to show.
        sign: what stands before it.
    """
    text = number(error)
    if error is None or text == number(0.0):
        return ""
    return sign + text


def percent(share: float | None) -> str:
    """Return a share as percent. None becomes a dash."""
    if share is None:
        return "-"
    return f"{100 * share:.3g} %"


def count_text(count: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun, such as `1 call` or `2 calls`.

    Args:
        count: how many there are.
        noun: what one of them is.
        plural: what several are. An empty one means the noun with an s.
    """
    word = noun if count == 1 else plural or f"{noun}s"
    return f"{count:,} {word}"


def setting_text(value: Any) -> str:
    """Return a setting's value as a TOML file has it, so that it can be given again."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        pairs = [f"{key} = {_inner_text(part)}" for key, part in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        parts = [_inner_text(part) for part in value]
        return "[" + ", ".join(parts) + "]"
    return str(value)


def _inner_text(value: Any) -> str:
    # A text alone needs no quotation marks, but inside a list or a table it does.
    return f'"{value}"' if isinstance(value, str) else setting_text(value)


def word_list(words: Sequence[str]) -> str:
    """Return words as people list them: a, b and c."""
    if len(words) < 2:
        return "".join(words)
    head = ", ".join(words[:-1])
    return f"{head} and {words[-1]}"


def names(seats: Sequence[Seat], most: int = MOST_NAMES, *, noun: str = "seat") -> str:
    """Return names as words. Of many these are the first and the last with their number.

    Args:
        seats: the names of seats, or of what else `noun` is the word for.
        most: how many are named one by one.
        noun: what one of them is.
    """
    words = [clean(seat, 40) for seat in seats]
    count = len(words)
    if count > most:
        return f"{words[0]}, {words[1]} … {words[-1]} ({count:,} {noun}s)"
    return word_list(words)


def each_of(
    seats: Sequence[Seat], most: int = MOST_NAMES, *, noun: str = "seat"
) -> str:
    """Return seats as words that say that something holds for every one of them.

    Args:
        seats: whom to name.
        most: how many are named one by one.
        noun: what one of them is.
    """
    words = names(seats, most, noun=noun)
    if len(seats) > 1:
        return f"each of {words}"
    return words


def figures_text(figures: Mapping[Seat, float], own: Seat = "") -> str:
    """Return each seat's figure. Of many seats, those with the same figure stand together.

    Args:
        figures: by seat.
        own: the seat that is told, which stands by itself.
    """
    if len(figures) <= MOST_NAMES:
        parts = [f"{clean(seat)} {value:.6g}" for seat, value in figures.items()]
        return ", ".join(parts)
    groups: dict[tuple[bool, str], list[Seat]] = {}
    for seat, value in figures.items():
        groups.setdefault((seat != own, f"{value:.6g}"), []).append(seat)
    parts = []
    for (_, figure), seats in sorted(groups.items(), key=lambda group: group[0][0]):
        parts.append(f"{each_of(seats)} {figure}")
    return ", ".join(parts)
