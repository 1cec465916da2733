"""Numerals in the manner of the Romans, with drawn symbols and rules."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill

VALUES = {
    "fives": (1, 5, 10, 50, 100, 500),
    "sixes": (1, 6, 12, 72, 144, 864),
    "fours": (1, 4, 16, 64, 256, 1024),
}
REFERENCE = """
\"\"\"Numerals of letters.\"\"\"

SYMBOLS = $symbols
LARGEST = $largest


def $write(number):
    if number < 1 or number > LARGEST:
        raise ValueError("a number from 1 to the largest is needed")
    text = ""
    for value, symbol in SYMBOLS:
        while number >= value:
            text $join
            number -= value
    return text


def $read(text):
    values = dict((symbol, value) for value, symbol in SYMBOLS)
    if not text:
        raise ValueError("there is no numeral")
    total = 0
    for place, letter in enumerate(text):
        if letter not in values:
            raise ValueError("unknown letter")
        $take
    $canonical
    return total


def $add(first, second):
    return $write($read(first) + $read(second))
"""
SPEC = """
Write `$module.py` for numerals made of letters: $symbol_words.

- `$write(number)` writes a number from 1 to $largest, otherwise it raises ValueError. $write_words
- `$read(text)` returns the number of a numeral. $read_words An empty text and a letter that is no
  symbol raise ValueError. $canonical_words
- `$add(first, second)` returns the numeral of the sum of two numerals. A sum above $largest raises
  ValueError.
"""
EXAMPLES = """
[small_numbers]
$write(3)
$read('$one$one')
"""
CHECKS = """
[first_numbers 2]
[$write(n) for n in range(1, 13)]

[numbers 2]
[$write(n) for n in (19, 44, 49, 71, 99, 144, 145, 287)]

[large_numbers]
[$write(n) for n in ($largest - 1, $largest, $most - 1, $most, $most + 1)]

[beyond]
$write(0)
$write(-4)
$write($largest + 1)

[reading 2]
[$read($write(n)) for n in (1, 2, 3, 4, 5, 6, 8, 9, 14, 40, 47, 90, 143)]

[all_symbols]
[$read(letter) for letter in '$letters']

[no_numerals]
$read('')
$read('?')
$read('$one!')
$read(' $one')

[strange_numerals]
$read('$one$one$one$one$one$one$one')
$read('$one$two$one$two')

[sums]
$add('$one', '$two')
$add($write(38), $write(17))
$add($write($largest - 1), $write(1))
$add($write($largest), '$one')
$add('', '$one')
"""


def draft(draw: Draw) -> Draft:
    """Return numerals with drawn letters, values, order and strictness."""
    base = draw.turn(tuple(VALUES))
    values_of = VALUES[base]
    letters = draw.some("ABCDEFGHKMNPRSTUVWXYZ", 6)
    symbols = list(zip(reversed(values_of), reversed(letters), strict=True))
    subtractive = draw.one((True, False))
    strict = draw.one((True, False))
    reverse = (not subtractive) and draw.one((True, False))
    write = draw.one(("write", "to_numeral", "encode"))
    read = draw.one(("read", "to_number", "decode"))
    take = "total += values[letter]"
    if subtractive:
        take = (
            "following = text[place + 1:place + 2]\n"
            "        if values.get(following, 0) > values[letter]:\n"
            "            total -= values[letter]\n"
            "        else:\n"
            "            total += values[letter]"
        )
    values: dict[str, object] = {
        "module": draw.one(("numerals", "letters", "tally")),
        "write": write,
        "read": read,
        "add": draw.one(("add", "plus", "sum_of")),
        "symbols": symbols,
        "largest": values_of[-1] * draw.whole(2, 4) - draw.whole(0, 1),
        "most": values_of[-1],
        "join": "= symbol + text" if reverse else "+= symbol",
        "take": take,
        "one": letters[0],
        "two": letters[1],
        "letters": "".join(letters),
        "canonical": "",
    }
    if strict:
        values["canonical"] = (
            f"if {write}(total) != text:\n"
            '        raise ValueError("the number is written otherwise")'
        )
    code = fill(REFERENCE, **values)
    if subtractive:
        code = _with_pairs(code)
    return Draft(
        spec=fill(
            SPEC, **{**values, **_words(symbols, subtractive, strict, reverse, values)}
        ),
        imports=f"from {values['module']} import {values['add']}, {read}, {write}",
        reference={f"{values['module']}.py": code},
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS, **values),
    )


def _with_pairs(code: str) -> str:
    """Return the module with a symbol before each larger one that it may be taken from."""
    loop = (
        "PAIRS = []\n"
        "for (_value, _symbol), (_low, _letter) in zip(SYMBOLS, SYMBOLS[1:]):\n"
        "    PAIRS.append((_value, _symbol))\n"
        "    PAIRS.append((_value - _low, _letter + _symbol))\n"
        "PAIRS.append(SYMBOLS[-1])\n\n\n"
    )
    head, _, tail = code.partition("def ")
    return f"{head.rstrip()}\n{loop}def {tail.replace('in SYMBOLS:', 'in PAIRS:', 1)}"


def _words(
    symbols: list[tuple[int, str]],
    subtractive: bool,
    strict: bool,
    reverse: bool,
    values: dict[str, object],
) -> dict[str, object]:
    rising = [f"{letter} is {value}" for value, letter in reversed(symbols)]
    if subtractive:
        one, two = values["one"], values["two"]
        write = (
            "From left to right it takes the largest value that still fits, as often as it fits. "
            "Values are those of the symbols, and of each symbol with the next smaller one before "
            f"it, which is taken away: {one}{two} is {symbols[-2][0] - symbols[-1][0]}."
        )
        read = "A letter before a letter of larger value is taken away, all others are added."
    else:
        write = "It uses the largest symbol that still fits, as often as it fits"
        write += (
            ", and writes the largest ones last."
            if reverse
            else ", the largest ones first."
        )
        read = "The values of all letters are added."
    canonical = (
        f"A numeral that `{values['write']}` would write in another way raises ValueError."
        if strict
        else "Letters may stand in any order and number."
    )
    return {
        "symbol_words": ", ".join(rising),
        "write_words": write,
        "read_words": read,
        "canonical_words": canonical,
    }


FAMILY = Family("letter-numerals", "medium", draft)
