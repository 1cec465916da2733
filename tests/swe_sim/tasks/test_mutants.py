"""Faults by syntax: each kind does what it says, and the rest of the file stays."""

import ast

import numpy as np
import pytest

from shapley_coop.errors import ConfigError
from swe_sim.tasks import task
from swe_sim.tasks.mutants import KINDS, draw_mutants, mutants

PROGRAM = '''"""A docstring of 3 words."""


def f(a, b):  # a comment stays
    if a < b and b > 2:
        return g(a, b)
    for i in range(b):
        a = a + "x"[0]
    return a == True
'''


def lines_of(kind):
    made = mutants({"f.py": PROGRAM}, (kind,))
    return [one.tree["f.py"].split("\n")[one.line - 1].strip() for one in made]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("argument", ["return g(b, a)"]),
        ("branch", ["if False:"]),
        ("connective", ["if (a < b or b > 2):"]),
        ("constant", ["if a < b and b > 3:", 'a = a + "x"[1]']),
        ("edge", ["if (a <= b) and b > 2:", "if a < b and (b >= 2):"]),
        ("flag", ["return a == False"]),
        ("off-by-one", ["for i in range(b - 1):", "a = a + 'x'[0 + 1]"]),
        ("operator", ["a = (a - 'x'[0])"]),
        ("return", ["return None", "return None"]),
        ("word", ["a = a + 'xx'[0]"]),
    ],
)
def test_a_kind_of_fault(kind, expected):
    assert sorted(lines_of(kind)) == sorted(expected)


def test_faults_leave_all_but_one_line_alone():
    for one in mutants({"f.py": PROGRAM}):
        changed = one.tree["f.py"].split("\n")
        pairs = zip(PROGRAM.split("\n"), changed, strict=True)
        assert [n for n, (a, b) in enumerate(pairs, 1) if a != b] == [one.line]
        ast.parse(one.tree["f.py"])


def test_words_that_nobody_sees_are_no_place_for_a_fault():
    program = 'def f(x):\n    """Words."""\n    raise ValueError(f"no {x}: 3")\n'
    assert mutants({"f.py": program, "README.md": "x < 3"}) == []


def test_draws_repeat_and_mix_the_kinds():
    tree = task("drawing-canvas-0").solution
    drawn = draw_mutants(tree, 20, np.random.default_rng(3))
    assert drawn == draw_mutants(tree, 20, np.random.default_rng(3))
    assert len({(one.path, one.tree[one.path]) for one in drawn}) == 20
    assert {one.kind for one in drawn} == set(KINDS)


def test_what_cannot_be_changed_is_refused():
    with pytest.raises(ConfigError, match="unknown kinds"):
        mutants({}, ("typo",))
    with pytest.raises(ConfigError, match="no Python"):
        mutants({"f.py": "def"})
