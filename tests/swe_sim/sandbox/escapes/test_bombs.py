"""Code that uses too much, or goes on for too long, and what it leaves behind."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

from swe_sim.sandbox import Limits, run
from swe_sim.sandbox.availability import available
from swe_sim.sandbox.claims import BOTH
from swe_sim.sandbox.supervisor import FOLDER
from tests.swe_sim.sandbox.escapes import bombs

LAYERS = [BOTH, *((layer,) for layer in BOTH)]
SMALL = Limits(
    wall=20,
    cpu=20,
    memory=80_000_000,
    processes=10,
    file_bytes=2_000_000,
    output=20_000,
    disk=8_000_000,
)


def fire(code, layers, limits=SMALL, *words):
    if not set(layers) <= set(available()):
        pytest.skip(f"this kernel lacks {' or '.join(layers)}")
    argv = (sys.executable, "-I", "-S", "-c", code, *words)
    return run(argv, {"a.txt": "a"}, limits, layers, writable=(".",))


def processes_with(word):
    """Return the processes of this machine that have a word among their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:
            continue
        if word.encode() in words.split(b"\0"):
            found.append(path)
    return found


@pytest.mark.parametrize("layers", LAYERS, ids="+".join)
@pytest.mark.parametrize(
    ("code", "most"),
    [
        (bombs.FORKS, SMALL.processes),
        (bombs.THREADS, SMALL.processes),
        (bombs.ONE_HUGE_FILE, SMALL.file_bytes),
        (bombs.OPEN_FILES, 256),
    ],
    ids=["forks", "threads", "a huge file", "open files"],
)
def test_what_a_limit_refuses_fails(layers, code, most):
    outcome = fire(code, layers)
    assert outcome.ended_by is None, outcome
    assert 0 < int(outcome.stdout) <= most


@pytest.mark.parametrize("layers", LAYERS, ids="+".join)
@pytest.mark.parametrize(
    ("code", "limit", "changes"),
    [
        (bombs.MEMORY, "memory", {}),
        (bombs.MEMORY_OF_MANY, "memory", {}),
        (bombs.OUTPUT, "output", {}),
        (bombs.OUTPUT_WITHOUT_END, "output", {}),
        (bombs.SLEEP, "wall", {"wall": 0.3}),
        (bombs.SILENT_END, "wall", {"wall": 0.3}),
        (bombs.SPIN, "cpu", {"cpu": 0.3}),
        (bombs.DEAF, "cpu", {"cpu": 0.3}),
        (bombs.SPIN_IN_CHILDREN, "cpu", {"cpu": 0.5}),
        (bombs.FORKS_OF_FORKS, "wall", {"wall": 0.5}),
        (bombs.HOPPING, None, {"wall": 0.5}),
        (bombs.STOP_THE_PARENT, "wall", {"wall": 0.5}),
    ],
    ids=[
        *("memory", "memory of many", "output", "output without end", "sleep"),
        *("silent end", "spin", "deaf", "spin in children", "forks of forks"),
        *("hopping", "stop the parent"),
    ],
)
def test_what_passes_a_limit_is_ended(layers, code, limit, changes):
    begin = time.monotonic()
    outcome = fire(code, layers, replace(SMALL, **changes))
    # All of them go on for half a minute and more if they are let.
    assert time.monotonic() - begin < 25
    if limit is not None:
        assert outcome.ended_by == limit
    assert len(outcome.stdout) + len(outcome.stderr) <= SMALL.output
    assert outcome.files == {"a.txt": "a"}


@pytest.mark.parametrize("layers", LAYERS, ids="+".join)
def test_many_files_fill_no_more_than_the_limit(layers):
    outcome = fire(bombs.MANY_FILES, layers)
    # With a file system of its own a write fails, and without one the run is ended.
    assert outcome.ended_by == "disk" or int(outcome.stdout) <= 8


@pytest.mark.parametrize("layers", LAYERS, ids="+".join)
def test_a_file_with_a_hole_is_bounded_too(layers):
    assert "made" not in fire(bombs.SPARSE_FILE, layers).stdout


@pytest.mark.parametrize("layers", LAYERS, ids="+".join)
def test_no_process_outlives_its_run(layers):
    word = f"outliving-{os.getpid()}-{time.monotonic_ns()}"
    outcome = fire(bombs.DAEMON, layers, SMALL, word)
    assert outcome.stdout == "gone\n"
    assert processes_with(word) == []


LEFT = """
import os
os.symlink('/etc/passwd', 'link')
os.symlink('..', 'up')
os.mkfifo('pipe')
os.mkdir('a' * 200)
os.makedirs('deep/' * 40)
os.link('a.txt', 'again.txt')
os.mkdir('closed')
open('closed/in', 'w').close()
open(b'\\xff', 'w').close()
open('new\\nline', 'w').write('n')
open('bytes', 'wb').write(b'\\xff\\xfe')
open('sparse', 'wb').truncate(1_900_000)
os.chmod('closed', 0)
"""


@pytest.mark.parametrize("layers", LAYERS, ids="+".join)
def test_odd_files_are_left_out(layers):
    outcome = fire(LEFT, layers)
    assert outcome.status == 0, outcome
    assert outcome.files["a.txt"] == outcome.files["again.txt"] == "a"
    assert outcome.files["new\nline"] == "n"
    assert not {"link", "up", "pipe", "bytes"} & set(outcome.files)
    assert any(words.startswith("bytes: ") for words in outcome.omissions)
    assert any(words.startswith("link: ") for words in outcome.omissions)


def test_nothing_is_left_on_the_disk():
    show = "import os; print(os.environ['HOME'], flush=True)\n"
    for code in (LEFT, bombs.FORKS_OF_FORKS, bombs.MANY_FILES):
        outcome = fire(show + code, ("landlock",), replace(SMALL, wall=0.5))
        folder = Path(outcome.stdout.split()[0]).parent
        assert folder.parent == Path(tempfile.gettempdir())
        assert folder.name.startswith(FOLDER)
        assert not folder.exists()


KILLED = """
import sys, threading, time
from swe_sim.sandbox import Limits, run
code = "import os, time; print(os.getcwd(), flush=True); time.sleep(60)"
words = (sys.executable, "-I", "-S", "-c", code, sys.argv[1])
run(words, {"a.txt": ""}, Limits(), (sys.argv[2],))
"""


@pytest.mark.parametrize("layer", BOTH)
def test_a_program_that_is_killed_leaves_nothing(layer):
    if layer not in available():
        pytest.skip(f"this kernel lacks {layer}")
    word = f"killed-{os.getpid()}-{time.monotonic_ns()}"
    argv = [sys.executable, "-c", KILLED, word, layer]
    with subprocess.Popen(argv, start_new_session=True) as program:
        _wait_for(lambda: _folders(word))
        folder = _folders(word)[0]
        program.kill()
    _wait_for(lambda: not processes_with(word))
    if layer == "landlock":
        _wait_for(lambda: not folder.parent.exists())


def _folders(word):
    """Return the trees in which processes with a word among their arguments work."""
    folders = [(path.parent / "cwd").readlink() for path in processes_with(word)]
    return [folder for folder in folders if folder.name == "tree"]


def _wait_for(condition):
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)
