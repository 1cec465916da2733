"""A list of things to do that is to learn one more thing: due days, tags, or steps that wait."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill
from swe_sim.tasks.families.extensions.todo_features import FEATURES

PROGRAM = """
\"\"\"Things to do.\"\"\"


class $todo:
    def __init__(self):
        self.entries = {}
        self.number = 0

    def $add(self, text$parameter):
        if not text.strip():
            raise ValueError("there is nothing to do")
$refuse        self.number += 1
        self.entries[self.number] = {"text": text.strip(), "done": False$field}
        return self.number

    def $finish(self, number):
        entry = self.entries[number]
        if entry["done"]:
            return False
$before_finish        entry["done"] = True
        return True

    def open(self):
        return [n for n, entry in self.entries.items() if not entry["done"]]

    def lines(self):
        return [
            f"{n}$mark [{'x' if entry['done'] else ' '}] {entry['text']}$suffix"
            for n, entry in self.entries.items()
        ]
$methods"""
SPEC = """
`$module.py` has a class `$todo`, a list of things to do:
- `$add(text)` adds an entry and returns its number, counted from 1. A text of blanks raises
  ValueError. Blanks at the ends of a text do not count.
- `$finish(number)` marks an entry as done and returns True, or False if it is done already. An
  unknown number raises KeyError.
- `open()` returns the numbers that are not done, in order.
- `lines()` returns for each entry a line 'NUMBER$mark [ ] TEXT', with an x for the blank if it is
  done.

All that works and has to go on working. Extend it:
$words
"""
EXAMPLES = """
[old_ways]
todo = $todo()
todo.$add('shop')
todo.lines()
"""
CHECKS = """
todo = $todo()
todo.$add(' shop ')
todo.$add('cook')
todo.$add('wash')

[old_ways 2]
todo.$finish(2)
todo.$finish(2)
todo.open()
todo.lines()

[old_errors]
todo.$add('  ')
todo.$finish(9)
todo.open()
"""


def draft(draw: Draw) -> Draft:
    """Return a list of things to do with a drawn feature that is missing."""
    feature = FEATURES[draw.turn(tuple(FEATURES))]
    strictly = draw.one((True, False))
    all_counted = draw.one((True, False))
    raising = draw.one((True, False))
    names = (
        ("todo", ("Todo", "Plan", "Chores")),
        ("add", ("add", "note", "enter")),
        ("finish", ("finish", "tick", "close")),
        ("late", ("late", "overdue", "pressing")),
        ("move", ("move", "postpone", "shift")),
        ("tagged", ("tagged", "with_tag", "about")),
        ("tags", ("tags", "tag_counts", "topics")),
        ("free", ("free", "possible", "unlocked")),
        ("chain", ("chain", "before", "all_before")),
    )
    values: dict[str, object] = {
        **{name: draw.one(options) for name, options in names},
        "module": draw.one(("todo", "plan", "chores")),
        "mark": draw.one((".", ")", ":")),
        "sign": draw.one(("@", "+", "&")),
        "earliest": draw.whole(1, 4),
        "is_late": (
            'self.entries[n]["due"] is not None and self.entries[n]["due"] '
            + ("< day" if strictly else "<= day")
        ),
        "counted": "self.entries" if all_counted else "self.open()",
        "blocked": 'raise ValueError("something comes before")'
        if raising
        else "return False",
        "late_words": "before" if strictly else "on or before",
        "counted_words": "open or done" if all_counted else "open",
        "blocked_words": (
            "raises ValueError and changes nothing."
            if raising
            else "returns False and changes nothing."
        ),
    }
    parts = ("parameter", "refuse", "field", "before_finish", "suffix", "methods")
    made = {part: fill(feature[part], **values).strip("\n") for part in parts}
    for part in ("refuse", "before_finish"):
        made[part] += "\n" if made[part] else ""
    made["methods"] = f"\n{made['methods']}\n"
    path = f"{values['module']}.py"
    nothing = dict.fromkeys(parts, "")
    return Draft(
        spec=fill(SPEC, **{**values, "words": fill(feature["words"], **values)}),
        imports=f"from {values['module']} import {values['todo']}",
        files={path: fill(PROGRAM, **{**values, **nothing})},
        reference={path: fill(PROGRAM, **{**values, **made})},
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS + feature["checks"], **values),
    )


FAMILY = Family("todo-extension", "easy", draft)
