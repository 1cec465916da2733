"""Run-length codes of texts: how runs are written, where they are cut, and back again."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill

FORMS = {
    "count_first": (
        'f"{count}{letter}"',
        "the count and then the letter ('3a')",
        "digits, rest = _number(text)\n        letter, text = rest[:1], rest[1:]",
    ),
    "letter_first": (
        'f"{letter}{count}"',
        "the letter and then the count ('a3')",
        "letter, rest = text[:1], text[1:]\n        digits, text = _number(rest)",
    ),
    "brackets": (
        'f"{letter}[{count}]"',
        "the letter and then the count in square brackets ('a[3]')",
        "letter, rest = text[:1], text[1:]\n"
        '        digits = ""\n'
        '        if rest.startswith("["):\n'
        "            digits, rest = _number(rest[1:])\n"
        '            if not digits or not rest.startswith("]"):\n'
        '                raise ValueError("a bracket is not closed")\n'
        "            rest = rest[1:]\n"
        "        text = rest",
    ),
}
REFERENCE = """
\"\"\"Run-length codes.\"\"\"


def $pack(text):
    packed = ""
    while text:
        letter = text[0]
        if not letter.isalpha():
            raise ValueError("only letters can be packed")
        count = 1
        while count < len(text) and text[count] == letter and count < $longest:
            count += 1
        if count < $shortest:
            packed += letter * count
        else:
            packed += $form
        text = text[count:]
    return packed


def _number(text):
    end = 0
    while end < len(text) and text[end] in "0123456789":
        end += 1
    return text[:end], text[end:]


def $unpack(text):
    unpacked = ""
    while text:
        $take
        if not letter.isalpha():
            raise ValueError("a letter is missing")
        count = int(digits) if digits else 1
        if count < 1 or count > $longest:
            raise ValueError("a count is out of range")
        unpacked += letter * count
    return unpacked


def $saved(text):
    return len(text) - len($pack(text))
"""
SPEC = """
Write `$module.py`, which packs texts of letters by their runs.

- `$pack(text)` replaces every run of one letter by $form_words. Runs of fewer than $shortest
  letters stay as they are. At most $longest letters go into one count: a longer run is cut from
  its beginning into runs of $longest and what is left. Case matters. Anything but letters raises
  ValueError.
- `$unpack(text)` gives back the text. A letter without a count stands for itself. A count of 0 or
  above $longest, and a text in which a letter is missing where one has to be, raise ValueError.
- `$saved(text)` returns how many characters packing saves, which may be negative.
"""
EXAMPLES = """
[a_run]
$pack('bbbbb')
$unpack($pack('abba'))
"""
CHECKS = """
[runs 2]
$pack('aaaabbbbbc')
$pack('aaaaaa')
$pack('abcd')

[short_runs]
$pack('aabb')
$pack('aaabbb')
$pack('aaaab')
$pack('a')

[long_runs 2]
$pack('x' * $longest)
$pack('x' * ($longest + 1))
$pack('x' * (2 * $longest + 4) + 'y')

[case]
$pack('aaaaAAAAbbBB')

[nothing]
$pack('')
$unpack('')
$saved('')

[only_letters]
$pack('aaa1')
$pack('  ')
$pack('aa-a')

[back 2]
$unpack($pack('aaaabbbbbc'))
$unpack($pack('kkkkkkkkkkkkkkkkkkkkkkkkk'))
$unpack('abc')
$unpack($pack('mississippi'))

[counts]
$unpack('$zero')
$unpack('$top')
$unpack('$above')
$unpack('$one')
$unpack('$many')
$unpack('$nine')

[broken_texts]
$unpack('12')
$unpack('$lost')
$unpack('?')
$unpack('a?')

[saved_characters]
$saved('aaaaaaaa')
$saved('aabbccdd')
$saved('ab')
"""


def draft(draw: Draw) -> Draft:
    """Return a run-length code with a drawn form and drawn bounds of a run."""
    kind = draw.turn(tuple(FORMS))
    form, form_words, take = FORMS[kind]
    longest = draw.one((9, 12, 15, 20))

    def in_form(count: int) -> str:
        shapes = {"count_first": "{}z", "letter_first": "z{}", "brackets": "z[{}]"}
        return shapes[kind].format(count)

    values: dict[str, object] = {
        "module": draw.one(("runs", "packing", "squeeze")),
        "pack": draw.one(("pack", "squeeze", "compress")),
        "unpack": draw.one(("unpack", "expand", "restore")),
        "saved": draw.one(("gain", "profit", "difference")),
        "shortest": draw.whole(2, 4),
        "longest": longest,
        "form": form,
        "take": take,
        "zero": in_form(0),
        "one": in_form(1),
        "many": in_form(7) + in_form(8),
        "nine": in_form(9),
        "top": in_form(longest),
        "above": in_form(longest + 1),
        "lost": {"count_first": "z3", "letter_first": "3z", "brackets": "z[3"}[kind],
    }
    return Draft(
        spec=fill(SPEC, **{**values, "form_words": form_words}),
        imports="from {module} import {pack}, {saved}, {unpack}".format(**values),
        reference={f"{values['module']}.py": fill(REFERENCE, **values)},
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS, **values),
    )


FAMILY = Family("run-codes", "medium", draft)
