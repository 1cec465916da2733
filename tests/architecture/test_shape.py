"""How the code is cut and named: short files and functions, plain sentences, one meaning a word."""

import ast
from collections import defaultdict

import pytest

from benchmarks.style.measures import Measures, measure
from tests.architecture.source import ROOT, dotted, files, parse

FILES_A_FOLDER = 14  # `__init__` is not counted
ROOT_NAMES = 16
DENSITY = 4.8
COMMENTS = 0.03


@pytest.fixture(scope="module")
def measures():
    return {
        path: measure(path)
        for folder in ("shapley_coop", "games", "prompts", "swe_sim")
        for path in files(folder)
    }


def all_of(measures, name):
    return [case for counts in measures.values() for case in getattr(counts, name)]


def test_files_and_functions_stay_short(measures):
    assert len(measures) > 200
    assert not all_of(measures, "long_files"), "split these by subject"
    assert not all_of(measures, "long_functions"), "name the steps"


def test_code_is_written_to_be_read_once(measures):
    package = Measures()
    for path, counts in measures.items():
        if (ROOT / "shapley_coop") in path.parents:
            package.add(counts)
    assert package.density < DENSITY
    assert package.comment_share > COMMENTS


def test_docstrings_begin_with_one_sentence(measures):
    assert not all_of(measures, "semicolons"), "write two sentences"
    for path in measures:
        text = ast.get_docstring(parse(path))
        assert text, f"{path} has no docstring"
        first = text.split("\n\n")[0].rstrip()
        assert first.endswith((".", "?")), path


def test_public_names_are_nouns_and_verbs(measures):
    assert not all_of(measures, "participles"), "name the value or the action"


def test_folders_hold_few_files():
    folders = {path.parent for path in files("shapley_coop") + files("games")}
    for folder in folders:
        names = {path.name for path in folder.glob("*.py")} - {"__init__.py"}
        assert len(names) <= FILES_A_FOLDER, folder
    root = {path.name for path in (ROOT / "shapley_coop").iterdir()}
    assert len(root - {"__init__.py", "__pycache__", "py.typed"}) <= ROOT_NAMES


def test_a_public_class_has_its_name_alone():
    homes = defaultdict(set)
    for path in files("shapley_coop") + files("games"):
        for node in parse(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].add(dotted(path))
    assert not {name: places for name, places in homes.items() if len(places) > 1}


def test_no_module_is_hidden_by_a_function_of_its_package():
    for package in files("shapley_coop"):
        if package.name != "__init__.py":
            continue
        exported = set()
        for node in parse(package).body:
            if isinstance(node, ast.ImportFrom):
                exported |= {name.asname or name.name for name in node.names}
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                exported.add(node.name)
            elif isinstance(node, ast.Assign):
                exported |= {
                    text.value
                    for text in ast.walk(node.value)
                    if isinstance(text, ast.Constant) and isinstance(text.value, str)
                }
        beside = {path.stem for path in package.parent.iterdir()}
        hidden = exported & beside - {"__init__"}
        assert not hidden, f"{dotted(package)} exports {hidden} over modules"
