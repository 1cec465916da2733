"""One run of code: what it sees, what it leaves, and how it ends."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from math import inf, nan
from pathlib import Path

import pytest

from shapley_coop.errors import ConfigError
from swe_sim.sandbox import Limits, availability, processes, run
from swe_sim.sandbox.program import shared_nursery
from swe_sim.sandbox.request import ask

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
        ("x = bytearray(300_000_000); import time; time.sleep(60)",
         Limits(memory=100_000_000), "memory"),
        ("while True: print('x' * 1000)", Limits(output=5000), "output"),
    ],
)  # fmt: skip
def test_a_limit_ends_code_and_is_named(layers, code, limits, limit):
    outcome = run((*PYTHON, code), {}, limits, layers)
    assert outcome.ended_by == limit
    assert outcome.status != 0
    assert outcome.seconds < 30
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


@pytest.mark.parametrize("path", ["/a", "../a", "a/../../b", "", ".", "a\0b"])
def test_a_path_outside_the_tree_is_refused(path):
    with pytest.raises(ConfigError, match="no path inside a tree"):
        run((*PYTHON, "pass"), {path: ""})


def test_what_cannot_be_run_is_refused():
    with pytest.raises(ConfigError, match="no command"):
        run((), {})
    with pytest.raises(ConfigError, match="unknown layer 'jail'; known: namespaces"):
        run((*PYTHON, "pass"), {}, layers=("jail",))
    with pytest.raises(ConfigError, match="needs a layer"):
        run((*PYTHON, "pass"), {}, layers=())
    with pytest.raises(ConfigError, match="not positive"):
        Limits(wall=0)
    missing = run(("no-such-program",), {})
    assert missing.status == 127
    assert "no-such-program" in missing.stderr


@pytest.mark.parametrize("word", ["", "a\ud800"])
def test_words_that_no_program_can_be_told_are_refused(word):
    with pytest.raises(ConfigError, match="no command"):
        run((word,), {})


def test_a_way_in_that_fails_at_its_end_is_no_success(layers):
    # Without the checks of `run`, as if something that nobody thought of went wrong.
    outcome = ask(("a\ud800",), {}, Limits(), layers)
    assert outcome.status == 127
    assert "a?" in outcome.stderr


@pytest.mark.parametrize(
    ("tree", "writable", "words"),
    [
        ({"a": "", "a/b": ""}, (), "'a' is a file and the folder of 'a/b'"),
        ({"a": ""}, ("a/b",), "'a' is a file and the folder of 'a/b'"),
        ({"x" * 300: ""}, (), "more than 255 bytes"),
        ({"\ud800": ""}, (), "no path inside a tree"),
    ],
)
def test_a_tree_that_no_disk_can_hold_is_refused(tree, writable, words):
    with pytest.raises(ConfigError, match=words) as error:
        run((*PYTHON, "pass"), tree, writable=writable)
    assert error.value.field == "tree"


def test_a_writable_path_may_end_like_a_folder():
    outcome = run((*PYTHON, "open('a', 'w').write('x')"), {}, writable=("a/",))
    assert outcome.files == {"a": "x"}


@pytest.mark.parametrize(
    "limit",
    [{"wall": inf}, {"wall": nan}, {"cpu": 1e30}, {"memory": 2**70}, {"disk": 1.5}],
)
def test_limits_that_the_kernel_cannot_be_told_are_refused(limit):
    with pytest.raises(ConfigError, match="is not positive; give"):
        Limits(**limit)


def test_a_folder_is_copied_and_stays_as_it_was(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"\xff\x00")
    (tmp_path / "link").symlink_to("/etc/passwd")
    code = (
        "import os; print(os.listdir('.'), open('a.bin', 'rb').read());"
        "open('a.bin', 'w').write('x')"
    )
    outcome = run((*PYTHON, code), tmp_path, writable=(".",))
    assert outcome.stdout == "['a.bin'] b'\\xff\\x00'\n"
    assert outcome.files == {"a.bin": "x"}
    assert (tmp_path / "a.bin").read_bytes() == b"\xff\x00"


def test_without_a_layer_that_holds_code_is_refused(monkeypatch):
    monkeypatch.setattr(availability, "_hindrance", lambda layer: "it is not there")
    with pytest.raises(ConfigError, match="namespaces: it is not there") as error:
        run((*PYTHON, "pass"), {})
    assert "user namespaces" in str(error.value)
    assert error.value.field == "unsafe"
    assert run((*PYTHON, "print(1)"), {}, unsafe=True).stdout == "1\n"


def test_a_nursery_that_was_killed_is_replaced():
    assert run((*PYTHON, "print(1)"), {}).stdout == "1\n"
    shared_nursery()._process.kill()
    shared_nursery()._process.wait()
    assert run((*PYTHON, "print(2)"), {}).stdout == "2\n"


def waiting_supervisors():
    nursery = shared_nursery()._process.pid
    return [process for process in processes.descendants(nursery) if is_alive(process)]


def is_alive(process):
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def until(holds):
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_one_supervisor_waits_and_is_replaced_if_it_was_killed():
    assert run((*PYTHON, "print(1)"), {}).stdout == "1\n"
    until(lambda: len(waiting_supervisors()) == 1)
    (spare,) = waiting_supervisors()
    os.kill(spare, signal.SIGKILL)
    until(lambda: not is_alive(spare))
    assert run((*PYTHON, "print(2)"), {}).stdout == "2\n"
    until(lambda: len(waiting_supervisors()) == 1)


@pytest.mark.parametrize("end", ["close", "kill"])
def test_no_supervisor_waits_any_longer_than_its_nursery_lives(end):
    nursery = shared_nursery()
    assert run((*PYTHON, "print(1)"), {}).stdout == "1\n"
    until(lambda: len(waiting_supervisors()) == 1)
    (spare,) = waiting_supervisors()
    if end == "close":
        nursery.close()
    else:
        nursery._process.kill()
        nursery._process.wait()
    until(lambda: not is_alive(spare))
    assert run((*PYTHON, "print(2)"), {}).stdout == "2\n"


def test_runs_of_several_threads_do_not_disturb_one_another():
    code = "import sys; print(sys.argv[1])"
    with ThreadPoolExecutor(6) as threads:
        outcomes = threads.map(
            lambda word: run((*PYTHON, code, str(word)), {}), range(12)
        )
        assert [outcome.stdout for outcome in outcomes] == [
            f"{word}\n" for word in range(12)
        ]


def test_children_are_found_without_a_list_of_the_kernel(monkeypatch):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1) as child:
        # Not all of them are compared, since those of other runs come and go.
        assert child.pid in processes.descendants(os.getpid())
        monkeypatch.setattr(processes, "_LISTS_CHILDREN", False)
        assert child.pid in processes.descendants(os.getpid())
        assert processes.descendants(child.pid) == []
        child.communicate(b"\n")
