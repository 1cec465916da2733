"""The drawing canvas: shapes in one file, the canvas in a second, the picture in a third."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill

SHAPES = {
    "rectangle": (
        "the cells of a rectangle with its upper left corner at (x, y), `size` wide and "
        "`depth` high",
        "    return [(x + i, y + j) for j in range(depth) for i in range(size)]",
    ),
    "frame": (
        "the border cells of a rectangle with its upper left corner at (x, y), `size` wide and "
        "`depth` high",
        "    return [\n"
        "        (x + i, y + j)\n"
        "        for j in range(depth)\n"
        "        for i in range(size)\n"
        "        if i in (0, size - 1) or j in (0, depth - 1)\n"
        "    ]",
    ),
    "cross": (
        "the cells of a cross with its middle at (x, y), whose arms are `size` cells long to "
        "the left and right, and `depth` cells long up and down, middle not counted",
        "    across = [(x + i, y) for i in range(-size, size + 1)]\n"
        "    down = [(x, y + j) for j in range(-depth, depth + 1) if j != 0]\n"
        "    return across + down",
    ),
    "stairs": (
        "the cells of `size` stairs that go down to the right from (x, y): step k (from 0) is at "
        "x + k and has cells from y + k to the depth y + k + `depth` - 1",
        "    return [(x + k, y + k + j) for k in range(size) for j in range(depth)]",
    ),
}
SHAPES_CODE = """
\"\"\"Shapes as lists of cells.\"\"\"


def $first(x, y, size, depth):
    if size < $least or depth < $least:
        raise ValueError("a shape is too small")
$first_body


def $second(x, y, size, depth):
    if size < $least or depth < $least:
        raise ValueError("a shape is too small")
$second_body
"""
CANVAS_CODE = """
\"\"\"A canvas on which shapes are drawn in colours.\"\"\"

from shapes import $first, $second

SHAPES = {"$first": $first, "$second": $second}


class $canvas:
    def __init__(self, width, height):
        if width < 1 or height < 1:
            raise ValueError("a canvas has at least one cell")
        self.width = width
        self.height = height
        self.cells = {}
        self.strokes = []

    def draw(self, shape, x, y, size, depth, colour):
        cells_of = SHAPES[shape]
        if colour not in $colours:
            raise ValueError("unknown colour")
        painted = {}
        for cell in cells_of(x, y, size, depth):
            if 0 <= cell[0] < self.width and 0 <= cell[1] < self.height:
                $paint
        self.strokes.append(painted)
        self.cells.update(painted)
        return len(painted)

    def undo(self):
        if not self.strokes:
            return False
        self.strokes.pop()
        self.cells = {}
        for painted in self.strokes:
            self.cells.update(painted)
        return True

    def colour_at(self, x, y):
        if not (0 <= x < self.width and 0 <= y < self.height):
            raise IndexError("outside the canvas")
        return self.cells.get((x, y), "$empty")

    def count(self, colour):
        return sum(1 for value in self.cells.values() if value == colour)
"""
PICTURE_CODE = """
\"\"\"A canvas as text.\"\"\"


def $show(canvas):
    rows = []
    for y in $rows:
        rows.append("".join(canvas.colour_at(x, y) for x in range(canvas.width)))
    return "\\n".join(rows)


def $extent(canvas):
    if not canvas.cells:
        return None
    xs = [x for x, _ in canvas.cells]
    ys = [y for _, y in canvas.cells]
    return (min(xs), min(ys), max(xs), max(ys))
"""
SPEC = """
Write a drawing canvas in three files.

`shapes.py` has two functions that return a list of cells (x, y), each cell once, in any order:
- `$first(x, y, size, depth)`: $first_words.
- `$second(x, y, size, depth)`: $second_words.
Both raise ValueError if `size` or `depth` is below $least.

`canvas.py` has a class `$canvas(width, height)`, which raises ValueError if either is below 1:
- `draw(shape, x, y, size, depth, colour)` draws the shape named '$first' or '$second'. What lies
  outside the canvas is left out. $paint_words It returns how many cells it painted. An unknown
  shape raises KeyError. A colour that is none of the letters '$colours' raises ValueError.
- `undo()` takes back the last drawing that was not taken back, and returns True, or False if there
  is none.
- `colour_at(x, y)` returns the colour of a cell, or '$empty' if nothing was painted there. A cell
  outside the canvas raises IndexError.
- `count(colour)` returns how many cells have the colour now.

`picture.py` has two functions of a canvas:
- `$show(canvas)` returns its rows as text, separated by line ends, $order first.
- `$extent(canvas)` returns (left, top, right, bottom) of the painted cells, as x and y of the
  outermost ones, or None if none is painted.
"""
EXAMPLES = """
[shape]
sorted($first(1, 1, 2, 2))

[picture]
canvas = $canvas(4, 3)
canvas.draw('$first', 1, 1, 2, 2, '$a')
$show(canvas)
"""
CHECKS = """
canvas = $canvas($width, $height)

[cells_of_$first]
sorted($first(2, 3, 4, 3))
sorted($first(0, 0, 3, 4))
len($first(5, 5, 4, 2))

[cells_of_$second]
sorted($second(2, 1, 3, 4))
sorted($second(0, 0, 4, 3))
len($second(5, 5, 4, 2))

[small_shapes]
$first(0, 0, 0, 3)
$first(0, 0, 3, 0)
$second(0, 0, 0, 3)
$second(0, 0, 3, 0)
len($first(0, 0, 2, 2)) + len($second(0, 0, 2, 2))

[shapes_of_one]
len($first(0, 0, 1, 2))
len($first(0, 0, 2, 1))
len($second(0, 0, 1, 2))
len($second(0, 0, 2, 1))

[sizes]
$canvas(0, 3)
$canvas(3, 0)
$canvas(1, 1).count('$a')

[drawing 2]
canvas.draw('$first', 0, 1, 3, 2, '$a')
canvas.draw('$second', 1, 1, 2, 3, '$b')
$show(canvas)

[overlap 2]
canvas.draw('$first', 1, 1, 2, 2, '$a')
canvas.draw('$second', 1, 1, 2, 3, '$b')
canvas.draw('$first', 1, 1, 2, 2, '$c')
canvas.count('$a')
canvas.count('$b')
canvas.count('$c')

[edges]
canvas.draw('$first', $width - 1, $height - 2, 2, 3, '$c')
canvas.draw('$second', -1, -1, 3, 3, '$a')
$show(canvas)

[undoing 2]
canvas.draw('$first', 0, 1, 3, 2, '$a')
canvas.draw('$second', 1, 1, 2, 3, '$b')
canvas.draw('$first', 1, 1, 3, 2, '$c')
canvas.undo()
$show(canvas)
canvas.undo()
$show(canvas)
canvas.undo()
canvas.undo()
canvas.count('$a')

[unknown_words]
canvas.draw('circle', 0, 0, 2, 2, '$a')
canvas.draw('$first', 0, 0, 2, 2, '?')
canvas.undo()

[cells]
canvas.draw('$second', 1, 1, 2, 3, '$b')
canvas.colour_at(0, 0)
canvas.colour_at(1, 1)
canvas.colour_at($width - 1, $height - 1)
canvas.colour_at($width, 0)
canvas.colour_at(0, $height)
canvas.colour_at(-1, 0)
canvas.colour_at(0, -1)

[extents]
$extent(canvas) is None
canvas.draw('$second', 2, 2, 2, 2, '$b')
$extent(canvas)
canvas.draw('$first', 1, 1, 2, 2, '$a')
$extent(canvas)
"""


def draft(draw: Draw) -> Draft:
    """Return a canvas with drawn shapes, colours, painting rule and order of rows."""
    first, second = draw.some(tuple(SHAPES), 2)
    over = draw.turn((True, False))
    bottom_up = draw.one((True, False))
    paint = "painted[cell] = colour"
    if not over:
        paint = "if cell not in self.cells:\n                    painted[cell] = colour"
    values = {
        "first": first,
        "second": second,
        "first_body": SHAPES[first][1],
        "second_body": SHAPES[second][1],
        "first_words": SHAPES[first][0],
        "second_words": SHAPES[second][0],
        "least": draw.one((1, 2)),
        "canvas": draw.one(("Canvas", "Board", "Sheet")),
        "colours": repr(draw.one(("rgb", "xyz", "#*+"))),
        "empty": draw.one((".", "_", "-")),
        "paint": paint,
        "rows": "reversed(range(canvas.height))"
        if bottom_up
        else "range(canvas.height)",
        "show": draw.one(("render", "picture", "show")),
        "extent": draw.one(("extent", "bounds", "box")),
        "order": "the one with the largest y" if bottom_up else "the one of y = 0",
        "paint_words": (
            "It paints over what is there."
            if over
            else "It leaves cells that are painted already as they are."
        ),
    }
    colours = str(values["colours"]).strip("'")
    worded = {**values, "colours": colours}
    marks = {
        **worded,
        **dict(zip("abc", colours, strict=True)),
        "width": draw.whole(5, 7),
        "height": draw.whole(4, 6),
    }
    return Draft(
        spec=fill(SPEC, **worded),
        imports=(
            f"from canvas import {values['canvas']}\n"
            f"from picture import {values['extent']}, {values['show']}\n"
            f"from shapes import {first}, {second}"
        ),
        reference={
            "shapes.py": fill(SHAPES_CODE, **values),
            "canvas.py": fill(CANVAS_CODE, **values),
            "picture.py": fill(PICTURE_CODE, **values),
        },
        examples=read_checks(EXAMPLES, **marks),
        checks=read_checks(CHECKS, **marks),
    )


FAMILY = Family("drawing-canvas", "medium", draft)
