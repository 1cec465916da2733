"""A store of keys whose values expire, with transactions and a little language."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill
from swe_sim.tasks.families.modules.store_checks import CHECKS, EXAMPLES

DATA = """
\"\"\"Keys and values that may expire.\"\"\"


class $table:
    def __init__(self):
        self.values = {}
        self.ends = {}
        self.now = 0

    def $wait(self, steps):
        if steps < 0:
            raise ValueError("time does not go back")
        self.now += steps
        for key in [k for k, end in self.ends.items() if end $over self.now]:
            del self.values[key]
            del self.ends[key]

    def $set(self, key, value, life=None):
        if life is not None and life < 1:
            raise ValueError("a life has at least one step")
        self.values[key] = value
        if life is not None:
            self.ends[key] = self.now + life
        $forget

    def get(self, key, default=None):
        return self.values.get(key, default)

    def $delete(self, key):
        if key not in self.values:
            raise KeyError(key)
        self.ends.pop(key, None)
        return self.values.pop(key)

    def $add(self, key, amount):
        value = self.values.get(key, $start)
        if not isinstance(value, int):
            raise ValueError("this is no number")
        self.values[key] = value + amount
        return value + amount

    def keys(self, prefix=""):
        return sorted(key for key in self.values if key.startswith(prefix))
"""
WORK = """
\"\"\"Transactions on a table.\"\"\"

from table import $table


class $store($table):
    def __init__(self):
        super().__init__()
        self.saved = []

    def $begin(self):
        if len(self.saved) >= $depth:
            raise ValueError("too many transactions")
        self.saved.append((dict(self.values), dict(self.ends)))
        return len(self.saved)

    def $commit(self):
        if not self.saved:
            raise ValueError("there is no transaction")
        $commit_line
        return len(self.saved)

    def $rollback(self):
        if not self.saved:
            raise ValueError("there is no transaction")
        self.values, self.ends = self.saved.pop()
        $late
        return len(self.saved)

    def changed(self):
        before = self.saved[-1][0] if self.saved else {}
        keys = set(before) | set(self.values)
        missing = object()
        return sorted(
            key
            for key in keys
            if before.get(key, missing) != self.values.get(key, missing)
        )
"""
LANGUAGE = """
\"\"\"Commands as lines of text.\"\"\"

from store import $store


def run(lines, store=None):
    store = store or $store()
    answers = []
    for line in lines:
        words = line.split()
        try:
            answers.append(_answer(store, words))
        except (KeyError, ValueError):
            answers.append("$error")
            $stop
    return answers


def _answer(store, words):
    if not words:
        return ""
    name, rest = words[0].$case(), words[1:]
    if name == "$SET" and len(rest) in (2, 3):
        store.$set(rest[0], _read(rest[1]), *[int(word) for word in rest[2:]])
        return "ok"
    if name == "GET" and len(rest) == 1:
        return str(store.get(rest[0], "$none"))
    if name == "ADD" and len(rest) == 2:
        return str(store.$add(rest[0], int(rest[1])))
    if name == "$DROP" and len(rest) == 1:
        return str(store.$delete(rest[0]))
    if name == "WAIT" and len(rest) == 1:
        store.$wait(int(rest[0]))
        return "ok"
    if name in ("BEGIN", "COMMIT", "ROLLBACK") and not rest:
        method = {"BEGIN": store.$begin, "COMMIT": store.$commit, "ROLLBACK": store.$rollback}
        return str(method[name]())
    raise ValueError("unknown command")


def _read(word):
    try:
        return int(word)
    except ValueError:
        return word
"""
SPEC = """
Write a store of keys in three files.

`table.py` has a class `$table()` in which time goes by in whole steps, beginning with 0:
- `$wait(steps)` lets time go by. Negative steps raise ValueError.
- `$set(key, value, life=None)` sets a key (a text). With a life of n steps the key is gone after
  $life_words. A life below 1 raises ValueError and changes nothing. $forget_words
- `get(key, default=None)` returns the value of a key, or the default. `values` is the dictionary of
  all keys and values that are there now.
- `$delete(key)` removes a key and returns its value. A key that is not there raises KeyError.
- `$add(key, amount)` adds to the whole number of a key and returns the sum, and leaves its life as
  it is. A key that is not there begins with $start. A value that is no whole number raises
  ValueError.
- `keys(prefix='')` returns by alphabet the keys that begin with the prefix.

`store.py` has a class `$store()`, which is such a table with transactions:
- `$begin()` begins a transaction in the one before, at most $depth deep, else ValueError is raised.
- `$commit()` $commit_words `$rollback()` ends the innermost one and brings back all keys, values
  and lives as they were at its beginning. $late_words Without a transaction both raise
  ValueError.
- All three return how many transactions are open then.
- `changed()` returns by alphabet the keys whose value is not the same as at the beginning of the
  innermost transaction, keys that came or went included. Without one it compares with nothing.

`language.py` has `run(lines, store=None)`, which runs commands on a store, a new one if None
is given,
and returns the list of the answers, one a line, each a text:
- '$SET key value' and '$SET key value life' answer 'ok'. A value that `int` can read is a number.
- 'GET key' answers the value, '$none' if the key is not there. 'ADD key amount' answers the sum.
- '$DROP key' deletes and answers the value. 'WAIT steps' answers 'ok'.
- 'BEGIN', 'COMMIT' and 'ROLLBACK' answer how many transactions are open.
- A line of blanks answers ''. $case_words Anything else, a wrong count of words, and what raises
  ValueError or KeyError answers '$error'. $stop_words
"""


def draft(draw: Draw) -> Draft:
    """Return a store with drawn rules of expiry, transactions and commands."""
    whole = draw.turn((True, False))
    inclusive = draw.one((True, False))
    forget = draw.one((True, False))
    late = draw.one((True, False))
    upper = draw.one((True, False))
    stop = draw.one((True, False))
    names = (
        ("table", ("Table", "Cells", "Memory")),
        ("store", ("Store", "Database", "Vault")),
        ("wait", ("wait", "tick", "sleep")),
        ("set", ("set", "put", "write")),
        ("delete", ("delete", "remove", "take")),
        ("add", ("add", "increase", "count_up")),
        ("begin", ("begin", "start", "open")),
        ("commit", ("commit", "keep", "finish")),
        ("rollback", ("rollback", "undo", "discard")),
        ("SET", ("SET", "PUT", "LET")),
        ("DROP", ("DROP", "DEL", "POP")),
        ("none", ("none", "-", "nil")),
        ("error", ("error", "?", "failed")),
    )
    values: dict[str, object] = {
        **{name: draw.one(options) for name, options in names},
        "over": "<=" if inclusive else "<",
        "forget": "else:\n            self.ends.pop(key, None)" if forget else "",
        "start": draw.one((0, 1, 100)),
        "depth": draw.whole(2, 4),
        "commit_line": "self.saved.clear()" if whole else "self.saved.pop()",
        "late": "self.$wait(0)" if late else "",
        "case": "upper" if upper else "strip",
        "stop": "break" if stop else "",
    }
    values["late"] = fill(str(values["late"]), **values).strip()
    words = {
        "life_words": "n steps" if inclusive else "n + 1 steps",
        "forget_words": (
            "Without a life the key lives for ever, also if it had a life before."
            if forget
            else "Without a life a key keeps the end that it has, or lives for ever if it has none."
        ),
        "commit_words": "ends all open transactions."
        if whole
        else "ends the innermost transaction.",
        "late_words": (
            "Keys whose life ended meanwhile are gone, as time does not go back."
            if late
            else "Keys whose life ended meanwhile are there until `"
            + f"{values['wait']}`"
            + " is "
            "called next."
        ),
        "case_words": "The first word may be written in any case." if upper else "",
        "stop_words": "It is the last answer, as the rest is not run." if stop else "",
    }
    return Draft(
        spec=fill(SPEC, **{**values, **words}),
        imports=(
            f"from language import run\nfrom store import {values['store']}\n"
            f"from table import {values['table']}"
        ),
        reference={
            "table.py": fill(DATA, **values),
            "store.py": fill(WORK, **values),
            "language.py": fill(LANGUAGE, **values),
        },
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS, **values),
    )


FAMILY = Family("key-store", "hard", draft)
