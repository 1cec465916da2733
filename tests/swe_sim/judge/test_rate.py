"""Rates of trees by hidden tests."""

import pytest

from swe_sim.judge import Judge

TESTS = {
    "test_add.py": (
        "from add import add\n"
        "import pytest\n"
        "def test_one():\n"
        "    assert add(1, 2) == 3\n"
        "@pytest.mark.parametrize('n', [1, 2])\n"
        "def test_two(n):\n"
        "    assert add(n, n) == 4\n"
    )
}
EXPECTED = (
    "test_add.py::test_one",
    "test_add.py::test_two[1]",
    "test_add.py::test_two[2]",
)
ADD = "def add(a, b):\n    return a + b\n"


@pytest.fixture(scope="module")
def judge():
    with Judge() as judge:
        yield judge


def test_each_test_is_told_and_weighted(judge):
    verdict = judge.rate({"add.py": ADD}, TESTS, expected=EXPECTED)
    assert list(verdict.tests.values()) == [True, False, True]
    assert verdict.rate == pytest.approx(2 / 3)
    assert "assert 2 == 4" in verdict.why
    weights = {EXPECTED[0]: 3, "test_add.py": 1}
    weighted = judge.rate({"add.py": ADD}, TESTS, expected=EXPECTED, weights=weights)
    assert weighted.rate == pytest.approx(3.5 / 4)


def test_a_tree_is_tested_once():
    with Judge() as judge:
        first = judge.rate({"add.py": ADD}, TESTS, expected=EXPECTED)
        assert judge.rate({"add.py": ADD}, TESTS, expected=EXPECTED) == first
        assert (judge.asked, judge.ran) == (2, 1)


def test_what_does_not_report_fails(judge):
    verdict = judge.rate({}, TESTS, expected=EXPECTED)
    assert not any(verdict.tests.values())
    assert verdict.rate == 0


def test_a_failure_is_told_where_it_happened(judge):
    broken = {"add.py": "def add(a, b):\n    return a + c\n"}
    why = judge.rate(broken, TESTS, expected=EXPECTED[:1]).why
    assert "assert add(1, 2) == 3" in why
    assert "name 'c' is not defined" in why
    assert 'add.py", line 2, in add' in why
    assert "swe_sim" not in why
