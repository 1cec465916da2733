"""Score boards: who comes first, how equal ones are ranked, and what the board is asked for."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill

TIES = {
    "gaps": (
        "1 + sum(1 for other in sums.values() if other $better sums[name])",
        "equal ones share the better place, and the places after them are left out (1, 2, 2, 4)",
    ),
    "dense": (
        "1 + len({other for other in sums.values() if other $better sums[name]})",
        "equal ones share a place, and no place is left out (1, 2, 2, 3)",
    ),
    "last": (
        "sum(1 for other in sums.values() if not sums[name] $better other)",
        "equal ones share the worse place (1, 3, 3, 4)",
    ),
}
SUMS = {
    "all": ("sum(points)", "the sum of all points"),
    "best": (
        "sum(sorted(points, reverse=True)[:$count])",
        "the sum of the $count highest points",
    ),
    "drop": (
        "sum(points) - min(points)",
        "the sum of all points but for the lowest one, which counts once less",
    ),
    "recent": ("sum(points[-$count:])", "the sum of the last $count points"),
}
REFERENCE = """
\"\"\"A score board.\"\"\"


def $totals(results):
    sums = {}
    for name, points in results.items():
        if not points:
            sums[name] = $nothing
        else:
            sums[name] = $sum
    return sums


def $ranks(results):
    sums = $totals(results)
    return {name: $rank for name in sums}


def $table(results):
    sums = $totals(results)
    places_of = $ranks(results)
    lines = []
    for name in sorted(sums, key=lambda name: (places_of[name], $order)):
        lines.append(f"{places_of[name]}$mark {name}: {sums[name]}")
    return lines


def $winners(results, places):
    if places < 1:
        raise ValueError("at least one place is needed")
    places_of = $ranks(results)
    return sorted(name for name, rank in places_of.items() if rank <= places)
"""
SPEC = """
Write `$module.py`, a score board. Results are a dictionary from name to a list of points, which
are whole numbers, in the order in which they were won.

- `$totals(results)` returns a dictionary from name to $sum_words. Who has no points gets $nothing.
- `$ranks(results)` returns a dictionary from name to place. The $better_words total is place 1;
  $tie_words.
- `$table(results)` returns a list of lines 'PLACE$mark NAME: TOTAL', by place, and those of one
  place $order_words.
- `$winners(results, places)` returns the names with a place up to `places`, by alphabet. Fewer
  than 1 places raise ValueError.
"""
EXAMPLES = """
[board]
$table({'ann': [3, 4], 'bob': [9]})
"""
CHECKS = """
results = {'zoe': [4, 1, 5], 'ann': [10], 'bob': [2, 7, 1, 6], 'c': [1, 1, 1, 1, 8], 'dan': [5, 5]}
ties = {'b': [6], 'aa': [6], 'c': [9], 'd': [1], 'e': [9], 'ab': [6], 'f': [2, 4]}

[totals 2]
$totals(results)
$totals({'x': [3, -4, 2, 2]})

[totals_of_one]
$totals({'x': [7], 'y': [0]})

[no_points]
$totals({'x': [], 'y': [1]})
$ranks({'x': [], 'y': [1], 'z': [-1]})
$totals({})

[ranks 2]
$ranks(results)
$ranks(ties)

[all_equal]
$ranks({'x': [2], 'y': [2], 'z': [2]})

[tables 2]
$table(results)
$table(ties)
$table({})

[winners]
$winners(results, 1)
$winners(ties, 2)
$winners(ties, 3)
$winners(results, 2)
$winners(results, 3)
$winners(results, 5)
$winners(results, 9)
$winners({}, 1)

[no_places]
$winners(results, 0)
$winners(results, -2)
"""


def draft(draw: Draw) -> Draft:
    """Return a score board with drawn sums, ties and order."""
    rank, tie_words = TIES[draw.turn(tuple(TIES))]
    total, sum_words = SUMS[draw.one(tuple(SUMS))]
    highest = draw.one((True, False))
    order, order_words = draw.one(
        (
            ("name", "by alphabet"),
            ("(len(name), name)", "shortest name first, then by alphabet"),
        )
    )
    better = ">" if highest else "<"
    count = {"count": draw.whole(2, 3)}
    names = ("totals", "ranks", "table", "winners")
    others = (
        ("totals", "points_of", "scores"),
        ("ranks", "place_numbers", "ranking"),
        ("table", "board", "lines"),
        ("winners", "top", "medals"),
    )
    values: dict[str, object] = {
        **{
            name: draw.one(options) for name, options in zip(names, others, strict=True)
        },
        "module": draw.one(("scores", "league", "standings")),
        "sum": fill(total, **count).strip(),
        "rank": fill(rank, better=better).strip(),
        "order": order,
        "mark": draw.one((".", ")", ":")),
        "nothing": draw.one((0, -1)),
    }
    words = {
        "sum_words": fill(sum_words, **count).strip(),
        "tie_words": tie_words,
        "better_words": "highest" if highest else "lowest",
        "order_words": order_words,
    }
    code = fill(REFERENCE, **values)
    return Draft(
        spec=fill(SPEC, **{**values, **words}),
        imports="from {module} import {ranks}, {table}, {totals}, {winners}".format(
            **values
        ),
        reference={f"{values['module']}.py": code},
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS, **values),
    )


FAMILY = Family("score-board", "easy", draft)
