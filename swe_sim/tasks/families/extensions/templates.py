"""A filler of templates that is to learn filters, conditions or loops."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill
from swe_sim.tasks.families.extensions.template_features import FEATURES

PARTS = """
\"\"\"Templates as lists of parts.\"\"\"


def $split(template):
    parts = []
    rest = template
    while "$open" in rest:
        text, _, rest = rest.partition("$open")
        if "$close" not in rest:
            raise ValueError("a place is not closed")
        inside, _, rest = rest.partition("$close")
        if text:
            parts.append(("text", text))
        parts.append(("place", inside.strip()))
    if rest:
        parts.append(("text", rest))
    return parts
"""
PROGRAM = """
\"\"\"Filling templates.\"\"\"

from parts import $split


def lookup(values, name):
    here = values
    for step in name.split("."):
        if isinstance(here, list) and step.isdigit() and int(step) < len(here):
            here = here[int(step)]
        elif isinstance(here, dict) and step in here:
            here = here[step]
        else:
            raise KeyError(name)
    return here
"""
OLD_FILL = """

def $fill(template, values):
    result = ""
    for kind, content in $split(template):
        result += content if kind == "text" else str(lookup(values, content))
    return result
"""
SPEC = """
`parts.py` and `filling.py` fill templates:
- `$split(template)` returns a list of the parts of a template: ('text', TEXT), and ('place',
NAME) for
  '«NAME»', where blanks around the name do not count. A place that is not closed raises
  ValueError.
- `lookup(values, name)` returns a value of a dictionary by a name such as 'a.b.0', where the
parts are
  keys of dictionaries and indices of lists. What is not there raises KeyError.
- `$fill(template, values)` returns the template with `str` of its value at every place.

All that works and has to go on working. Extend `filling.py`:
$words
"""
EXAMPLES = """
[old_ways]
$fill('dear «name»', {'name': 'ann'})
"""
CHECKS = """
values = {'name': 'ann', 'n': 3, 'zero': 0, 'none': []}
values['list'] = ['x', 'yy', 'z']
values['in'] = {'a': [5, {'b': 6}]}
values['people'] = [{'name': 'bob', 'ok': True}, {'name': 'cid', 'ok': False}]

[old_ways 2]
$fill('', values)
$fill('plain', values)
$fill('«name»« n »!', values)
$fill('«in.a.1.b»-«list.2»', values)
$fill('»', values)
$fill('$open'[0] + 'x' + '$close'[0], values)
$fill('«name» ' + '$open'[0], values)

[old_errors]
$fill('«name', values)
$fill('«nobody»', values)
$fill('«list.3»', values)
$fill('«name.x»', values)
$fill('«name.ann»', values)
$fill('«name'+ '$close'[0], values)
$split('a « b »')
"""


def draft(draw: Draw) -> Draft:
    """Return a filler of templates with a drawn feature that is missing."""
    feature = FEATURES[draw.turn(tuple(FEATURES))]
    opening, closing = draw.one((("{{", "}}"), ("<%", "%>"), ("[[", "]]")))
    lenient = draw.one((True, False))
    names = (
        ("split", ("split", "parts_of", "scan")),
        ("fill", ("fill", "render", "complete")),
        ("pipe", ("|", ">", "~")),
        ("upper", ("upper", "loud", "caps")),
        ("first", ("first", "head", "start")),
        ("join", ("join", "list", "together")),
        ("IF", ("if", "when", "given")),
        ("ELSE", ("else", "otherwise")),
        ("END", ("end", "done", "stop")),
        ("NOT", ("not", "no")),
        ("FOR", ("for", "each", "every")),
        ("count", ("number", "index", "nr")),
    )
    values: dict[str, object] = {
        **{name: draw.one(options) for name, options in names},
        "open": opening,
        "close": closing,
        "comma": draw.one((", ", "/", " + ")),
        "base": draw.one((0, 1)),
        "missing": "return False" if lenient else "raise",
        "missing_words": (
            "a name that is not there counts as False"
            if lenient
            else "a name that is not there raises KeyError"
        ),
    }
    return Draft(
        spec=fill(
            _signs(SPEC), **{**values, "words": fill(_signs(feature.words), **values)}
        ),
        imports=fill(
            "from filling import $fill\nfrom parts import $split", **values
        ).strip(),
        files={
            "parts.py": fill(PARTS, **values),
            "filling.py": fill(PROGRAM + OLD_FILL, **values),
        },
        reference={"filling.py": fill(PROGRAM + feature.code, **values)},
        examples=read_checks(_signs(EXAMPLES), **values),
        checks=read_checks(_signs(CHECKS + feature.checks), **values),
    )


def _signs(text: str) -> str:
    """Return the text with the drawn signs of a place for « and »."""
    return text.replace("«", "${open}").replace("»", "${close}")


FAMILY = Family("template-extension", "hard", draft)
