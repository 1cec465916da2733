"""One run of code: what it sees, what it leaves, and how it ends."""

import sys

import pytest

from swe_sim.sandbox import Limits, run

PYTHON = (sys.executable, "-I", "-S", "-c")


@pytest.fixture(params=["namespaces", "landlock", "both"])
def layers(request):
    return ("namespaces", "landlock") if request.param == "both" else (request.param,)


def test_code_reads_its_tree_and_its_input_and_leaves_files(layers):
    code = (
        "import sys\n"
        "words = open('pack/words.txt').read() + sys.stdin.read()\n"
        "open('pack/new.txt', 'w').write(words.upper())\n"
        "print('out')\n"
        "print('err', file=sys.stderr)\n"
        "sys.exit(3)\n"
    )
    outcome = run(
        (*PYTHON, code),
        {"pack/words.txt": "é a "},
        layers=layers,
        stdin="b",
        writable=(".",),
    )
    assert outcome.status == 3
    assert outcome.stdout == "out\n"
    assert outcome.stderr == "err\n"
    assert outcome.ended_by is None
    assert outcome.files == {"pack/words.txt": "é a ", "pack/new.txt": "É A B"}


@pytest.mark.parametrize(
    ("code", "limits", "limit"),
    [
        ("while True: pass", Limits(wall=0.3), "wall"),
        ("while True: pass", Limits(cpu=0.2), "cpu"),
        ("x = bytearray(300_000_000); import time; time.sleep(9)",
         Limits(memory=100_000_000), "memory"),
        ("while True: print('x' * 1000)", Limits(output=5000), "output"),
    ],
)  # fmt: skip
def test_a_limit_ends_code_and_is_named(layers, code, limits, limit):
    outcome = run((*PYTHON, code), {}, limits, layers)
    assert outcome.ended_by == limit
    assert outcome.status != 0
    assert outcome.seconds < 8
    assert len(outcome.stdout) <= limits.output


def test_a_tree_is_read_only_but_for_what_is_listed(layers):
    code = (
        "for path in ('a.txt', 'b.txt', 'new.txt', 'c/d.txt', 'c/new.txt'):\n"
        "    try:\n"
        "        open(path, 'w').write('changed')\n"
        "    except OSError:\n"
        "        print(path)\n"
    )
    tree = {"a.txt": "", "b.txt": "", "c/d.txt": ""}
    outcome = run((*PYTHON, code), tree, layers=layers, writable=("b.txt", "c"))
    assert outcome.stdout.split() == ["a.txt", "new.txt"]
    assert outcome.files == {
        "a.txt": "",
        "b.txt": "changed",
        "c/d.txt": "changed",
        "c/new.txt": "changed",
    }
