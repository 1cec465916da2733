"""Operations on grids, into which faults have been put."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill
from swe_sim.tasks.families.repairs.faults import Fault, with_faults

WALKS = {
    "spiral": (
        """
def $walk(grid):
    rows = [list(row) for row in grid]
    path = []
    while rows:
        path += rows[0]
        rows = [list(row) for row in zip(*rows[1:])][::-1]
    return path
""",
        "from the upper left corner to the right, then down, left, up and so on inwards",
        Fault("for row in zip(*rows[1:])][::-1]", "for row in zip(*rows[1:])]"),
    ),
    "snake": (
        """
def $walk(grid):
    path = []
    for number, row in enumerate(grid):
        path += row if number % 2 == 0 else row[::-1]
    return path
""",
        "the first row from left to right, the second from right to left, and so on in turn",
        Fault("number % 2 == 0", "number % 2 == 1"),
    ),
    "diagonals": (
        """
def $walk(grid):
    path = []
    for total in range(len(grid) + (len(grid[0]) if grid else 0) - 1):
        for y in range(len(grid)):
            if 0 <= total - y < len(grid[0]):
                path.append(grid[y][total - y])
    return path
""",
        "along the diagonals, that of the upper left corner first, each from its upper right "
        "end to "
        "its lower left one",
        Fault("0 <= total - y", "0 < total - y"),
    ),
}
REFERENCE = """
\"\"\"Grids: lists of rows, which are lists.\"\"\"


def $check(grid):
    if any(len(row) != len(grid[0]) for row in grid):
        raise ValueError("rows differ in length")
    return (len(grid), len(grid[0]) if grid else 0)


def $turn(grid, times=1):
    $check(grid)
    turned = [list(row) for row in grid]
    for _ in range(times % 4):
        turned = $once
    return turned


def $around(grid, y, x):
    height, width = $check(grid)
    if not (0 <= y < height and 0 <= x < width):
        raise IndexError("outside the grid")
    cells = []
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            if $skip:
                continue
            if 0 <= y + dy < height and 0 <= x + dx < width:
                cells.append(grid[y + dy][x + dx])
    return cells


$walk_code

def $peaks(grid):
    height, width = $check(grid)
    found = []
    for y in range(height):
        for x in range(width):
            if all(grid[y][x] $above cell for cell in $around(grid, y, x)):
                found.append((y, x))
    return found
"""
SPEC = """
`$module.py` works on grids: lists of rows, which are lists of the same length. It has worked, but
somebody changed it, and now some of what follows no longer holds. Mend it. Grids that are given are
never changed.

- `$check(grid)` returns (rows, columns), (0, 0) for an empty grid. Rows of different length raise
  ValueError, here and wherever sizes matter.
- `$turn(grid, times=1)` returns the grid turned $side by a quarter, as often as `times`
  says. Negative times turn it the other way.
- `$around(grid, y, x)` returns the list of the cells around row y and column x, from the upper
row to
  the lower one, each from left to right: $skip_words. A place outside the grid raises IndexError.
- `$walk(grid)` returns the list of all cells $walk_words.
- `$peaks(grid)` returns as (y, x), by row and then by column, the places that are $above_words all
  cells around them.
"""
EXAMPLES = """
[small_grids]
$turn([[1, 2], [3, 4]])
$check([[1, 2, 3]])
"""
CHECKS = """
grid = [[3, 8, 1, 4], [5, 2, 9, 9], [7, 6, 0, 2]]

[sizes]
$check(grid)
$check([])
$check([[1], [2]])
$check([[1, 2], [3]])
$check([[1], [2, 3]])

[turning 2]
$turn(grid)
$turn([[1, 2, 3]])
$turn(grid, 2)
$turn(grid, 3)
grid

[turning_often]
$turn(grid, 0)
$turn(grid, 4)
$turn(grid, -1)
$turn(grid, 7)
$turn([])
$turn([[1, 2], [3]])

[around 2]
$around(grid, 1, 1)
$around(grid, 0, 0)
$around(grid, 2, 3)
$around(grid, 1, 3)
$around(grid, 0, 2)

[outside]
$around(grid, -1, 0)
$around(grid, 0, -1)
$around(grid, 3, 0)
$around(grid, 0, 4)
$around([[5]], 0, 0)
$around([[1, 2], [3]], 0, 0)

[walks 2]
$walk(grid)
$walk([[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]])
$walk([[1, 2], [3, 4]])

[short_walks]
$walk([])
$walk([[1, 2, 3]])
$walk([[1], [2], [3]])

[peaks 2]
$peaks(grid)
$peaks([[1, 1], [1, 1]])
$peaks([[5, 1, 5], [1, 1, 1], [5, 1, 4]])
$peaks([[2]])
$peaks([])
"""


def draft(draw: Draw) -> Draft:
    """Return grid functions with drawn rules, broken in one or two places."""
    walk, walk_words, walk_fault = WALKS[draw.turn(tuple(WALKS))]
    right = draw.one((True, False))
    corners = draw.one((True, False))
    strict = draw.one((True, False))
    once = "zip(*turned[::-1])" if right else "zip(*turned)"
    values: dict[str, object] = {
        "module": draw.one(("grid", "board", "matrix")),
        "check": draw.one(("check", "size", "shape")),
        "turn": draw.one(("turn", "rotate", "spin")),
        "around": draw.one(("around", "neighbours", "near")),
        "walk": draw.one(("walk", "visit", "flatten")),
        "peaks": draw.one(("peaks", "summits", "hills")),
        "once": f"[list(row) for row in {once}]" + ("" if right else "[::-1]"),
        "skip": "dy == 0 and dx == 0" if corners else "abs(dy) + abs(dx) != 1",
        "above": ">" if strict else ">=",
    }
    words = {
        "side": "to the right (clockwise)"
        if right
        else "to the left (counter-clockwise)",
        "skip_words": (
            "the up to eight that touch it, also at a corner"
            if corners
            else "the up to four that share a side with it"
        ),
        "walk_words": walk_words,
        "above_words": "larger than" if strict else "at least as large as",
    }
    values["walk_code"] = fill(walk, **values)
    program = fill(REFERENCE, **values)
    path = f"{values['module']}.py"
    faults = (walk_fault, *_faults(values))
    return Draft(
        spec=fill(SPEC, **{**values, **words}),
        imports="from {module} import {around}, {check}, {peaks}, {turn}, {walk}".format(
            **values
        ),
        files={path: with_faults(program, faults, draw, draw.whole(1, 2))},
        reference={path: program},
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS, **values),
    )


def _faults(values: dict[str, object]) -> tuple[Fault, ...]:
    other = ">=" if values["above"] == ">" else ">"
    return (
        Fault("times % 4", "times"),
        Fault("0 <= y < height and 0 <= x < width", "y < height and x < width"),
        Fault(
            "0 <= y + dy < height and 0 <= x + dx < width",
            "y + dy < height and x + dx < width",
        ),
        Fault(f"grid[y][x] {values['above']} cell", f"grid[y][x] {other} cell"),
        Fault("found.append((y, x))", "found.append((x, y))"),
        Fault(str(values["once"]), "[list(row) for row in zip(*turned)]"),
        Fault("for dy in (-1, 0, 1):", "for dy in (1, 0, -1):"),
    )


FAMILY = Family("broken-grid", "easy", draft)
