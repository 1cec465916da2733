"""Tasks that users bring: the shapes of four benchmarks, and references that fail are refused."""

import difflib
import json

import pytest

from shapley_coop.errors import ConfigError
from swe_sim.tasks import load, task
from swe_sim.team.game import SoftwareTeam

HUMANEVAL = {
    "task_id": "Own/0",
    "prompt": 'def double(x):\n    """Return twice x."""\n',
    "entry_point": "double",
    "canonical_solution": "    return 2 * x\n",
    "test": (
        "METADATA = {'author': 'me'}\n\n\ndef check(candidate):\n"
        "    assert True, 'a sentence'\n    assert candidate(2) == 4\n"
        "    big = 10 ** 6\n    assert candidate(big) == 2 * big\n"
        "    for x in range(3):\n        assert candidate(x) == x + x\n"
    ),
}
MBPP = {
    "task_id": 7,
    "text": "Write a function that adds one.",
    "code": "def add_one(x):\r\n    return x + 1\r\n",
    "test_setup_code": "import math",
    "test_list": ["assert add_one(1) == 2", "assert add_one(math.floor(2.5)) == 3"],
}
BASE = "def f(x):\n    return x\n"
BOTH = "def f(x):\n    return x\n\n\ndef g(x):\n    return -x\n\n\ndef h(x):\n    return x * x\n"


def rows(tmp_path, *given):
    path = tmp_path / "own.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in given), encoding="utf-8")
    return path


def diff_of(path, old, new):
    name = "/dev/null" if old == "" else f"a/{path}"
    lines = difflib.unified_diff(
        old.splitlines(True), new.splitlines(True), name, f"b/{path}"
    )
    return "".join(lines)


def test_humaneval_rows_have_a_test_for_each_assertion(tmp_path):
    path = rows(tmp_path, HUMANEVAL)
    (made,) = load(path)
    assert made.id == f"{path}::Own/0"
    assert "Return twice x." in made.spec
    assert made.reference == {
        "solution.py": HUMANEVAL["prompt"] + HUMANEVAL["canonical_solution"]
    }
    assert [node.partition("::")[2] for node in made.expected] == [
        "test_1",
        "test_2",
        "test_3",
    ]


def test_mbpp_rows_show_their_first_assertion(tmp_path):
    (made,) = load(rows(tmp_path, MBPP))
    assert len(made.expected) == 2
    assert "add_one(1) == 2" in next(iter(made.examples.values()))
    assert "add_one(1) == 2" in made.spec
    assert "math.floor" not in made.spec
    assert "\r" not in made.reference["solution.py"]


def test_a_task_of_a_file_is_played_by_its_id(tmp_path):
    path = rows(tmp_path, HUMANEVAL, MBPP)
    made = task(f"{path}::7")
    assert made.family == "own"
    game = SoftwareTeam(task=made.id)
    assert game.task == made
    assert "write:solution.py" in game.actions
    with pytest.raises(ConfigError, match="unknown task 'Own/1'"):
        task(f"{path}::Own/1")


@pytest.fixture
def pairs(tmp_path):
    folder = tmp_path / "own_task"
    (folder / "repo").mkdir(parents=True)
    (folder / "repo" / "lib.py").write_text(BASE)
    (folder / "repo" / "picture.bin").write_bytes(b"\xff\x00")
    for number, name in ((1, "g"), (2, "h")):
        feature = folder / f"feature{number}"
        feature.mkdir()
        (feature / "feature.md").write_text(f"Add {name}.")
        one = {"g": "def g(x):\n    return -x\n", "h": "def h(x):\n    return x * x\n"}[
            name
        ]
        (feature / "feature.patch").write_text(
            diff_of("lib.py", BASE, f"{BASE}\n\n{one}")
        )
        value = {"g": -3, "h": 9}[name]
        test = f"from lib import {name}\n\n\ndef test_{name}():\n    assert {name}(3) == {value}\n"
        (feature / "tests.patch").write_text(diff_of(f"tests/test_{name}.py", "", test))
    (folder / "combined.patch").write_text(diff_of("lib.py", BASE, BOTH))
    return folder


def test_two_features_of_one_product_are_a_task(pairs):
    (made,) = load(pairs)
    assert made.id.endswith("own_task::feature1+feature2")
    assert made.expected == ("tests/test_g.py::test_g", "tests/test_h.py::test_h")
    assert made.files == {"lib.py": BASE}
    assert set(made.reference) == {"lib.py"}
    assert "def g" in made.reference["lib.py"]
    assert "def h" in made.reference["lib.py"]
    assert "Add g." in made.spec
    assert "Add h." in made.spec


def test_where_two_features_conflict_the_patch_of_all_of_them_is_the_reference(pairs):
    for number, line in ((1, "return +x"), (2, "return -(-x)")):
        patch = pairs / f"feature{number}" / "feature.patch"
        patch.write_text(diff_of("lib.py", BASE, BASE.replace("return x", line)))
    (made,) = load(pairs)
    assert made.reference == {"lib.py": BOTH}
    (pairs / "combined.patch").unlink()
    with pytest.raises(ConfigError, match="does not apply"):
        load(pairs)


@pytest.fixture
def instance(tmp_path):
    folder = tmp_path / "own_issue"
    (folder / "repo" / "tests").mkdir(parents=True)
    (folder / "repo" / "lib.py").write_text(BASE)
    old = "from lib import f\n\n\ndef test_old():\n    assert f(1) == 1\n"
    (folder / "repo" / "tests" / "test_lib.py").write_text(old)
    new = f"{old}\n\ndef test_new():\n    assert f('a') == 'a!'\n"
    mended = BASE.replace("return x", "return x + '!' if x == 'a' else x")
    record = {
        "instance_id": "own__lib-1",
        "problem_statement": "f('a') should shout",
        "patch": diff_of("lib.py", BASE, mended),
        "test_patch": diff_of("tests/test_lib.py", old, new),
        "FAIL_TO_PASS": json.dumps(["tests/test_lib.py::test_new"]),
        "PASS_TO_PASS": ["tests/test_lib.py::test_old"],
    }
    (folder / "instance.json").write_text(json.dumps(record))
    return folder, record


def test_an_issue_of_a_repository_is_a_task(instance):
    folder, _ = instance
    (made,) = load(folder)
    assert made.id.endswith("own_issue::own__lib-1")
    assert made.expected == (
        "tests/test_lib.py::test_new",
        "tests/test_lib.py::test_old",
    )
    # The team sees no file that the hidden tests will replace.
    assert set(made.files) == {"lib.py"}
    assert made.spec == "f('a') should shout\n"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"canonical_solution": "    return 3 * x\n"}, "its own reference fails"),
        ({"canonical_solution": "    return (\n"}, "is no Python"),
        ({"test": "def other():\n    pass\n"}, "defines no check"),
        ({"test": "def check(candidate:"}, "is no Python"),
        ({"entry_point": "a; b"}, "has the entry point"),
        ({"entry_point": 3}, "has no text 'entry_point'"),
    ],
)
def test_a_task_that_refutes_itself_is_refused(tmp_path, changes, words):
    with pytest.raises(ConfigError, match=words) as raised:
        load(rows(tmp_path, {**HUMANEVAL, **changes}))
    assert raised.value.field == "game.task"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no task"),
        ("[]", "holds no task"),
        ("3", "is no JSON object"),
        ("{", "is no JSON"),
        ('{"a": 1}', "has the fields"),
        ('[{"code": "x = 1", "test_list": []}]', "has no"),
    ],
)
def test_files_of_other_shapes_are_refused(tmp_path, text, words):
    path = tmp_path / "own.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        load(path)


def test_folders_of_other_shapes_are_refused(tmp_path, pairs, instance):
    with pytest.raises(ConfigError, match="holds neither"):
        load(tmp_path / "own_task" / "repo")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "nothing")
    (pairs / "feature1" / "feature.patch").write_text("no diff")
    with pytest.raises(ConfigError, match="does not apply"):
        load(pairs)
    folder, record = instance
    record["FAIL_TO_PASS"] = ["tests/test_none.py::test_x"]
    (folder / "instance.json").write_text(json.dumps(record))
    with pytest.raises(ConfigError, match="which is not there"):
        load(folder)


def test_a_folder_without_its_repository_says_what_to_do(instance):
    folder, _ = instance
    (folder / "repo").rename(folder / "other")
    with pytest.raises(ConfigError, match="put the files of the repository"):
        load(folder)
