"""A judge with one layer alone: it judges as with both."""

import pytest

from swe_sim.judge import Judge
from swe_sim.sandbox.availability import available
from swe_sim.sandbox.claims import BOTH
from tests.swe_sim.judge.forgeries import AT_IMPORT, IN_CALLS, IN_FILES
from tests.swe_sim.judge.test_behaviours import CODE
from tests.swe_sim.judge.test_behaviours import TESTS as BEHAVIOURS
from tests.swe_sim.judge.test_forgeries import EXPECTED, NOTHING, TESTS

FORGERIES = {
    **{name: {"add.py": code} for name, code in AT_IMPORT.items()},
    **{
        name: {"add.py": IN_CALLS[name]}
        for name in (
            "an object that always agrees",
            "the end of the process",
            "a call that counts in a file",
            "the tests' files",
            "reports on every open file",
        )
    },
    "conftest": {**NOTHING, **IN_FILES["conftest"]},
}


@pytest.fixture(scope="module", params=BOTH)
def judge(request):
    if request.param not in available():
        pytest.skip(f"this kernel lacks {request.param}")
    with Judge(layers=(request.param,)) as judge:
        yield judge


def test_right_code_passes(judge):
    verdict = judge.rate(CODE, BEHAVIOURS)
    assert verdict.rate == 1, verdict.why


@pytest.mark.parametrize("tree", FORGERIES.values(), ids=FORGERIES)
def test_forgeries_fail(judge, tree):
    assert judge.rate(tree, TESTS, expected=EXPECTED).rate == 0
