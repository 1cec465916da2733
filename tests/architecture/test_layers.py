"""What may import what: one order of modules, and heavy packages in one home each."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# A module or package imports only from those before it.
ORDER = (
    "errors",
    "records",
    "shapley",
    "config",
    "interfaces",
    "credit",
    "llm",
    "negotiation",
    "agents",
    "runs",
    "simulation",
    "rl",
    "cli",
    "__main__",
)
# Which files of the engine may import a heavy package.
HOMES = {
    "torch": {"llm/backends/transformers.py"},
    "transformers": {"llm/backends/transformers.py"},
    "litellm": {"llm/backends/litellm.py"},
    "openai": {
        "llm/backends/openai.py",
        "llm/backends/litellm.py",
    },  # litellm raises the openai package's errors
    "xllamacpp": {"llm/backends/embedded.py"},
    "ray": set(),
    "plotly": set(),
    "starlette": set(),
    "networkx": {"shapley/graph.py"},
}
GAMES_SEE = {"errors", "records", "interfaces", "shapley"}


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path, *, top_level: bool = False) -> list[str]:
    """Return full names of what a file imports; relative imports are refused."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level else ast.walk(tree)
    found = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively; write the full name"
            found += [f"{node.module}.{name.name}" for name in node.names]
    return found


def unit(path: Path) -> str:
    return path.relative_to(ROOT / "shapley_coop").parts[0].removesuffix(".py")


def engine_imports(path: Path) -> set[str]:
    """Return the modules or packages of the engine that a file imports."""
    found = set()
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "shapley_coop" and len(parts) > 1 and parts[1] != "__version__":
            found.add(parts[1])
    return found


def test_every_module_has_its_place_in_the_order():
    there = {unit(path) for path in files("shapley_coop")} - {"__init__"}
    assert there == set(ORDER), "a new module needs its place in ORDER"


@pytest.mark.parametrize(
    "path", files("shapley_coop"), ids=lambda p: str(p.relative_to(ROOT))
)
def test_a_module_imports_only_from_those_before_it(path):
    own = unit(path)
    if own == "__init__":
        return
    before = set(ORDER[: ORDER.index(own)]) | {own}
    assert engine_imports(path) <= before


@pytest.mark.parametrize("folder", ["shapley_coop", "games", "prompts"])
def test_a_file_has_one_subject_and_stays_short(folder):
    lines = {
        path: len(path.read_text(encoding="utf-8").splitlines())
        for path in files(folder)
    }
    long = {
        str(path.relative_to(ROOT)): count
        for path, count in lines.items()
        if count > 300
    }
    assert lines
    assert not long, "split these by subject; a file has at most 300 lines"


def test_modules_inside_a_package_do_not_import_in_circles():
    for package in {path.parent for path in files("shapley_coop")} - {
        ROOT / "shapley_coop"
    }:
        prefix = ".".join(package.relative_to(ROOT).parts)
        needs = {}
        for path in package.glob("*.py"):
            inside = [name for name in imports(path) if name.startswith(prefix + ".")]
            names = {name.removeprefix(prefix + ".").split(".")[0] for name in inside}
            needs[path.stem] = {
                name for name in names if (package / f"{name}.py").is_file()
            }
        while needs:
            free = {name for name, needed in needs.items() if not needed & set(needs)}
            assert free, f"{prefix}: {sorted(needs)} import one another"
            needs = {name: needed for name, needed in needs.items() if name not in free}


def test_the_engine_never_imports_games_or_the_software_team():
    for path in files("shapley_coop"):
        tops = {name.split(".")[0] for name in imports(path)}
        assert not tops & {"games", "swe_sim", "tests", "benchmarks"}, path


def test_games_see_only_what_a_game_needs():
    agents = {"raid_planner.py"}  # an agent made for one game sees what agents see
    for path in files("games"):
        seen = GAMES_SEE | ({"agent", "pricing"} if path.name in agents else set())
        assert engine_imports(path) <= seen, path
        assert "swe_sim" not in {name.split(".")[0] for name in imports(path)}


def test_heavy_packages_have_one_home_and_are_imported_late():
    for path in files("shapley_coop"):
        place = str(path.relative_to(ROOT / "shapley_coop"))
        if place.startswith("rl/"):
            continue
        tops = {name.split(".")[0] for name in imports(path)}
        early = {name.split(".")[0] for name in imports(path, top_level=True)}
        for package, homes in HOMES.items():
            assert package not in tops or place in homes, f"{place} imports {package}"
            itself_late = (
                place == "shapley/graph.py"
            )  # asked for by name, imported by nothing
            assert package not in early or itself_late, (
                f"{place} imports {package} too early"
            )


def loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_the_command_line_starts_light():
    heavy = {*HOMES, "numpy", "scipy", "pettingzoo", "gymnasium", "pydantic", "jinja2"}
    assert not loaded_by("import shapley_coop.cli.main") & heavy


def test_the_shapley_engine_stands_alone():
    heavy = {*HOMES, "pettingzoo", "gymnasium", "pydantic", "jinja2", "rich"}
    assert not loaded_by("import shapley_coop.shapley") & heavy


def test_names_are_listed_without_importing_them():
    found = loaded_by(
        "from shapley_coop.interfaces.plugins import names; assert names('games')"
    )
    assert not found & {"games", "pettingzoo"}


def test_the_root_package_holds_its_docstring_and_version_alone():
    tree = ast.parse(
        (ROOT / "shapley_coop" / "__init__.py").read_text(encoding="utf-8")
    )
    kinds = [type(node).__name__ for node in tree.body]
    assert kinds in (["Expr", "Assign"], ["Expr", "AnnAssign"])


@pytest.mark.parametrize("folder", ["shapley_coop", "games", "prompts"])
def test_every_module_begins_with_one_sentence(folder):
    for path in files(folder):
        doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert doc, f"{path} has no docstring"
        assert (
            doc.split("\n\n")[0].rstrip().endswith((".", "?"))
            or path.name == "errors.py"
        ), path


def test_nothing_draws_from_global_randomness():
    told = re.compile(
        r"np\.random\.(?!default_rng|Generator|SeedSequence)\w+|^import random\b",
        re.MULTILINE,
    )
    for folder in ("shapley_coop", "games"):
        for path in files(folder):
            assert not told.search(path.read_text(encoding="utf-8")), path


def test_the_engine_names_no_registered_game():
    from shapley_coop.interfaces.plugins import names

    for path in files("shapley_coop"):
        strings = {
            node.value
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert not strings & set(names("games")), f"{path} treats a game by its name"
