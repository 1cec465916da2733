"""What a list of things to do may learn: its code, its words and its hidden checks."""

DUE = """
    def $late(self, day):
        late = [n for n in self.open() if $is_late]
        return sorted(late, key=lambda n: (self.entries[n]["due"], n))

    def $move(self, number, days):
        entry = self.entries[number]
        if entry["due"] is None:
            raise ValueError("nothing is due")
        entry["due"] = max($earliest, entry["due"] + days)
        return entry["due"]
"""
TAGS = """
    def $tagged(self, tag):
        return [n for n, entry in self.entries.items() if tag.lower() in entry["tags"]]

    def $tags(self):
        counts = {}
        for n in $counted:
            for tag in self.entries[n]["tags"]:
                counts[tag] = counts.get(tag, 0) + 1
        return counts
"""
STEPS = """
    def $free(self):
        return [
            n
            for n in self.open()
            if all(self.entries[other]["done"] for other in self.entries[n]["after"])
        ]

    def $chain(self, number):
        before = set()
        for other in self.entries[number]["after"]:
            before |= {other, *self.$chain(other)}
        return sorted(before)
"""
FEATURES: dict[str, dict[str, str]] = {
    "due": {
        "parameter": ", due=None",
        "refuse": (
            "        if due is not None and due < $earliest:\n"
            '            raise ValueError("this day is too early")\n'
        ),
        "field": ', "due": due',
        "before_finish": "",
        "suffix": (
            "{'' if entry['due'] is None else ' (day ' + str(entry['due']) + ')'}"
        ),
        "methods": DUE,
        "words": (
            "- `$add(text, due=None)` also takes the day on which it is due, a whole number. A day "
            "below $earliest raises ValueError.\n"
            "- `lines()` adds ' (day DUE)' to the line of everything that has such a day.\n"
            "- `$late(day)` returns the numbers of open entries that are due $late_words the day, "
            "the earliest first, and by number on one day.\n"
            "- `$move(number, days)` moves the day by some days, which may be negative, but never "
            "below $earliest, and returns the new day. An entry without a day raises "
            "ValueError, an "
            "unknown number KeyError."
        ),
        "checks": """
[due_days 2]
todo.$add('tax', 9)
todo.$add('rent', $earliest)
todo.lines()

[early_days]
todo.$add('past', $earliest - 1)
todo.$add('next', $earliest + 1)
len(todo.lines())

[late 2]
todo.$add('c', 9)
todo.$add('d', 7)
todo.$add('e', 7)
todo.$add('f', 8)
todo.$finish(5)
todo.$late(8)
todo.$late(9)
todo.$late(10)
todo.$late(7)
todo.$late(6)

[moving 2]
todo.$add('c', 9)
todo.$move(4, 3)
todo.$move(4, -2)
todo.$move(4, -90)
todo.lines()
todo.$move(1, 1)
todo.$move(77, 1)
""",
    },
    "tags": {
        "parameter": ", tags=()",
        "refuse": (
            '        if any(" " in tag or not tag for tag in tags):\n'
            '            raise ValueError("a tag is one word")\n'
        ),
        "field": ', "tags": sorted({tag.lower() for tag in tags})',
        "before_finish": "",
        "suffix": "{''.join(' $sign' + tag for tag in entry['tags'])}",
        "methods": TAGS,
        "words": (
            "- `$add(text, tags=())` also takes words that tag it. Case does not count: tags "
            "are kept "
            "in small letters, each once. An empty tag and one with a blank in it raise "
            "ValueError.\n"
            "- `lines()` adds ' $sign' and the tag to the line of an entry for each of its "
            "tags, by "
            "alphabet.\n"
            "- `$tagged(tag)` returns the numbers of all entries with the tag, in order. Case does "
            "not count.\n"
            "- `$tags()` returns a dictionary from tag to how many $counted_words entries have it, "
            "without tags that none has."
        ),
        "checks": """
[tags 2]
todo.$add('tax', ('Home', 'money'))
todo.$add('rent', ['money', 'MONEY', 'away'])
todo.lines()

[bad_tags]
todo.$add('x', ('a b',))
todo.$add('x', ('a', ''))
todo.$add('x', ())
len(todo.lines())

[with_a_tag 2]
todo.$add('tax', ('home', 'money'))
todo.$add('rent', ('money',))
todo.$tagged('money')
todo.$tagged('Home')
todo.$tagged('none')
todo.$finish(4)
todo.$tagged('money')

[counts 2]
todo.$tags()
todo.$add('tax', ('home', 'money'))
todo.$add('rent', ('Money',))
todo.$tags()
todo.$finish(4)
todo.$tags()
""",
    },
    "steps": {
        "parameter": ", after=()",
        "refuse": (
            "        if any(other not in self.entries for other in after):\n"
            '            raise KeyError("unknown entry")\n'
        ),
        "field": ', "after": sorted(set(after))',
        "before_finish": (
            '        if not all(self.entries[other]["done"] for other in entry["after"]):\n'
            "            $blocked\n"
        ),
        "suffix": "{' after ' + str(entry['after'])[1:-1] if entry['after'] else ''}",
        "methods": STEPS,
        "words": (
            "- `$add(text, after=())` also takes the numbers of entries that have to be done "
            "before. "
            "An unknown number raises KeyError, and nothing is added.\n"
            "- `$finish(number)` of an entry that still waits for another one $blocked_words\n"
            "- `lines()` adds ' after ' and those numbers, in rising order, each once, "
            "separated by "
            "', ', to the line of everything that has any.\n"
            "- `$free()` returns the numbers of open entries that wait for nothing open, in "
            "order.\n"
            "- `$chain(number)` returns in rising order the numbers of all entries that have to be "
            "done before, directly or through others. An unknown number raises KeyError."
        ),
        "checks": """
[steps 2]
todo.$add('tax', (1,))
todo.$add('rent', [3, 1, 3])
todo.lines()

[unknown_steps]
todo.$add('x', (1, 9))
todo.$add('x', (4,))
len(todo.lines())
todo.$chain(9)

[blocked 2]
todo.$add('tax', (2, 3))
todo.$finish(4)
todo.open()
todo.$finish(2)
todo.$finish(4)
todo.$finish(3)
todo.$finish(4)
todo.open()

[free 2]
todo.$add('tax', (1, 3))
todo.$add('rent', (4,))
todo.$free()
todo.$finish(1)
todo.$finish(3)
todo.$free()

[chains 2]
todo.$add('d', (1, 3))
todo.$add('e', (4,))
todo.$add('f', (5, 2))
todo.$chain(6)
todo.$chain(4)
todo.$chain(1)
""",
    },
}
