"""A cache with a drawn rule of what has to leave, into which faults have been put."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill
from swe_sim.tasks.families.repairs.faults import Fault, with_faults

RULES = {
    "recent": (
        "self.used[0]",
        "the one that was used the longest time ago (putting and getting are uses)",
    ),
    "frequent": (
        "min(self.used, key=lambda key: self.uses[key])",
        "the one that was used least often since it came (putting and getting are uses), of "
        "several "
        "the one that was used the longest time ago",
    ),
    "heavy": (
        "max(self.used, key=lambda key: self.sizes[key])",
        "the largest one, of several the one that was used the longest time ago (putting and "
        "getting "
        "are uses)",
    ),
}
REFERENCE = """
\"\"\"A cache of values by key, with a bound on their sizes.\"\"\"


class $cache:
    def __init__(self, room):
        if room < 1:
            raise ValueError("a cache has room for something")
        self.room = room
        self.values = {}
        self.sizes = {}
        self.used = []
$make_uses        self.hits = 0
        self.misses = 0

    def _use(self, key):
        if key in self.used:
            self.used.remove(key)
        self.used.append(key)
$count_use
    def $put(self, key, value, size=1):
        if size < 1:
            raise ValueError("a size is at least 1")
        gone = []
        if key in self.values:
            self.$drop(key)
        if size > self.room:
            return $too_large
        while self.total() + size > self.room:
            victim = $victim
            self.$drop(victim)
            gone.append(victim)
        self.values[key] = value
        self.sizes[key] = size
        self._use(key)
        return gone

    def $get(self, key, default=None):
        if key not in self.values:
            self.misses += 1
            return default
        self.hits += 1
        self._use(key)
        return self.values[key]

    def $drop(self, key):
        if key not in self.values:
            return False
        del self.values[key]
        del self.sizes[key]
$drop_uses        self.used.remove(key)
        return True

    def total(self):
        return sum(self.sizes.values())

    def share(self):
        asked = self.hits + self.misses
        return 0 if asked == 0 else $percent
"""
COUNT_USE = """\
        self.uses[key] = self.uses.get(key, 0) + 1
"""
SPEC = """
`$module.py` keeps values by key as long as there is room. It has worked, but somebody changed it,
and now some of what follows no longer holds. Mend it.

- `$cache(room)` has room for sizes that add up to `room`. A room below 1 raises ValueError.
- `$put(key, value, size=1)` sets a key and returns the list of the keys that had to leave for
it, in
  the order in which they left. As long as there is not enough room, one key leaves: $victim_words.
  A key that is set again counts as new, and its old value takes no room and is not listed. A size
  below 1 raises ValueError and changes nothing. $too_large_words
- `$get(key, default=None)` returns the value of a key, or the default. `hits` counts how often
a key
  was there, `misses` how often not.
- `$drop(key)` removes a key and returns whether it was there. It is no use, no hit and no miss.
- `total()` returns the sum of the sizes of all keys, `share()` the share of hits in percent,
  $percent_words, and 0 if nothing was asked for.
- `values` is the dictionary of keys and values that are there.
"""
EXAMPLES = """
[first_uses]
cache = $cache(3)
cache.$put('a', 1)
cache.$get('a')
cache.total()
"""
CHECKS = """
cache = $cache(6)
cache.$put('a', 1, 2)
cache.$put('b', 2, 3)
cache.$put('c', 3)

[values 2]
cache.$get('a')
cache.$get('z') is None
cache.$get('z', 7)
cache.values
cache.total()

[leaving 2]
cache.$put('d', 4)
cache.$get('a')
cache.$put('e', 5)
cache.values
cache.total()

[used_keys 2]
cache.$get('a')
cache.$get('a')
cache.$get('b')
cache.$put('d', 4, 2)
cache.$get('c')
cache.$put('e', 5, 2)
cache.values

[many_leave]
cache.$put('d', 4, 5)
cache.values
cache.$put('e', 5, 6)
cache.values

[equal_sizes]
even = $cache(3)
[even.$put(key, key) for key in 'xyz']
even.$get('x')
even.$get('x')
even.$get('y')
even.$get('z')
even.$get('z')
even.$put('n', 0)
even.$get('x')
even.$put('m', 0)
sorted(even.values)

[set_again]
cache.$put('b', 9, 2)
cache.total()
cache.$put('c', 8, 2)
cache.values
cache.$put('a', 7, 3)
cache.values

[too_large]
cache.$put('d', 4, 7)
cache.values
cache.$put('a', 4, 7)
cache.values

[bad_sizes]
cache.$put('a', 5, 0)
cache.$put('a', 5, -1)
cache.values
$cache(0)
$cache(1).total()

[dropping]
cache.$drop('b')
cache.$drop('b')
cache.total()
cache.$put('d', 1, 3)
cache.hits + cache.misses

[shares]
cache.share()
cache.$get('a')
cache.share()
cache.$get('z')
cache.$get('y')
cache.share()
(cache.hits, cache.misses)
"""


def draft(draw: Draw) -> Draft:
    """Return a cache with a drawn rule, broken in one or two places."""
    victim, victim_words = RULES[draw.turn(tuple(RULES))]
    quiet = draw.one((True, False))
    whole = draw.one((True, False))
    values: dict[str, object] = {
        "module": draw.one(("cache", "memory", "pantry")),
        "cache": draw.one(("Cache", "Memory", "Pantry")),
        "put": draw.one(("put", "keep", "store")),
        "get": draw.one(("get", "fetch", "find")),
        "drop": draw.one(("drop", "forget", "discard")),
        "victim": victim,
        "too_large": "[key]" if quiet else "gone",
        "percent": "100 * self.hits // asked"
        if whole
        else "round(100 * self.hits / asked, 1)",
    }
    words = {
        "victim_words": victim_words,
        "too_large_words": (
            "What is larger than all the room is not set, and its own key is returned in the list; "
            "what was set for the key before is gone."
            if quiet
            else "What is larger than all the room is not set, and what was set for the key before "
            "is gone; the list is empty then."
        ),
        "percent_words": "rounded down to a whole number"
        if whole
        else "rounded to one decimal",
    }
    counts = "self.uses" in victim
    values["make_uses"] = "        self.uses = {}\n" if counts else ""
    values["count_use"] = COUNT_USE if counts else ""
    values["drop_uses"] = "        del self.uses[key]\n" if counts else ""
    program = fill(REFERENCE, **values)
    path = f"{values['module']}.py"
    return Draft(
        spec=fill(SPEC, **{**values, **words}),
        imports=f"from {values['module']} import {values['cache']}",
        files={path: with_faults(program, _faults(values), draw, draw.whole(1, 2))},
        reference={path: program},
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS, **values),
    )


def _faults(values: dict[str, object]) -> tuple[Fault, ...]:
    victim = str(values["victim"])
    return (
        Fault(
            "+ size > self.room:\n            victim",
            "+ size >= self.room:\n            victim",
        ),
        Fault(f"victim = {victim}", "victim = self.used[-1]"),
        Fault("self.hits += 1\n        self._use(key)", "self.hits += 1"),
        Fault("asked = self.hits + self.misses", "asked = self.misses"),
        Fault(
            "        if key in self.values:\n            self",
            "        if False:\n            self",
        ),
        Fault("return sum(self.sizes.values())", "return len(self.sizes)"),
        Fault("self.misses += 1\n            return", "return"),
        Fault("gone.append(victim)", "gone.insert(0, victim)"),
    )


FAMILY = Family("broken-cache", "medium", draft)
