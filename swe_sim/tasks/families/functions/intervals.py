"""Opening hours, bookings or trips as intervals: merged, free between, and how busy."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill

FURTHER = {
    "busiest": (
        """
def busiest(spans):
    best = 0
    for start, _ in spans:
        count = sum(1 for low, high in spans if low <= start and $covers)
        best = max(best, count)
    return best
""",
        "`busiest(spans)` returns how many spans at most hold the same point, 0 if there are none.",
        """
[busiest 2]
busiest([(1, 4), (2, 6), (3, 5), (7, 9)])
busiest([(1, 4), (1, 4), (1, 2)])
busiest([(5, 9), (1, 5)])

[nobody_busy]
busiest([])
""",
    ),
    "split": (
        """
def split(spans, point):
    before, after = [], []
    for low, high in $merge(spans):
        if low < point:
            before.append((low, min(high, point)))
        if high > point:
            after.append((max(low, point), high))
    return before, after
""",
        "`split(spans, point)` merges the spans as `$merge` does and returns a list of what lies "
        "below the point and a list of what lies above it. A span over the point is cut there.",
        """
[splitting 2]
split([(1, 4), (6, 9), (2, 5)], 3)
split([(1, 4), (6, 9)], 5)
split([(1, 4)], 4)
split([(1, 4)], 1)

[splitting_nothing]
split([], 3)
""",
    ),
    "common": (
        """
def common(first, second):
    shared = []
    for low, high in $merge(first):
        for start, end in $merge(second):
            if max(low, start) < min(high, end):
                shared.append((max(low, start), min(high, end)))
    return sorted(shared)
""",
        "`common(first, second)` returns in rising order the parts of positive length that the "
        "merged spans of two lists share.",
        """
[common_parts 2]
common([(1, 5), (8, 12)], [(3, 9), (11, 20)])
common([(1, 3)], [(3, 6)])
common([(1, 9)], [(2, 3), (4, 5)])
common([(4, 5), (1, 2)], [(0, 9)])

[nothing_common]
common([], [(1, 2)])
common([(1, 2)], [])
""",
    ),
}
REFERENCE = """
\"\"\"Spans of whole numbers.\"\"\"


def $merge(spans):
    for low, high in spans:
        if low $backward high:
            raise ValueError("a span ends before it begins")
    merged = []
    for low, high in sorted(spans):
        if merged and low $touch merged[-1][1]$gap:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def $total(spans):
    return sum(high - low$inside for low, high in $merge(spans))


def $free(spans, start, end):
    gaps = []
    here = start
    for low, high in $merge(spans):
        if low >= end:
            break
        if low - here >= $least:
            gaps.append((here, low))
        here = max(here, high)
    if end - here >= $least:
        gaps.append((here, end))
    return gaps


$further
"""
SPEC = """
Write `$module.py` for spans: pairs (low, high) of whole numbers, in lists of any order.

- `$merge(spans)` returns the spans in rising order, with those joined that $touch_words. A span
  with $backward_words raises ValueError.
- `$total(spans)` returns the length of all merged spans together; the length of a span is
  $length_words.
- `$free(spans, start, end)` returns in rising order the parts of (start, end) that no merged span
  holds, as pairs from the end of one span (or `start`) to the start of the next (or `end`). Parts
  shorter than $least (high minus low) are left out.
- $further
"""
EXAMPLES = """
[two_spans]
$merge([(4, 6), (1, 5)])
$total([(1, 3)])
"""
CHECKS = """
[merging 2]
$merge([(1, 3), (2, 6), (9, 11)])
$merge([(9, 11), (1, 10), (2, 3)])
$merge([(1, 9), (2, 3), (4, 5)])

[touching 2]
$merge([(1, 3), (3, 5)])
$merge([(1, 3), (4, 6)])
$merge([(1, 3), (5, 6)])

[odd_spans]
$merge([(4, 2)])
$merge([(3, 3)])
$merge([(1, 2), (5, 4)])

[nothing]
$merge([])
$total([])
$free([], 2, 9)
$free([], 4, 4)

[totals]
$total([(1, 4), (6, 9)])
$total([(1, 4), (2, 9), (12, 13)])

[gaps 2]
$free([(2, 5), (9, 12)], 0, 20)
$free([(2, 5), (4, 8)], 2, 30)
$free([(0, 3), (15, 40)], 0, 20)

[gaps_at_the_ends]
$free([(1, 8)], 2, 6)
$free([(30, 40)], 2, 16)
$free([(-9, -3)], 0, 16)
$free([(4, 9), (16, 18)], 0, 16)

[small_gaps]
$free([(1, 4), (5, 9), (11, 13), (16, 20), (24, 30)], 0, 31)
$free([(2, 5)], 0, 7)
$free([(0, 5)], 0, 5 + $least)
$free([(0, 5)], 0, 4 + $least)
"""


def draft(draw: Draw) -> Draft:
    """Return functions of spans with drawn rules of touching, length and gaps."""
    name, (further, sentence, more) = draw.turn(tuple(FURTHER.items()))
    joining = draw.one(("overlap", "touch", "neighbours"))
    empty_allowed = draw.one((True, False))
    inclusive = draw.one((True, False))
    touch, gap, touch_words = {
        "overlap": ("<", "", "overlap (spans that only touch stay apart)"),
        "touch": ("<=", "", "overlap or touch"),
        "neighbours": (
            "<=",
            " + 1",
            "overlap, touch, or leave no whole number between them",
        ),
    }[joining]
    values: dict[str, object] = {
        "module": draw.one(("spans", "intervals", "bookings")),
        "merge": draw.one(("merge", "join_spans", "union")),
        "total": draw.one(("total", "length", "cover")),
        "free": draw.one(("free", "gaps", "holes")),
        "backward": ">" if empty_allowed else ">=",
        "touch": touch,
        "gap": gap,
        "inside": " + 1" if inclusive else "",
        "covers": "start <= high" if inclusive else "start < high",
        "least": draw.whole(1, 3),
    }
    words = {
        "touch_words": touch_words,
        "backward_words": (
            "a high end below its low one"
            if empty_allowed
            else "a high end not above its low one"
        ),
        "length_words": (
            "high - low + 1, as both ends belong to it"
            if inclusive
            else "high - low, as its high end does not belong to it"
        ),
    }
    more_values = {**values, "further": fill(further, **values)}
    return Draft(
        spec=fill(SPEC, **{**values, **words, "further": fill(sentence, **values)}),
        imports=(
            f"from {values['module']} import {name}, {values['free']}, {values['merge']}, "
            f"{values['total']}"
        ),
        reference={f"{values['module']}.py": fill(REFERENCE, **more_values)},
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS + more, **values),
    )


FAMILY = Family("number-spans", "medium", draft)
