"""Texts for lengths, weights or times in mixed units, read and written."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill

SYSTEMS = {
    "time": (("w", 7 * 24 * 60), ("d", 24 * 60), ("h", 60), ("m", 1)),
    "weight": (("t", 32_000), ("st", 224), ("lb", 16), ("oz", 1)),
    "length": (("mi", 63_360), ("yd", 36), ("ft", 12), ("in", 1)),
    "volume": (("brl", 288), ("gal", 8), ("qt", 2), ("pt", 1)),
}
WORDS = {
    "time": "a time",
    "weight": "a weight",
    "length": "a length",
    "volume": "a volume",
}
REFERENCE = """
\"\"\"Amounts in mixed units.\"\"\"

UNITS = $units


def $parse(text):
    rest = text.replace("$separator", "")
$negative    if not rest:
        raise ValueError("there is no amount")
    total = 0
$begin    while rest:
        digits = 0
        while digits < len(rest) and rest[digits] in "0123456789":
            digits += 1
        letters = digits
        while letters < len(rest) and rest[letters] not in "0123456789":
            letters += 1
        unit = rest[digits:letters]
        if digits == 0 or unit not in UNITS:
            raise ValueError("an amount is a number and a unit")
$order        total += int(rest[:digits]) * UNITS[unit]
        rest = rest[letters:]
    return total


def $write(amount):
    if amount < 0:
        return "-" + $write(-amount)
    if amount == 0:
        return "0$smallest"
    parts = []
    rest = amount
    for unit, size in UNITS.items():
        count, rest = divmod(rest, size)
        if count$zeros:
            parts.append(f"{count}{unit}")
    return "$separator".join(parts)
"""
NEGATIVE = """\
    if rest.startswith("-") and not rest.startswith("--"):
        return -$parse(rest[1:])
"""
ORDER = """
        if last is not None and UNITS[unit] $order last:
            raise ValueError("units come in the wrong order")
        last = UNITS[unit]
"""
SPEC = """
Write `$module.py`, which reads and writes $words as whole numbers of '$smallest'.

The units are $unit_words.

- `$parse(text)` returns $words as a whole number of '$smallest'. A text is one or more numbers,
  each followed by its unit, such as '$sample'. The separator $separator_words may stand anywhere
  and means nothing. $order_words $negative_words A text without any amount, a number without
  a unit, a unit without a number and an unknown unit raise ValueError.
- `$write(amount)` returns the text of a whole number: the largest units first, each as often as it
  goes, parts joined by $separator_words. $zeros_words Nothing at all is '0$smallest'. A negative
  number begins with '-'.
"""
EXAMPLES = """
[reading]
$parse('2$b')
$parse('1$a${separator}3$c')
"""
CHECKS = """
[one_unit 2]
$parse('7$d')
$parse('2$c')
$parse('10$b')
$parse('3$a')

[many]
$parse('98$c')
$parse('190$d')

[several_units 2]
$parse('1$a${separator}2$b${separator}3$c${separator}4$d')
$parse('1$b${separator}15$d')
$parse('0$a${separator}5$d')
$parse('1$a 2$c'.replace(' ', ''))

[order]
$parse('3$c${separator}1$b')
$parse('3$d${separator}1$a')
$parse('1$c${separator}2$c')
$parse('2$b${separator}5$b${separator}1$d')

[negatives]
$parse('-2$c')
$parse('-1$b${separator}1$d')
$parse('--2$c')

[no_amounts]
$parse('')
$parse('$separator')
$parse('-')
$parse('$c')
$parse('12')
$parse('4$b${separator}7')
$parse('4zz')
$parse('x5$c')
$parse('1.5$c')

[writing 2]
$write(1)
$write($size_b)
$write($size_a + 2 * $size_b + $size_c + 1)
$write($size_a * 5 + $size_c)
$write($size_c + 1)

[writing_little]
$write(0)
$write(-1)
$write(-$size_b - 1)

[there_and_back]
[$parse($write(n)) for n in (1, $size_c, $size_b + 7, $size_a * 3 + 1)]
"""


def draft(draw: Draw) -> Draft:
    """Return a reader and writer with a drawn system of units and drawn rules."""
    system = draw.turn(tuple(SYSTEMS))
    units = SYSTEMS[system]
    separator = draw.one((" ", "_", ","))
    any_order = draw.one((True, False))
    twice = draw.one((True, False))
    negative = draw.one((True, False))
    zeros = draw.one((True, False))
    order, order_words = _order(any_order, twice)
    values = {
        "module": draw.one(("units", "amounts", "measure")),
        "parse": draw.one(("parse", "read", "to_number")),
        "write": draw.one(("write", "show", "to_text")),
        "units": repr(dict(units)),
        "separator": separator,
        "order": fill(ORDER, order=order) if order else "",
        "begin": "    last = None\n" if order else "",
        "negative": NEGATIVE if negative else "",
        "smallest": units[-1][0],
        "zeros": " or parts" if zeros else "",
        **{letter: name for letter, (name, _) in zip("abcd", units, strict=True)},
        **{
            f"size_{letter}": size
            for letter, (_, size) in zip("abcd", units, strict=True)
        },
    }
    words = {
        "words": WORDS[system],
        "unit_words": _unit_words(units),
        "separator_words": {" ": "blank", "_": "'_'", ",": "','"}[separator],
        "order_words": order_words,
        "negative_words": (
            "A '-' at the beginning makes the whole negative."
            if negative
            else "A text that begins with '-' raises ValueError."
        ),
        "zeros_words": (
            "After the first part, units that go 0 times are written too."
            if zeros
            else "Units that go 0 times are left out."
        ),
        "sample": f"1{units[1][0]}{separator}3{units[2][0]}",
    }
    return Draft(
        spec=fill(SPEC, **{**values, **words}),
        imports=f"from {values['module']} import {values['parse']}, {values['write']}",
        reference={f"{values['module']}.py": fill(fill(REFERENCE, **values), **values)},
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS, **values),
    )


def _order(any_order: bool, twice: bool) -> tuple[str, str]:
    """Return the comparison that refuses a unit after another one, and the sentence about it."""
    if any_order and twice:
        return "", "Units may come in any order, and more than once."
    if any_order:
        return "==", "Units may come in any order, but the same one not twice in a row."
    if twice:
        return (
            ">",
            "Units have to become smaller or stay the same from left to right, else ValueError "
            "is raised.",
        )
    return (
        ">=",
        "Units have to become smaller from left to right, else ValueError is raised.",
    )


def _unit_words(units: tuple[tuple[str, int], ...]) -> str:
    smallest = units[-1][0]
    parts = [f"'{name}' ({size} {smallest})" for name, size in units[:-1]]
    return f"{', '.join(parts)} and '{smallest}'"


FAMILY = Family("mixed-units", "medium", draft)
