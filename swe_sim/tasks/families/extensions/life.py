"""A grid of cells that live and die, which is to learn edges, rules as text, or what repeats."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill
from swe_sim.tasks.families.extensions.life_features import FEATURES

CELLS = """
\"\"\"Cells that live and die.\"\"\"

BORN = $born
STAY = $stay


def $read(picture):
    rows = picture.split("\\n")
    return {
        (x, y)
        for y, row in enumerate(rows)
        for x, character in enumerate(row)
        if character == "$alive"
    }


def $draw(cells, width, height):
    rows = []
    for y in range(height):
        rows.append("".join("$alive" if (x, y) in cells else "$dead" for x in range(width)))
    return "\\n".join(rows)


def $around(cell):
    x, y = cell
    return {
        (x + dx, y + dy)
        for dx in (-1, 0, 1)
        for dy in (-1, 0, 1)
        if $near
    }


def $step(cells):
    counts = {}
    for cell in cells:
        for other in $around(cell):
            counts[other] = counts.get(other, 0) + 1
    born = {cell for cell, count in counts.items() if count in BORN and cell not in cells}
    kept = {cell for cell in cells if counts.get(cell, 0) in STAY}
    return born | kept
"""
SPEC = """
`cells.py` plays a game of cells on a grid without edges. A cell is a tuple (x, y).
- `$read(picture)` returns the set of the cells that are '$alive' in a picture of lines,
`$draw(cells,
  width, height)` the picture of such a set, with '$dead' for the others.
- `$around(cell)` returns the set of the cells around a cell: $near_words.
- `$step(cells)` returns the set of cells after one step: a cell is born where $born_words of those
  around it live, and stays with $stay_words.

All that works and has to go on working. Write a further file $words
"""
NAMES = (
    ("read", ("read", "cells_in", "load")),
    ("draw", ("draw", "show", "picture")),
    ("around", ("around", "near", "touching")),
    ("step", ("step", "advance", "tick")),
    ("world", ("World", "Field", "Dish")),
    ("rule", ("rule", "parse_rule", "rule_of")),
    ("run", ("run", "evolve", "play")),
    ("normal", ("normal", "shape_of", "to_origin")),
    ("period", ("period", "cycle", "loop")),
    ("ages", ("ages", "age_of", "lifetimes")),
    ("keep", ("S", "K")),
    ("slash", ("/", ":", "-")),
)
EXAMPLES = """
[old_ways]
sorted($step($read('$row')))
"""
CHECKS = """
[old_steps]
sorted($step({(1, 0), (2, 0), (0, 1), (1, 1), (1, 2)}))
sorted($step({(5, 5)}))
sorted($step({(0, 0), (1, 0), (2, 0), (3, 0), (0, 2), (1, 2), (2, 2), (3, 2)}))

[old_ways]
sorted($step($read('$row')))
$draw($read('$row\\n$dead$row'), 6, 3)
sorted($around((0, 5)))
"""


def draft(draw: Draw) -> Draft:
    """Return a game of cells with drawn rules and a drawn feature that is missing."""
    path, code, imports, feature_words, checks = FEATURES[draw.turn(tuple(FEATURES))]
    corners = draw.one((True, False))
    born, stay = draw.one(
        (((3,), (2, 3)), ((3, 6), (2, 3)), ((2,), (1, 2)), ((2, 4), (1, 3)))
    )
    torus = draw.one((True, False))
    rising = draw.one((True, False))
    anywhere = draw.one((True, False))
    alive = draw.one(("#", "o", "*"))
    values: dict[str, object] = {
        **{name: draw.one(options) for name, options in NAMES},
        "born": born,
        "stay": stay,
        "alive": alive,
        "dead": draw.one((".", "-", "_")),
        "row": alive * 3,
        "near": "(dx, dy) != (0, 0)" if corners else "abs(dx) + abs(dy) == 1",
        "least": draw.whole(3, 4),
        "edge": (
            "found.add((x % self.width, y % self.height))"
            if torus
            else "if 0 <= x < self.width and 0 <= y < self.height:\n"
            "                found.add((x, y))"
        ),
        "order": "list(digits) != sorted(set(digits))"
        if rising
        else "len(set(digits)) != len(digits)",
        "first_age": draw.one((0, 1)),
    }
    normal = f"{values['normal']}(cells)"
    values["shape"] = normal if anywhere else "tuple(sorted(cells))"
    words = _words(values, corners, torus, rising, anywhere)
    all_words = {**values, **words}
    program = {"cells.py": fill(CELLS, **values)}
    return Draft(
        spec=fill(SPEC, **{**all_words, "words": fill(feature_words, **all_words)}),
        imports=fill(
            f"from cells import $around, $draw, $read, $step\n{imports}", **values
        ).strip(),
        files=program,
        reference={path: fill(code, **values)},
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS + checks, **values),
    )


def _words(
    values: dict[str, object], corners: bool, torus: bool, rising: bool, anywhere: bool
) -> dict[str, object]:
    """Return the phrases of the specification for what was drawn."""
    return {
        "near_words": "the eight that touch it, also at a corner"
        if corners
        else "the four beside it",
        "born_words": _numbers(values["born"]),
        "stay_words": _numbers(values["stay"]),
        "edge_words": (
            "What leaves the world at one edge comes in at the opposite one."
            if torus
            else "Beyond its edges there is nothing."
        ),
        "order_words": (
            "So do counts that do not rise from left to right."
            if rising
            else "So does a count that comes twice in one part."
        ),
        "shape_words": (
            "at whatever place (cells count as the same if `"
            + f"{values['normal']}`"
            + " gives the "
            "same)"
            if anywhere
            else "at the same place"
        ),
    }


def _numbers(counts: object) -> str:
    assert isinstance(counts, tuple)
    return " or ".join(str(count) for count in counts)


FAMILY = Family("cells-extension", "medium", draft)
