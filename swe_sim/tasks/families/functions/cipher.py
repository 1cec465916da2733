"""Ciphers of letters with a drawn rule, and what they do with other characters."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill

RULES = {
    "shift": (
        "place + $key * sign",
        "the letter $key places further on, from z on to a again",
    ),
    "growing": (
        "place + ($key + step) * sign",
        "the letter $key + k places further on, from z on to a again, where k counts the letters "
        "of the text before it",
    ),
    "word": (
        'place + (ord("$word"[step % len("$word")]) - ord("a")) * sign',
        "a letter as many places further on (from z on to a again) as the next letter of the key "
        "word '$word' is after a, and the key word begins again at its end; other characters use "
        "no letter of the key word",
    ),
    "alternating": (
        "place + ($key if step % 2 == 0 else -$other) * sign",
        "the first letter $key places further on, the second $other places back, and so on in "
        "turn, as if a came after z; other characters take no turn",
    ),
}
MARKS = {
    "keep": ("result += character", "stay as they are"),
    "drop": ("pass", "are left out"),
    "dash": ('result += "-"', "become '-'"),
}
REFERENCE = """
\"\"\"A cipher of letters.\"\"\"


def _move(text, sign):
    result = ""
$begin_steps    for character in text:
        if character.isascii() and character.isalpha():
            first = ord("A") if character.isupper() else ord("a")
            place = ord(character) - first
            moved = ($rule) % 26
            result += $letter
$count_step        else:
            $mark
    return result


def $encode(text):
    return _move(text, 1)


def $decode(text):
    return _move(text, -1)


def $share(text):
    letters = [c.lower() for c in text if c.isascii() and c.isalpha()]
    if not letters:
        return None
    return $most(sorted(set(letters)), key=letters.count)
"""
SPEC = """
Write `$module.py`, a cipher of the letters a to z and A to Z.

- `$encode(text)` writes $rule. $case Characters that are no such letters $mark.
- `$decode(text)` goes the other way: it moves every letter back by what `$encode` moves a letter
  at its place forward. It treats case and other characters in the same way.
- `$share(text)` returns the $rarest letter of the text as a small letter, the first by alphabet
  of several, and None for a text without letters. Case does not count.
"""
EXAMPLES = """
[a_word]
$encode('attack')
$decode($encode('zebra'))
"""
CHECKS = """
[words 2]
$encode('abcxyz')
$encode('thequickbrownfoxjumpsoverthelazydog')

[back 2]
$decode('abcxyz')
$decode('thequickbrownfoxjumps')

[capitals]
$encode('AbCxYZ')
$decode('HeLLoW')

[other_characters]
$encode('a b, c! 1-2 d')
$decode('x-y z?.w')
$encode('12 34!')

[foreign_letters]
$encode('äbé')

[empty]
$encode('')
$decode('')

[letters]
$share('banana cab')
$share('Zz yY xx w W wv')
$share('q')

[no_letters]
$share('12, 3!') is None
$share('ä') is None
"""


def draft(draw: Draw) -> Draft:
    """Return a cipher with a drawn rule, key, treatment of case and of other characters."""
    rule, rule_words = RULES[draw.turn(tuple(RULES))]
    mark, mark_words = MARKS[draw.one(tuple(MARKS))]
    case = draw.one(("keep", "lower", "upper"))
    letter = {
        "keep": "chr(first + moved)",
        "lower": 'chr(ord("a") + moved)',
        "upper": 'chr(ord("A") + moved)',
    }[case]
    case_words = {
        "keep": "Capitals stay capitals.",
        "lower": "All letters are written small.",
        "upper": "All letters are written as capitals.",
    }[case]
    frequent = draw.one((True, False))
    keys = {
        "key": draw.whole(2, 9),
        "other": draw.whole(10, 12),
        "word": draw.one(("lemon", "crane", "winter", "harbour")),
    }
    values: dict[str, object] = {
        **keys,
        "module": draw.one(("cipher", "secret", "code_book")),
        "encode": draw.one(("encode", "encrypt", "scramble")),
        "decode": draw.one(("decode", "decrypt", "restore")),
        "share": draw.one(("top_letter", "key_letter", "pick_letter")),
        "letter": letter,
        "mark": mark,
        "most": "max" if frequent else "min",
    }
    words = {
        "rule": fill(rule_words, **keys).strip(),
        "mark": mark_words,
        "case": case_words,
        "rarest": "most frequent" if frequent else "rarest",
    }
    # A rule that does not look at the place of a letter needs no counter.
    steps = "step" in rule
    values["begin_steps"] = "    step = 0\n" if steps else ""
    values["count_step"] = "            step += 1\n" if steps else ""
    return Draft(
        spec=fill(SPEC, **{**values, **words}),
        imports=(
            f"from {values['module']} import {values['decode']}, {values['encode']}, "
            f"{values['share']}"
        ),
        reference={
            f"{values['module']}.py": fill(
                REFERENCE, **{**values, "rule": fill(rule, **keys).strip()}
            )
        },
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS, **values),
    )


FAMILY = Family("letter-cipher", "easy", draft)
