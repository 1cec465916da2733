"""The BMI calculator: units, rounding, classes with drawn bounds, and one further question."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill

UNITS = {
    "kilograms and metres": ("weight / height**2", (52.0, 1.64), (88.5, 1.81)),
    "kilograms and centimetres": (
        "weight / (height / 100) ** 2",
        (52.0, 164.0),
        (88.5, 181.0),
    ),
    "pounds and inches": ("703 * weight / height**2", (118.0, 64.0), (196.0, 71.0)),
}
CLASS_NAMES = (
    ("thin", "normal", "heavy", "very heavy"),
    ("underweight", "healthy", "overweight", "obese"),
    ("low", "good", "raised", "high"),
)
REFERENCE = """
\"\"\"A calculator of the body mass index.\"\"\"

BOUNDS = $bounds
NAMES = $names


def $index(weight, height):
    if weight <= 0 or height <= 0:
        raise ValueError("weight and height have to be positive")
    return round($formula, $digits)


def $classify(value):
    if value < 0:
        raise ValueError("an index is never negative")
    for bound, name in zip(BOUNDS, NAMES):
        if value $below bound:
            return name
    return NAMES[-1]


$further
"""
COUNT = """
def count_classes(people):
    counts = {name: 0 for name in NAMES}
    for weight, height in people:
        counts[$classify($index(weight, height))] += 1
    return counts
"""
EXTREME = """
def most_extreme(people):
    middle = (BOUNDS[0] + BOUNDS[1]) / 2
    best = None
    for name in sorted(people):
        distance = abs($index(*people[name]) - middle)
        if best is None or distance > best[0]:
            best = (distance, name)
    return None if best is None else best[1]
"""
TREND = """
def trend(height, weights):
    moves = []
    for before, after in zip(weights, weights[1:]):
        change = $index(after, height) - $index(before, height)
        if abs(change) < $least:
            moves.append("same")
        else:
            moves.append("up" if change > 0 else "down")
    return moves
"""
FURTHER = {
    "count": (
        "count_classes",
        COUNT,
        "`count_classes(people)` takes pairs of weight and height and returns a dictionary from "
        "every class to how many people are in it, 0 for a class without any.",
        """
[counts 2]
count_classes([$light, $heavy, $third, $fourth])
count_classes([$light, $light])

[counts_of_nobody]
count_classes([])
""",
    ),
    "extreme": (
        "most_extreme",
        EXTREME,
        "`most_extreme(people)` takes a dictionary from name to a pair of weight and height and "
        "returns the name whose index is farthest from the middle between the first two bounds of "
        "the classes, the first by alphabet of several, and None for nobody.",
        """
[extreme 2]
most_extreme({'zoe': $light, 'ann': $heavy, 'bob': $third, 'cid': $fourth})
most_extreme({'ann': $light, 'bob': $fourth, 'cid': $heavy})
most_extreme({'cid': $third, 'ann': $light})
most_extreme({'ann': ($below_middle, $tall), 'bob': ($above_middle, $tall)})

[extreme_of_equals]
most_extreme({'zoe': $light, 'ann': $light, 'bob': $light})

[extreme_of_nobody]
most_extreme({}) is None
""",
    ),
    "trend": (
        "trend",
        TREND,
        "`trend(height, weights)` returns for each two weights in a row 'up', 'down', or 'same' "
        "where the index changed by less than $least.",
        """
[trend 2]
trend($tall, [$weight, $weight * 1.1, $weight * 1.1, $weight * 1.103, $weight, $weight * 2])
trend($tall, [$weight, $weight * 0.9, $weight * 0.9])

[small_trend]
trend($tall, [$weight * 1.0, $weight * 1.03, $weight * 1.01, $weight * 1.05])

[short_trend]
trend($tall, [70])
trend($tall, [])
""",
    ),
}
SPEC = """
Write `$module.py`, a calculator of the body mass index.

- `$index(weight, height)` takes $units and returns $wording, rounded to $digits decimals by
  Python's `round`. A weight or a height that is not positive raises ValueError.
- `$classify(value)` returns the class of an index: $classes. A negative index raises ValueError.
- $further
"""
EXAMPLES = """
[one_person]
$index($weight, $tall)

[one_class]
$classify($l + 1)
"""
CHECKS = """
[indices 2]
$index(*$light)
$index(*$heavy)
$index(*$third)
$index(*$fourth)

[no_weight]
$index(0, $tall)
$index(-3, $tall)

[no_height]
$index($weight, 0)
$index($weight, -1.5)

[small_people]
$index(0.9, $tall)
$index($weight, 0.9)

[classes 2]
$classify($l - 0.4)
$classify($m - 0.4)
$classify($h - 0.4)

[far_classes]
$classify(0)
$classify(0.5)
$classify($h + 30)

[bounds]
$classify($l)
$classify($m)
$classify($h)

[above_bounds]
$classify($l + 0.01)
$classify($m + 0.01)
$classify($h + 0.01)

[negative_index]
$classify(-0.1)
"""


def draft(draw: Draw) -> Draft:
    """Return a calculator with drawn units, bounds, names and further function."""
    units = draw.turn(tuple(UNITS))
    formula, light, heavy = UNITS[units]
    names = draw.one(CLASS_NAMES)
    low = draw.tenths(17.5, 19.5)
    bounds = [low, low + draw.whole(5, 7), low + draw.whole(10, 13)]
    inclusive = draw.one((True, False))
    index = draw.one(("bmi", "body_mass_index", "mass_index"))
    classify = draw.one(("category", "classify", "weight_class"))
    values = {
        "module": draw.one(("bmi", "calculator", "health")),
        "index": index,
        "classify": classify,
        "bounds": tuple(bounds),
        "names": names,
        "formula": formula,
        "digits": draw.one((1, 2)),
        "below": "<=" if inclusive else "<",
        "units": units,
        "least": draw.one((0.3, 0.5, 1.0)),
    }
    kind = draw.one(tuple(FURTHER))
    name, further, sentence, more = FURTHER[kind]
    marks = {
        **values,
        **_people(light, heavy),
        **_about_middle(formula, light[1], bounds),
        **dict(zip("lmh", bounds, strict=True)),
    }
    code = fill(REFERENCE, **{**values, "further": fill(further, **values)})
    spec = fill(
        SPEC,
        **{
            **values,
            "wording": _wording(units),
            "classes": _classes(bounds, names, inclusive),
            "further": fill(sentence, **values),
        },
    )
    return Draft(
        spec=spec,
        imports=f"from {values['module']} import {classify}, {index}, {name}",
        reference={f"{values['module']}.py": code},
        examples=read_checks(EXAMPLES, **marks),
        checks=read_checks(CHECKS + more, **marks),
    )


def _wording(units: str) -> str:
    if units == "pounds and inches":
        return "703 times the weight divided by the square of the height"
    metres = " in metres" if "centimetres" in units else ""
    return f"the weight divided by the square of the height{metres}"


def _classes(bounds: list[float], names: tuple[str, ...], inclusive: bool) -> str:
    word = "up to and including" if inclusive else "below"
    parts = [
        f"{name!r} {word} {bound}" for bound, name in zip(bounds, names, strict=False)
    ]
    return f"{', '.join(parts)}, otherwise {names[-1]!r}"


def _people(
    light: tuple[float, float], heavy: tuple[float, float]
) -> dict[str, object]:
    return {
        "light": light,
        "heavy": heavy,
        "third": (round(heavy[0] * 1.2, 1), light[1]),
        "fourth": (round(light[0] * 0.7, 1), heavy[1]),
        "weight": light[0],
        "tall": light[1],
    }


def _about_middle(
    formula: str, height: float, bounds: list[float]
) -> dict[str, object]:
    """Return the weights of two people, of whom the heavier is a little farther from the middle."""
    square = height**2
    if formula.startswith("703"):
        square /= 703
    elif "100" in formula:
        square /= 100**2
    middle = (bounds[0] + bounds[1]) / 2
    return {
        "below_middle": round((middle - 2) * square, 1),
        "above_middle": round((middle + 2.6) * square, 1),
    }


FAMILY = Family("bmi-calculator", "easy", draft)
