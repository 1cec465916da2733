"""Five hundred writes through code that only reads, as a reviewer or a tester runs it."""

import json
import sys
from pathlib import Path

import pytest

from swe_sim.sandbox import run
from swe_sim.sandbox.availability import available
from swe_sim.sandbox.claims import BOTH

PRODUCT = {
    **{f"shop/part_{number}.py": f"value = {number}\n" * 9 for number in range(8)},
    **{f"tests/test_{number}.py": "def test(): pass\n" for number in range(4)},
    "README.md": "words\n",
    "shop/.hidden": "words\n",
}
PATHS = (*PRODUCT, *(f"shop/new_{number}.py" for number in range(4)), "new.py", "n.cfg")
CODE = (Path(__file__).parent / "writes.py").read_text()


def attempt(layers, writable):
    argv = (sys.executable, "-I", "-S", "-c", CODE)
    outcome = run(
        argv, PRODUCT, layers=layers, stdin=json.dumps(PATHS), writable=writable
    )
    assert outcome.status == 0, outcome
    count, successes = json.loads(outcome.stdout)
    return count, successes, outcome.files


@pytest.mark.parametrize("layers", [BOTH, *((layer,) for layer in BOTH)], ids="+".join)
def test_no_write_changes_what_is_only_read(layers):
    if not set(layers) <= set(available()):
        pytest.skip(f"this kernel lacks {' or '.join(layers)}")
    count, successes, files = attempt(layers, ())
    assert count == 520
    assert successes == []
    assert files == PRODUCT


def test_the_same_writes_succeed_where_they_may():
    count, successes, files = attempt(BOTH, (".",))
    ways = {words.split()[0] for words in successes}
    assert len(ways) > 15
    assert files != PRODUCT
    assert count == 520


def test_what_may_be_written_opens_nothing_else():
    _, _, files = attempt(BOTH, ("shop",))
    outside = [path for path in PRODUCT if not path.startswith("shop/")]
    assert {path: files[path] for path in outside} == {
        path: PRODUCT[path] for path in outside
    }
    assert not [path for path in files if not path.startswith(("shop/", "tests/"))
                and path not in PRODUCT]  # fmt: skip
