"""What a filler of templates may learn: its code, its words and its hidden checks.

Here « and » stand for the signs around a place, which are drawn.
"""

from __future__ import annotations

from typing import NamedTuple


class Ability(NamedTuple):
    """Code that takes the place of the old function, and what is asked of it."""

    code: str
    words: str
    checks: str


FILTERS = Ability(
    """

def _apply(value, text):
    name, *arguments = text.split()
    if name == "$upper" and not arguments:
        return str(value).upper()
    if name == "$first" and len(arguments) == 1 and arguments[0].isdigit():
        return value[:int(arguments[0])]
    if name == "$join" and not arguments and isinstance(value, list):
        return "$comma".join(str(part) for part in value)
    if name == "size" and not arguments:
        return len(value)
    raise ValueError("unknown filter")


def _value(values, content):
    name, *filters = [part.strip() for part in content.split("$pipe")]
    default = None
    if filters and filters[0].startswith("else "):
        default = filters.pop(0)[5:].strip()
    try:
        value = lookup(values, name)
    except KeyError:
        if default is None:
            raise
        value = default
    for text in filters:
        if not text:
            raise ValueError("a filter is missing")
        value = _apply(value, text)
    return value


def $fill(template, values):
    result = ""
    for kind, content in $split(template):
        result += content if kind == "text" else str(_value(values, content))
    return result
""",
    "- A name may be followed by filters, each after a '$pipe', which change the value one "
    "after the "
    "other: '$upper' makes `str` of it upper case, '$first N' takes its first N characters "
    "or entries (N "
    "is written in digits), '$join' makes a text of a list by `str` of its entries with "
    "'$comma' in "
    "between, 'size' its length. Blanks around names and filters do not count.\n"
    "- The first filter may be 'else TEXT': the value is TEXT (without blanks at its ends) "
    "if the name is "
    "not there. At any other place it is unknown.\n"
    "- An unknown filter, a wrong number of words after it, '$first' without digits, '$join' "
    "of what is no "
    "list, and a '$pipe' without a filter raise ValueError.",
    """
[filters 2]
$fill('«name $pipe $upper»', values)
$fill('«name$pipe$first 2»', values)
$fill('«list $pipe $join».', values)
$fill('«list $pipe size» «name${pipe}size»', values)
$fill('«n $pipe $upper»', values)

[chains 2]
$fill('«list $pipe $first 2 $pipe $join $pipe $upper»', values)
$fill('«name $pipe $upper $pipe $first 1»', values)
$fill('«list $pipe $first 0 $pipe size»', values)

[defaults 2]
$fill('«nobody $pipe else some one »!', values)
$fill('«name $pipe else x»', values)
$fill('«nobody $pipe else some $pipe $upper $pipe $first 2»', values)
$fill('«nobody $pipe $upper»', values)

[bad_filters]
$fill('«name $pipe nothing»', values)
$fill('«name $pipe »', values)
$fill('«name $pipe $first»', values)
$fill('«name $pipe $first x»', values)
$fill('«name $pipe $first 1 2»', values)
$fill('«name $pipe $upper 1»', values)
$fill('«list $pipe $join 1»', values)
$fill('«name $pipe size 1»', values)
$fill('«name $pipe $join»', values)
$fill('«name $pipe $upper $pipe else x»', values)
""",
)
CONDITIONS = Ability(
    """

def _holds(values, words):
    if words[:1] == ["$NOT"]:
        return not _holds(values, words[1:])
    if len(words) != 1:
        raise ValueError("a condition is one name")
    try:
        return bool(lookup(values, words[0]))
    except KeyError:
        $missing


def $fill(template, values):
    result = ""
    stack = []
    for kind, content in $split(template):
        shown = all(open_now for open_now, _ in stack)
        words = content.split() if kind == "place" else []
        if words[:1] == ["$IF"]:
            holds = shown and _holds(values, words[1:])
            stack.append((holds, not holds))
        elif words == ["$ELSE"]:
            if not stack or stack[-1][1] is None:
                raise ValueError("nothing is open here")
            stack[-1] = (stack[-1][1], None)
        elif words == ["$END"]:
            if not stack:
                raise ValueError("nothing is open here")
            stack.pop()
        elif shown:
            result += content if kind == "text" else str(lookup(values, content))
    if stack:
        raise ValueError("something is still open")
    return result
""",
    "- What stands between '«$IF NAME»' and '«$END»' is left out if "
    "the value of "
    "the name is false for Python; $missing_words. '«$IF $NOT NAME»' asks for the "
    "opposite, "
    "and '$NOT' may come several times.\n"
    "- '«$ELSE»' in between begins what is shown in the other case, once.\n"
    "- Conditions may stand in one another. What is left out is not looked up, nor are the "
    "conditions in "
    "it.\n"
    "- A condition that is not one name, a second '$ELSE', an '$ELSE' or '$END' without "
    "'$IF', and an "
    "'$IF' without '$END' raise ValueError.",
    """
[conditions 2]
$fill('a«$IF n»b«$END»c', values)
$fill('a«$IF zero»b«$END»c', values)
$fill('«$IF none»b«$END»', values)
$fill('« $IF  in.a.0 »«name»«$END»', values)

[opposites 2]
$fill('«$IF $NOT zero»b«$END»', values)
$fill('«$IF $NOT n»b«$END»', values)
$fill('«$IF $NOT $NOT n»b«$END»', values)

[other_cases 2]
$fill('«$IF n»b«$ELSE»c«$END»d', values)
$fill('«$IF zero»b«$ELSE»c«$END»d', values)

[missing_names]
$fill('«$IF nobody»b«$END»c', values)
$fill('«$IF $NOT nobody»b«$END»c', values)

[inside 2]
$fill('«$IF n»1«$IF zero»2«$ELSE»3«$END»4«$END»', values)
$fill('«$IF zero»1«$IF n»2«$ELSE»3«$END»4«$END»5', values)
$fill('«$IF n»1«$ELSE»«$IF n»2«$END»«$END»', values)

[not_looked_up]
$fill('«$IF zero»«nobody»«$IF nobody.x»«$END»«$END»', values)
$fill('«$IF n»«nobody»«$END»', values)

[bad_conditions]
$fill('«$IF n»b', values)
$fill('«$END»', values)
$fill('«$ELSE»', values)
$fill('«$IF n»«$ELSE»«$ELSE»«$END»', values)
$fill('«$IF n name»«$END»', values)
$fill('«$IF»«$END»', values)
$fill('«$IF n»«$END»«$END»', values)
""",
)
LOOPS = Ability(
    """

def _end(parts, start):
    depth = 1
    for place in range(start, len(parts)):
        kind, content = parts[place]
        words = content.split() if kind == "place" else []
        if words[:1] == ["$FOR"]:
            depth += 1
        elif words == ["$END"]:
            depth -= 1
            if depth == 0:
                return place
    raise ValueError("a loop is not closed")


def _loop(parts, values, words):
    if len(words) != 4 or words[2] != "of":
        raise ValueError("a loop is written otherwise")
    entries = lookup(values, words[3])
    if isinstance(entries, dict):
        entries = sorted(entries)
    if not isinstance(entries, list):
        raise ValueError("a loop needs a list")
    result = ""
    for number, entry in enumerate(entries):
        inner = {**values, words[1]: entry, "$count": number + $base}
        inner["last"] = number == len(entries) - 1
        result += _fill(parts, inner)
    return result


def _fill(parts, values):
    result = ""
    place = 0
    while place < len(parts):
        kind, content = parts[place]
        words = content.split() if kind == "place" else []
        if kind == "text":
            result += content
        elif words[:1] == ["$FOR"]:
            end = _end(parts, place + 1)
            result += _loop(parts[place + 1:end], values, words)
            place = end
        elif words == ["$END"]:
            raise ValueError("nothing is open here")
        else:
            result += str(lookup(values, content))
        place += 1
    return result


def $fill(template, values):
    return _fill($split(template), values)
""",
    "- What stands between '«$FOR X of NAME»' and '«$END»' is repeated "
    "for each "
    "entry of the list that has the name, with the entry as X. For a dictionary it is "
    "repeated for its "
    "keys in sorted order.\n"
    "- In the loop '$count' is the number of the entry, counted from $base, and 'last' "
    "whether it is the "
    "last one. X, '$count' and 'last' hide values of these names, in the loop only.\n"
    "- Loops may stand in one another. What stands in a loop over nothing is not looked up.\n"
    "- A value that is neither list nor dictionary, a loop that is written in another form, "
    "a loop without "
    "'$END' and an '$END' without a loop raise ValueError. A name that is not there raises "
    "KeyError.",
    """
[loops 2]
$fill('a«$FOR x of list»<«x»>«$END»b', values)
$fill('«$FOR p of people»«p.name» «p.ok»;«$END»', values)
$fill('« $FOR  x  of in.a ».« $END »', values)

[numbers 2]
$fill('«$FOR x of list»«$count»«x»«last» «$END»', values)

[dictionaries]
$fill('«$FOR k of in»«k»«$END»', values)
$fill('«$FOR k of t»«k»,«$END»', {'t': {'b': 1, 'a': 2, 'c': 3}})

[inside 2]
inner = '«$FOR x of list»«x»«$count»«$END»'
$fill('«$FOR p of people»«p.name»:' + inner + ' «$count»;«$END»', values)
deep = {'list': [{'y': [1, 2]}, {'y': [3]}]}
$fill('«$FOR x of list»«$FOR x of x.y»«x»«$END»«$END»', deep)

[hidden_names]
$fill('«$FOR name of list»«name»«$END»«name»', values)
$fill('«$FOR x of list»«$END»«x»', values)

[loops_over_nothing]
$fill('a«$FOR x of none»«nobody»«$END»b', values)

[bad_loops]
$fill('«$FOR x of list»', values)
$fill('«$END»', values)
$fill('«$FOR x of list»«$END»«$END»', values)
$fill('«$FOR x in list»«$END»', values)
$fill('«$FOR x of list now»«$END»', values)
$fill('«$FOR x»«$END»', values)
$fill('«$FOR x of n»«$END»', values)
$fill('«$FOR x of name»«$END»', values)
$fill('«$FOR x of nobody»«$END»', values)
""",
)
FEATURES = {"filters": FILTERS, "conditions": CONDITIONS, "loops": LOOPS}
