"""Check digits: weighted sums over drawn alphabets that notice a wrong or a swapped character."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill

ALPHABETS = {
    "0123456789": "digits",
    "0123456789ABCDEF": "the characters 0 to 9 and A to F",
    "ABCDEFGHJKLMNPQRSTUVWXYZ": "capital letters without I and O",
}
WEIGHTS = {
    "cycle": (
        "WEIGHTS[place % len(WEIGHTS)]",
        "the weights $weights in turn, beginning with the $side character",
    ),
    "rising": (
        "place + $first",
        "weights $first, one more, and so on from the $side character on",
    ),
    "powers": (
        "pow($first, place + 1, $modulus)",
        "the powers $first, $first squared, and so on from the $side character on, modulo $modulus",
    ),
}
REFERENCE = """
\"\"\"Numbers with a check character.\"\"\"

ALPHABET = "$alphabet"
WEIGHTS = $weights


def $clean(text):
    body = text.replace("$filler", "")
    for character in body:
        if character not in ALPHABET:
            raise ValueError("unknown character")
    if not body:
        raise ValueError("there is nothing")
    return body


def _sum(body):
    total = 0
    for place, character in enumerate($side):
        total += ALPHABET.index(character) * ($weight)
    return total


def $check(text):
    rest = _sum($clean(text)) % $modulus
    value = $value
    return ALPHABET[value] if value < len(ALPHABET) else "$extra"


def $valid(text):
    body = text.replace("$filler", "")
    if len(body) < 2:
        return False
    try:
        return $check(body[:-1]) == body[-1]
    except ValueError:
        return False


def $group(text):
    body = $clean(text)
    body += $check(body)
    return "$filler".join(body[i:i + $size] for i in range(0, len(body), $size))
"""
SPEC = """
Write `$module.py` for numbers of $alphabet_words, whose characters are worth 0, 1, 2 and so on in
the order '$alphabet'. The filler '$filler' may stand anywhere and means nothing.

- `$clean(text)` returns the text without fillers. A text with any other character, and one in
  which nothing is left, raise ValueError.
- `$check(text)` returns the check character. The worths are multiplied by $weight_words, and
  added. The sum modulo $modulus is r. The check character is the one that is worth $value_words,
  or '$extra' if no character is worth that. Bad texts raise ValueError as above.
- `$valid(text)` returns whether the last character, fillers aside, is the check character of
  those before it. It never raises: bad texts and those of fewer than 2 characters are not valid.
- `$group(text)` returns the text with its check character added and a filler after every $size
  characters, but not at the end.
"""
EXAMPLES = """
[a_number]
$check('$sample')
$valid('$sample' + $check('$sample'))
"""
CHECKS = """
[checks 2]
[$check(text) for text in $samples]
$check('$sample')

[single_characters]
[$check(c) for c in '$alphabet']

[pairs]
[$check(c + d) for c in '$a$b$c' for d in '$alphabet']

[fillers]
$clean('$a$filler$b${filler}$filler$c')
$check('$filler$a$b$filler$c')
$valid('$a$filler' + $check('$a'))
$valid('$a$filler$b${filler}' + $check('$a$b'))

[bad_texts]
$check('$a?')
$check('')
$clean('$filler')
$clean('é')
$check('$a $b')

[valid 2]
[$valid(text + $check(text)) for text in $samples]
[$valid(text + c) for text in $samples for c in '$a$b$c']

[valid_groups]
$valid($group('$sample'))

[swapped]
$valid('$b$a' + $check('$a$b'))
$valid('$c$b$a' + $check('$a$b$c'))

[never_valid]
$valid('')
$valid('$a')
$valid('$filler$a')
$valid('$a$filler')
$valid('?$a')
$valid('$extra$a$b')

[groups]
$group('$sample')
$group('$a')
$group('$a$b$c$a$b$c$a$b$c$a$b$c'[:2 * $size - 1])
$group('$a?')
"""


def draft(draw: Draw) -> Draft:
    """Return a check character with a drawn alphabet, weights, direction and modulus."""
    alphabet, alphabet_words = draw.turn(tuple(ALPHABETS.items()))
    weight, weight_words = WEIGHTS[draw.one(tuple(WEIGHTS))]
    from_right = draw.one((True, False))
    modulus = {10: 11, 16: 17, 24: 23}[len(alphabet)]
    complement = draw.one((True, False))
    weights = tuple(draw.some((1, 2, 3, 5, 7), draw.whole(2, 4)))
    a, b, c = draw.some(alphabet[1:], 3)
    base: dict[str, object] = {
        "weights": weights,
        "first": draw.whole(2, 4),
        "modulus": modulus,
    }
    samples = ["".join(draw.some(alphabet, size)) for size in (3, 4, 5, 7, 8)]
    values: dict[str, object] = {
        **base,
        "module": draw.one(("check", "codes", "serials")),
        "alphabet": alphabet,
        "filler": draw.one(("-", "_", ".")),
        "clean": draw.one(("clean", "core", "strip_filler")),
        "check": draw.one(("check", "check_mark", "control")),
        "valid": draw.one(("valid", "is_valid", "verify")),
        "group": draw.one(("group", "pretty", "label")),
        "side": "reversed(body)" if from_right else "body",
        "weight": fill(weight, **base).strip(),
        "value": f"($modulus - rest) % {modulus}".replace("$modulus", str(modulus))
        if complement
        else "rest",
        "extra": draw.one(("*", "!", "%")),
        "size": draw.whole(2, 4),
        "sample": samples[-1],
        "samples": samples,
        "a": a,
        "b": b,
        "c": c,
    }
    sided = {**base, "side": "last" if from_right else "first"}
    words = {
        "alphabet_words": alphabet_words,
        "weight_words": fill(weight_words, **sided).strip(),
        "value_words": f"({modulus} - r) modulo {modulus}" if complement else "r",
    }
    code = fill(REFERENCE, **values)
    if "WEIGHTS[" not in code:
        code = code.replace(f"WEIGHTS = {weights}\n", "")
    return Draft(
        spec=fill(SPEC, **{**values, **words}),
        imports="from {module} import {check}, {clean}, {group}, {valid}".format(
            **values
        ),
        reference={f"{values['module']}.py": code},
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS, **values),
    )


FAMILY = Family("check-characters", "medium", draft)
