"""Calculators of little languages: signs in one file, a parser and the values in others."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill
from swe_sim.tasks.families.modules.calculator_checks import CHECKS, EXAMPLES

LEVELS = {
    "as at school": (
        (("+", "-"), ("*", "/")),
        "* and / bind more closely than + and -",
    ),
    "the other way": (
        (("*", "/"), ("+", "-")),
        "+ and - bind more closely than * and /",
    ),
    "all alike": ((("+", "-", "*", "/"),), "all four bind alike"),
}
POWERS = {"^": "**", "@": "max", "%": "%"}
TOKENS = """
\"\"\"Texts as lists of signs.\"\"\"

OPERATORS = "$operators"


def $tokens(text):
    signs = []
    place = 0
    while place < len(text):
        character = text[place]
        if character == " ":
            place += 1
        elif character in OPERATORS or character in "$open$close":
            signs.append(character)
            place += 1
        elif character in "0123456789":
            end = place
            while end < len(text) and text[end] in "0123456789":
                end += 1
            signs.append(int(text[place:end]))
            place = end
        elif character in "abcdefghijklmnopqrstuvwxyz":
            end = place
            while end < len(text) and text[end] in "abcdefghijklmnopqrstuvwxyz":
                end += 1
            signs.append("$prefix" + text[place:end])
            place = end
        else:
            raise ValueError("unknown character")
    return signs
"""
PARSER = """
\"\"\"Signs as nested tuples.\"\"\"

from tokens import $tokens

LEVELS = $levels


def $parse(text):
    signs = $tokens(text)
    tree, rest = _level(signs, 0)
    if rest:
        raise ValueError("something is left")
    return tree


def _level(signs, level):
    if level == len(LEVELS):
        return _special(signs)
    tree, rest = _level(signs, level + 1)
    while rest and rest[0] in LEVELS[level]:
        sign = rest[0]
        other, rest = _level(rest[1:], level + 1)
        tree = (sign, tree, other)
    return tree, rest


def _special(signs):
    tree, rest = _atom(signs)
$special
    return tree, rest


def _atom(signs):
    if not signs:
        raise ValueError("something is missing")
    first, rest = signs[0], signs[1:]
    if first == "$open":
        tree, rest = _level(rest, 0)
        if not rest or rest[0] != "$close":
            raise ValueError("a bracket is open")
        return tree, rest[1:]
    if first == "-":
        tree, rest = _atom(rest)
        return ("neg", tree), rest
    if isinstance(first, int) or first.startswith("$prefix"):
        return first, rest
    raise ValueError("a number is missing")
"""
RIGHT = """\
    if rest and rest[0] == "$power":
        other, rest = _special(rest[1:])
        tree = ("$power", tree, other)
"""
LEFT = """\
    while rest and rest[0] == "$power":
        other, rest = _atom(rest[1:])
        tree = ("$power", tree, other)
"""
VALUES = """
\"\"\"Values of texts.\"\"\"

from parser_of import $parse


def _value(tree, names):
    if isinstance(tree, int):
        return tree
    if isinstance(tree, str):
        return names[tree[len("$prefix"):]]
    if tree[0] == "neg":
        return -_value(tree[1], names)
    sign, first, second = tree
    left = _value(first, names)
    right = _value(second, names)
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    if sign == "/":
        if right == 0:
            raise ValueError("division by zero")
        return left // right
$power_value


def $calculate(text, names=None):
    return _value($parse(text), names or {})


def names_in(text):
    def walk(tree):
        if isinstance(tree, str):
            return {tree[len("$prefix"):]}
        if isinstance(tree, int):
            return set()
        return set().union(*(walk(part) for part in tree[1:]))

    return sorted(walk($parse(text)))
"""
SPEC = """
Write a calculator of whole numbers in three files.

`tokens.py` has `$tokens(text)`, which returns the list of signs of a text: numbers (the digits 0 to
9) as int, the characters $operator_words and the brackets '$open' and '$close' as texts of
one character, and names (small letters a to z) as '$prefix' followed by the name. Blanks are
left out. Any other character raises ValueError.

`parser_of.py` has `$parse(text)`, which returns what the text means: an int, a name as `$tokens`
writes it, ('neg', x) for a minus before an x, or (operator, left, right). Operators:
- $level_words, and operators that bind alike go from left to right.
- '$power' binds more closely than those and goes from $side.
- A minus before a number, a name, a bracket or another such minus binds most closely of all.
- Brackets are '$open' and '$close'. What is no such text raises ValueError, an empty one too.

`values.py` has two functions:
- `$calculate(text, names=None)` returns the value, with a dictionary from name to whole number. An
  unknown name raises KeyError. x / y is rounded down (towards minus infinity), and division by
  zero raises ValueError. $power_words
- `names_in(text)` returns the names that the text uses, each once, by alphabet.
"""


def draft(draw: Draw) -> Draft:
    """Return a calculator with drawn precedences, brackets and a drawn further operator."""
    levels, level_words = LEVELS[draw.turn(tuple(LEVELS))]
    power = draw.one(tuple(POWERS))
    right = draw.one((True, False))
    brackets = draw.one(("()", "[]", "{}"))
    values: dict[str, object] = {
        "tokens": draw.one(("split_signs", "signs_of", "scan")),
        "parse": draw.one(("parse", "read_tree", "tree_of")),
        "calculate": draw.one(("calculate", "evaluate", "compute")),
        "prefix": draw.one(("$", "name:", "var ")),
        "open": brackets[0],
        "close": brackets[1],
        "power": power,
        "operators": f"+-*/{power}",
        "levels": levels,
        **_power(power),
    }
    special = fill(RIGHT if right else LEFT, **values).rstrip()
    words = {
        "operator_words": " ".join(f"+-*/{power}"),
        "level_words": level_words,
        "side": "right to left" if right else "left to right",
    }
    return Draft(
        spec=fill(SPEC, **{**values, **words}),
        imports=(
            f"from parser_of import {values['parse']}\n"
            f"from tokens import {values['tokens']}\n"
            f"from values import {values['calculate']}, names_in"
        ),
        reference={
            "tokens.py": fill(TOKENS, **values),
            "parser_of.py": fill(PARSER, **{**values, "special": special}),
            "values.py": fill(VALUES, **values),
        },
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS, **values),
    )


def _power(power: str) -> dict[str, object]:
    """Return the value of the further operator as code and as a sentence."""
    if power == "^":
        return {
            "power_value": (
                '    if right < 0:\n        raise ValueError("a negative power")\n'
                "    return left**right"
            ),
            "power_words": "x ^ y is x to the power of y, and a negative y raises ValueError.",
        }
    if power == "@":
        return {
            "power_value": "    return left if left > right else right",
            "power_words": "x @ y is the larger one of x and y.",
        }
    return {
        "power_value": (
            '    if right == 0:\n        raise ValueError("division by zero")\n'
            "    return left % right"
        ),
        "power_words": (
            "x % y is what is left of x after division by y (as in Python), and y = 0 raises "
            "ValueError."
        ),
    }


FAMILY = Family("little-calculator", "hard", draft)
