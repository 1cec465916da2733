"""Routes through a network of places, with drawn costs of roads, stops and changes."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill
from swe_sim.tasks.families.modules.routes_checks import CHECKS, EXAMPLES

COSTS = {
    "stops": (
        "cost + length + ($fee if line_before is not None else 0)",
        "the lengths of its roads, and $fee for each place in between",
    ),
    "changes": (
        "cost + length + ($fee if line_before not in (None, line) else 0)",
        "the lengths of its roads, and $fee for each place in between at which the line of the "
        "road before and that of the road after differ",
    ),
    "slow": (
        'cost + length * ($factor if line == "$slow" else 1)',
        "the lengths of its roads, where those of the line '$slow' count $factor times",
    ),
}
NETWORK = """
\"\"\"Networks of roads.\"\"\"


class $network:
    def __init__(self):
        self.roads = {}

    def $add(self, first, second, length, line="$main"):
        if length < 1 or first == second:
            raise ValueError("a road joins two places and has a length")
        self.roads.setdefault(first, []).append((second, length, line))
        $back

    def close(self, first, second):
        before = len(self.roads.get(first, []))
        self.roads[first] = [r for r in self.roads.get(first, []) if r[0] != second]
        $close_back
        return before - len(self.roads[first])

    def places(self):
        names = set(self.roads)
        for roads in self.roads.values():
            names.update(road[0] for road in roads)
        return sorted(names)
"""
SEARCH = """
\"\"\"Cheapest routes.\"\"\"

import heapq


def $cheapest(network, start, goal, avoid=()):
    if start not in network.places() or goal not in network.places():
        raise KeyError("unknown place")
    queue = [(0, [start], None)]
    done = set()
    while queue:
        cost, path, line_before = heapq.heappop(queue)
        here = path[-1]
        if here == goal:
            return (cost, path)
        if (here, line_before) in done:
            continue
        done.add((here, line_before))
        for there, length, line in network.roads.get(here, []):
            if there in avoid and there != goal:
                continue
            heapq.heappush(queue, ($cost, [*path, there], line))
    return None


def $reach(network, start, most):
    if start not in network.places():
        raise KeyError("unknown place")
    found = {}
    for place in network.places():
        route = $cheapest(network, start, place)
        if route is not None and route[0] $within most:
            found[place] = route[0]
    return found
"""
TRIPS = """
\"\"\"Trips over several places.\"\"\"

from search import $cheapest


def $trip(network, stops):
    if len(stops) < 2:
        raise ValueError("a trip has at least two stops")
    total = 0
    path = [stops[0]]
    for start, goal in zip(stops, stops[1:]):
        route = $cheapest(network, start, goal)
        if route is None:
            return None
        total += route[0]
        path += route[1][1:]
    return (total, path)


def $meeting(network, people):
    best = None
    for place in network.places():
        routes = [$cheapest(network, person, place) for person in people]
        if all(route is not None for route in routes):
            cost = $together(route[0] for route in routes)
            if best is None or cost < best[0]:
                best = (cost, place)
    return best
"""
SPEC = """
Write a planner of routes in three files.

`network.py` has a class `$network()`:
- `$add(first, second, length, line='$main')` adds a road $way_words, of a whole length, that
belongs
  to a line. A length below 1 and a road from a place to itself raise ValueError. Several roads may
  join the same places.
- `close(first, second)` removes all roads $close_words, and returns how many it
removed$close_count.
- `places()` returns all places by alphabet.

`search.py` has two functions:
- `$cheapest(network, start, goal, avoid=())` returns (cost, list of places from start to goal)
of the
  cheapest route, or None if there is none. The cost of a route is $cost_words. A place in `avoid`
  may be start or goal, but nothing in between. Of equally cheap routes the one whose list of places
  comes first in the order of Python's lists is returned. From a place to itself the cost is 0. A
  place that the network does not have raises KeyError.
- `$reach(network, start, most)` returns a dictionary from every place that can be reached at a cost
  $within_words `most` to that cost, the start itself too. An unknown start raises KeyError.

`trips.py` has two functions:
- `$trip(network, stops)` joins the cheapest routes from stop to stop and returns (cost, list of
  places), or None if one of them is missing. The cost is the sum of theirs, so that nothing is paid
  at the stops. Fewer than two stops raise ValueError.
- `$meeting(network, people)` takes a list of places where people are, and returns (cost, place) of
  the place with the smallest cost at which all can arrive, the first by alphabet of several, or
  None. Its cost is the $together_words of what people pay, each for the own route.
"""


def draft(draw: Draw) -> Draft:
    """Return a planner with drawn costs, directions and meetings."""
    cost, cost_words = COSTS[draw.turn(tuple(COSTS))]
    numbers = {
        "fee": draw.whole(1, 3),
        "factor": draw.whole(2, 3),
        "slow": draw.one(("path", "gravel", "ferry")),
    }
    both = draw.one((True, False))
    inclusive = draw.one((True, False))
    total = draw.one((True, False))
    names = (
        ("network", ("Network", "Roads", "Map")),
        ("add", ("add", "connect", "build")),
        ("cheapest", ("cheapest", "best_route", "route")),
        ("reach", ("reach", "within", "around")),
        ("trip", ("trip", "tour", "journey")),
        ("meeting", ("meeting", "meet", "gathering")),
        ("main", ("main", "grey", "local")),
    )
    values: dict[str, object] = {
        **{name: draw.one(options) for name, options in names},
        **numbers,
        "cost": fill(cost, **numbers).strip(),
        "within": "<=" if inclusive else "<",
        "together": "sum" if total else "max",
        "back": "",
        "close_back": "",
    }
    if values["cheapest"] == "route":
        values["cheapest"] = "cheapest_route"
    if both:
        values["back"] = (
            "self.roads.setdefault(second, []).append((first, length, line))"
        )
        values["close_back"] = (
            "self.roads[second] = [r for r in self.roads.get(second, []) if r[0] != first]"
        )
    words = {
        "cost_words": fill(cost_words, **numbers).strip(),
        "way_words": "that can be used both ways"
        if both
        else "from the first to the second",
        "close_words": "between the two" if both else "from the first to the second",
        "close_count": ", where one that can be used both ways counts once"
        if both
        else "",
        "within_words": "of at most" if inclusive else "below",
        "together_words": "sum" if total else "largest",
    }
    return Draft(
        spec=fill(SPEC, **{**values, **words}),
        imports=(
            "from network import {network}\nfrom search import {cheapest}, {reach}\n"
            "from trips import {meeting}, {trip}"
        ).format(**values),
        reference={
            "network.py": fill(NETWORK, **values),
            "search.py": fill(SEARCH, **values),
            "trips.py": fill(TRIPS, **values),
        },
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS, **values),
    )


FAMILY = Family("route-planner", "hard", draft)
