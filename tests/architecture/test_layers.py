"""What may import what: one order of packages, no circles, no imports by string."""

import ast
import re

import pytest

from tests.architecture.source import ROOT, dotted, files, imports, packages_seen, parse

# A package imports only from those before it.
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
    "teams",
    "rl",
    "studies",
    "cli",
    "__main__",
)
GAMES_SEE = {"errors", "records", "interfaces", "shapley"}
# Which files of the engine may import a heavy package.
HOMES = {
    "torch": {
        "llm/backends/transformers.py",
        "rl/policies/gguf_model.py",
        "rl/policies/low_rank.py",
        "rl/training/supervised.py",
        "rl/training/language.py",
    },
    "transformers": {
        "llm/backends/transformers.py",
        "rl/policies/gguf_model.py",
        "rl/training/language.py",
    },
    "gguf": {"rl/policies/gguf_model.py", "rl/policies/adapter_file.py"},
    "litellm": {"llm/backends/litellm.py"},
    # litellm raises the openai package's errors
    "openai": {"llm/backends/litellm.py"},
    "httpx": {"llm/chat/transport.py"},
    "h11": {"llm/chat/connections.py"},
    "xllamacpp": {"llm/backends/embedded.py"},
    "ray": {
        "simulation/executors/cluster.py",
        "simulation/executors/mailbox.py",
        "simulation/executors/ray_cluster.py",
        "teams/far_team.py",
    },
    "langgraph": {"teams/adapters/langgraph.py"},
    "langchain_core": {"teams/adapters/langgraph.py"},
    "autogen_agentchat": {"teams/adapters/autogen.py"},
    "crewai": {"teams/adapters/crewai.py"},
    "agents": {"teams/adapters/openai_agents.py"},
    "duckdb": {"runs/tables/database.py", "runs/tables/index.py"},
    "mcp": {"teams/advice/lines.py", "teams/advice/server.py"},
    "plotly": set(),
    "starlette": {"runs/view/server.py"},
    "uvicorn": {"cli/runs/view.py"},
    "networkx": {"shapley/graph.py"},
}


def root_name(path):
    return path.relative_to(ROOT / "shapley_coop").parts[0].removesuffix(".py")


def test_every_name_at_the_root_has_its_place_in_the_order():
    there = {root_name(path) for path in files("shapley_coop")} - {"__init__"}
    assert there == set(ORDER), "a new package needs its place in ORDER"


@pytest.mark.parametrize(
    "path", files("shapley_coop"), ids=lambda p: str(p.relative_to(ROOT))
)
def test_a_package_imports_only_from_those_before_it(path):
    own = root_name(path)
    if own == "__init__":
        assert not packages_seen(path, top_level=True), "the root imports late"
        return
    before = set(ORDER[: ORDER.index(own)]) | {own}
    assert packages_seen(path) <= before


def needs():
    """Return for every module those that it imports, `__init__` files and late imports too."""
    modules = {dotted(path): path for path in files("shapley_coop")}
    graph = {}
    for module, path in modules.items():
        targets = set()
        for name in imports(path):
            parent = name.rpartition(".")[0]
            targets |= {name, parent} & set(modules)
            if name in modules:
                targets.discard(parent)
        graph[module] = targets
    return graph


def test_no_module_imports_itself_in_a_circle():
    graph = needs()
    assert not [module for module, targets in graph.items() if module in targets]
    while graph:
        free = {name for name, targets in graph.items() if not targets & set(graph)}
        assert free, f"these import one another: {sorted(graph)}"
        graph = {name: graph[name] for name in set(graph) - free}


def test_no_module_imports_from_its_own_package():
    for module, targets in needs().items():
        parents = {module.rpartition(".")[0]} & targets
        assert not parents, f"{module} imports {parents}; name the module instead"


def test_nothing_inside_the_project_is_imported_by_a_string():
    for path in files("shapley_coop"):
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                place = re.fullmatch(r"shapley_coop(\.\w+)+(:\w+)?", node.value)
                # A group of entry points is a name with one dot, such as in messages.
                group = node.value.count(".") == 1 and ":" not in node.value
                assert not place or group, f"{path}:{node.lineno} {node.value}"


def test_the_engine_never_imports_games_or_the_software_team():
    for path in files("shapley_coop"):
        tops = {name.split(".")[0] for name in imports(path)}
        foreign = {"games", "swe_sim", "tests", "benchmarks"}
        # The command line is the top of all: its command `swe` is about the software team.
        if (ROOT / "shapley_coop" / "cli" / "swe") in path.parents:
            foreign -= {"swe_sim"}
        assert not tops & foreign, path


def test_the_command_line_starts_without_the_software_team():
    for path in files("shapley_coop"):
        early = imports(path, top_level=True)
        assert not [name for name in early if name.split(".")[0] == "swe_sim"], path


def test_games_see_only_what_a_game_needs():
    for path in files("games"):
        assert packages_seen(path) <= GAMES_SEE, path
        assert "swe_sim" not in {name.split(".")[0] for name in imports(path)}


def test_the_software_team_sees_what_a_game_sees():
    for path in files("swe_sim"):
        assert packages_seen(path) <= GAMES_SEE, path
        assert "games" not in {name.split(".")[0] for name in imports(path)}


def test_heavy_packages_have_one_home_and_are_imported_late():
    for path in files("shapley_coop"):
        place = str(path.relative_to(ROOT / "shapley_coop"))
        if place.startswith("rl/"):
            continue
        tops = {name.split(".")[0] for name in imports(path)}
        early = {name.split(".")[0] for name in imports(path, top_level=True)}
        # graph.py is asked for by name and imported by nothing.
        late = early - ({"networkx"} if place == "shapley/graph.py" else set())
        for package, homes in HOMES.items():
            assert package not in tops or place in homes, f"{place} imports {package}"
            assert package not in late, f"{place} imports {package} too early"


def test_nothing_draws_from_global_randomness():
    globally = re.compile(
        r"np\.random\.(?!default_rng|Generator|SeedSequence)\w+|^import random\b",
        re.MULTILINE,
    )
    for folder in ("shapley_coop", "games"):
        for path in files(folder):
            assert not globally.search(path.read_text(encoding="utf-8")), path


def test_the_engine_names_no_registered_game():
    from shapley_coop.interfaces.plugins import names

    # What plays the paper's own games again cannot but name them, and nothing builds on it.
    paper = ROOT / "shapley_coop" / "studies" / "paper"
    for path in files("shapley_coop"):
        if paper in path.parents:
            continue
        strings = {
            node.value
            for node in ast.walk(parse(path))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert not strings & set(names("games")), f"{path} treats a game by its name"
