"""What a game of cells may learn: a world with edges, rules as text, or what repeats."""

WORLD = """
\"\"\"Worlds with edges.\"\"\"

from cells import BORN, STAY, $around


class $world:
    def __init__(self, width, height, cells=()):
        if width < $least or height < $least:
            raise ValueError("a world is too small")
        for x, y in cells:
            if not (0 <= x < width and 0 <= y < height):
                raise ValueError("a cell lies outside")
        self.width = width
        self.height = height
        self.cells = set(cells)

    def neighbours(self, cell):
        found = set()
        for x, y in $around(cell):
            $edge
        return found

    def $step(self):
        before = self.cells
        self.cells = set()
        for x in range(self.width):
            for y in range(self.height):
                count = len(self.neighbours((x, y)) & before)
                if count in (STAY if (x, y) in before else BORN):
                    self.cells.add((x, y))
        return len(self.cells)
"""
RULES = """
\"\"\"Rules as text.\"\"\"


def $rule(text):
    parts = text.upper().split("$slash")
    if len(parts) != 2 or parts[0][:1] != "B" or parts[1][:1] != "$keep":
        raise ValueError("a rule has two parts")
    numbers = []
    for part in parts:
        digits = part[1:]
        if any(digit not in "012345678" for digit in digits):
            raise ValueError("a count goes from 0 to 8")
        if $order:
            raise ValueError("counts come in rising order")
        numbers.append(tuple(int(digit) for digit in digits))
    if 0 in numbers[0]:
        raise ValueError("nothing comes from nothing")
    return tuple(numbers)


def $run(cells, text, steps, around):
    born, stay = $rule(text)
    for _ in range(steps):
        counts = {}
        for cell in cells:
            for other in around(cell):
                counts[other] = counts.get(other, 0) + 1
        places = set(counts) | set(cells)
        cells = {
            place
            for place in places
            if counts.get(place, 0) in (stay if place in cells else born)
        }
    return cells
"""
CYCLES = """
\"\"\"What repeats.\"\"\"

from cells import $step


def $normal(cells):
    if not cells:
        return ()
    left = min(x for x, _ in cells)
    top = min(y for _, y in cells)
    return tuple(sorted((x - left, y - top) for x, y in cells))


def $period(cells, most):
    shapes = {}
    for number in range(most + 1):
        shape = $shape
        if shape in shapes:
            return (shapes[shape], number - shapes[shape])
        shapes[shape] = number
        cells = $step(cells)
    return None


def $ages(cells, steps):
    ages = {cell: $first_age for cell in cells}
    for _ in range(steps):
        cells = $step(cells)
        ages = {cell: ages.get(cell, $first_age - 1) + 1 for cell in cells}
    return ages
"""
FEATURES = {
    "world": (
        "world.py",
        WORLD,
        "from world import $world",
        "`world.py` with a class `$world(width, height, cells=())`, a world with edges in "
        "which x goes "
        "from 0 to width - 1 and y from 0 to height - 1. A width or height below $least and a cell "
        "outside raise ValueError.\n"
        "- `cells` is the set of living cells.\n"
        "- `neighbours(cell)` returns the set of cells of the world around a cell (by `$around`). "
        "$edge_words\n"
        "- `$step()` moves the world one step on by the same rule, and returns how many cells live "
        "then.",
        """
[worlds 2]
world = $world(6, 5, $read('$row\\n.$row'.replace('.', '$dead')))
world.$step()
sorted(world.cells)
world.$step()
sorted(world.cells)

[edges 2]
world = $world(4, 5, {(0, 0), (3, 0), (0, 4), (1, 0)})
sorted(world.neighbours((0, 0)))
sorted(world.neighbours((3, 4)))
sorted(world.neighbours((1, 2)))
world.$step()
sorted(world.cells)
full = $world(4, 5, {(x, y) for x in range(4) for y in range(5) if (x + 2 * y) % 3})
full.$step()
sorted(full.cells)
full.$step()
sorted(full.cells)

[small_worlds]
$world($least - 1, 9)
$world(9, $least - 1)
len($world($least, $least).cells)

[cells_outside]
$world(4, 4, {(4, 0)})
$world(4, 4, {(0, 4)})
$world(4, 4, {(-1, 0)})
$world(4, 4, {(0, -1)})
sorted($world(4, 4, {(3, 3), (0, 0)}).cells)
""",
    ),
    "rules": (
        "rules.py",
        RULES,
        "from rules import $rule, $run",
        "`rules.py` with two functions for rules as text such as 'B3$slash${keep}23': a cell "
        "is born "
        "with a count of living cells around it that follows B, and stays with one that follows "
        "$keep.\n"
        "- `$rule(text)` returns two tuples of counts, born and stay. Case does not count. Another "
        "form, a count that is none of the digits 0 to 8, and a B with 0 raise ValueError. "
        "$order_words\n"
        "- `$run(cells, text, steps, around)` returns the set of cells after some steps by "
        "the rule, "
        "where `around(cell)` is the set of cells around a cell, such as `$around`.",
        """
[rules 2]
$rule('B3${slash}${keep}23')
$rule('b36${slash}${keep}125'.lower())
$rule('B${slash}${keep}')
$rule('B8${slash}${keep}0')
$rule('B1${slash}${keep}012345678')

[no_rules]
$rule('')
$rule('B3')
$rule('${keep}23${slash}B3')
$rule('B3${slash}X23')
$rule('B3${slash}${keep}2${slash}3')
$rule('B9${slash}${keep}2')
$rule('B3x${slash}${keep}2')
$rule('B0${slash}${keep}2')

[orders]
$rule('B3${slash}${keep}32')
$rule('B22${slash}${keep}3')
$rule('B12${slash}${keep}3')

[runs 2]
sorted($run({(0, 0), (1, 0), (2, 0)}, 'B3${slash}${keep}23', 1, $around))
sorted($run({(0, 0), (1, 0), (2, 0)}, 'B2${slash}${keep}', 2, $around))
sorted($run({(0, 0), (1, 0)}, 'B1${slash}${keep}1', 3, $around))
sorted($run({(0, 0)}, 'B8${slash}${keep}0', 2, $around))
sorted($run({(0, 0)}, 'B1${slash}${keep}', 0, $around))
sorted($run({(0, 0)}, 'B0${slash}${keep}', 0, $around))
""",
    ),
    "cycles": (
        "cycles.py",
        CYCLES,
        "from cycles import $ages, $normal, $period",
        "`cycles.py` with three functions:\n"
        "- `$normal(cells)` returns the cells as a sorted tuple, moved so that the smallest "
        "x and the "
        "smallest y are 0, and () for none.\n"
        "- `$period(cells, most)` looks at the cells and at what they become in up to `most` "
        "steps, "
        "until something comes again, $shape_words. It returns the tuple (number of steps to "
        "its first "
        "time, number of steps from then to the second), or None if nothing comes again.\n"
        "- `$ages(cells, steps)` returns a dictionary from the cells that live after some steps to "
        "their age: $first_age for one that was just born or was there at the beginning, and "
        "one more "
        "for every step that it stayed.",
        """
[normal_forms]
$normal({(5, 7), (4, 9)})
$normal({(-2, 0), (-1, -3)})
$normal(set())

[periods 2]
$period($read('$row'), 6)
$period($read('$row\\n.$row'.replace('.', '$dead')), 9)
$period({(0, 0)}, 5)
$period({(9, 9), (10, 9)}, 12)
$period(set(), 3)

[no_period]
$period({(0, 0)}, 0) is None
$period($read('$row'), 1)

[moving_shapes]
$period({(1, 0), (2, 1), (0, 2), (1, 2), (2, 2)}, 4)
$period({(0, 0), (1, 0), (2, 0), (0, 1)}, 7)

[ages 2]
sorted($ages($read('$row'), 0).items())
sorted($ages($read('$row'), 1).items())
sorted($ages($read('$row'), 3).items())
sorted($ages($read('$row\\n$row'), 2).items())
""",
    ),
}
