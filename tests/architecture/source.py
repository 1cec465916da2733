"""The source files of the project and what they import, read as text."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def dotted(path: Path) -> str:
    """Return the name under which a file is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, *, top_level: bool = False) -> list[str]:
    """Return full names of what a file imports. Relative imports are refused."""
    tree = parse(path)
    nodes = tree.body if top_level else ast.walk(tree)
    names = []
    for node in nodes:
        if isinstance(node, ast.Import):
            names += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively; write the full name"
            names += [f"{node.module}.{name.name}" for name in node.names]
    return names


def packages_seen(path: Path, *, top_level: bool = False) -> set[str]:
    """Return the packages and modules at the root of `shapley_coop` that a file imports."""
    seen = set()
    for name in imports(path, top_level=top_level):
        parts = name.split(".")
        if parts[0] == "shapley_coop" and len(parts) > 1 and parts[1] != "__version__":
            seen.add(parts[1])
    return seen
