"""Forged results: no code passes a hidden test but by solving it."""

import pytest

from swe_sim.judge import Judge
from swe_sim.judge.overlay import judged_tree
from swe_sim.sandbox import Limits
from tests.swe_sim.judge.forgeries import AT_IMPORT, IN_CALLS, IN_FILES

TESTS = {
    "test_add.py": '''
from pytest import approx, raises

import add as module
from add import add


def test_small():
    assert add(1, 2, 3) == 6
    assert not add(1, 2, 3) != 6


def test_large():
    assert 1000000 == add(999999, 1)
    assert add(999999, 1) in [1000000]


def test_negative():
    result = add(-1, -2)
    assert result == approx(-3) and result < 0
''',
}  # fmt: skip
EXPECTED = tuple(f"test_add.py::test_{name}" for name in ("small", "large", "negative"))
RIGHT = {"add.py": "def add(*values):\n    return sum(values)\n"}
NOTHING = {"add.py": "def add(*values):\n    return None\n"}


@pytest.fixture(scope="module")
def judge():
    limits = Limits(wall=15, memory=200_000_000)
    with Judge(limits=limits, patience=0.7) as judge:
        yield judge


@pytest.fixture(scope="module")
def patient_judge():
    """Return a judge for code that is right, and may be slow where the machine is busy."""
    limits = Limits(wall=120, memory=200_000_000)
    with Judge(limits=limits, patience=60) as judge:
        yield judge


def test_the_right_code_passes(patient_judge):
    verdict = patient_judge.rate(RIGHT, TESTS, expected=EXPECTED)
    assert verdict.rate == 1, verdict.why


@pytest.mark.parametrize("code", IN_CALLS.values(), ids=IN_CALLS)
def test_what_is_returned_is_not_believed(judge, code):
    verdict = judge.rate({"add.py": code}, TESTS, expected=EXPECTED)
    assert not any(verdict.tests.values()), verdict
    assert verdict.rate == 0
    assert set(verdict.tests) == set(EXPECTED)


@pytest.mark.parametrize("code", AT_IMPORT.values(), ids=AT_IMPORT)
def test_what_an_import_does_passes_nothing(judge, code):
    verdict = judge.rate({"add.py": code}, TESTS, expected=EXPECTED)
    assert verdict.rate == 0


@pytest.mark.parametrize("files", IN_FILES.values(), ids=IN_FILES)
def test_files_steer_nothing(judge, patient_judge, files):
    forged = judge.rate({**NOTHING, **files}, TESTS, expected=EXPECTED)
    assert forged.rate == 0
    # They do not hinder right code either.
    right = patient_judge.rate({**RIGHT, **files}, TESTS, expected=EXPECTED)
    assert right.rate == 1, right.why


STEERING = {name: files for name, files in IN_FILES.items() if name not in (
    "another library", "another pytest", "another judge", "a plug-in")}  # fmt: skip


@pytest.mark.parametrize("files", STEERING.values(), ids=STEERING)
def test_files_steer_nothing_in_one_process(judge, files):
    tree = {**NOTHING, **files}
    assert judge.rate(tree, TESTS, expected=EXPECTED, together=True).rate == 0


@pytest.mark.parametrize("name", ["the end of the process", "the end of the program"])
def test_an_early_end_passes_nothing_in_one_process(judge, name):
    for code in (IN_CALLS[name], AT_IMPORT[name]):
        tree = {"add.py": code}
        assert judge.rate(tree, TESTS, expected=EXPECTED, together=True).rate == 0


def test_tests_are_laid_over_the_tree():
    tree = {"a.py": "", "tests": "", "test_b.py/c.py": "", ".git/HEAD": "x"}
    tests = {"tests/test_a.py": "t", "test_b.py": "t"}
    assert judged_tree(tree, tests) == {"a.py": "", **tests}


LENT = {
    "spy.py": """
import gc

def evidence(function, thing):
    hosts = [one for one in gc.get_objects() if type(one).__name__ == 'Host']
    taken = []
    for number in range(2):
        for name in ('__globals__', '__class__', '__dict__', '__code__', '_hidden',
                     'gi_frame', 'f_back', 'cr_frame'):
            try:
                taken.append(repr(hosts[0].ask(number, 'getattr', (name,), {})))
            except BaseException as error:
                pass
        for act in ('__getattribute__', '__reduce__', 'setattr', '__setattr__'):
            try:
                taken.append(repr(hosts[0].ask(number, act, ('a',), {})))
            except BaseException:
                pass
    return taken
"""
}
LENDING = {
    "test_spy.py": """
from spy import evidence
class Thing:
    _hidden = 1
    def __init__(self):
        self.open = 2
def test_nothing_is_taken():
    assert evidence(lambda: None, Thing()) == []
"""
}


def test_code_gets_no_further_than_what_it_is_lent(judge):
    verdict = judge.rate(LENT, LENDING)
    assert verdict.tests == {"test_spy.py::test_nothing_is_taken": True}, verdict


HARMFUL = {
    "a loop": "while True: pass",
    "memory": "values = []\n    while True: values.append(bytearray(10_000_000))",
    "forks": "import os\n    while True:\n        try: os.fork()\n        except OSError: pass",
    "its end": "import os; os._exit(1)",
}


@pytest.mark.parametrize("body", HARMFUL.values(), ids=HARMFUL)
def test_one_bad_call_costs_one_test(judge, body):
    code = (
        "def add(*values):\n"
        "    if len(values) == 3:\n"
        "        harm()\n"
        "    return sum(values)\n"
        f"def harm():\n    {body}\n"
    )
    verdict = judge.rate({"add.py": code}, TESTS, expected=EXPECTED)
    assert list(verdict.tests.values()) == [False, True, True], verdict
