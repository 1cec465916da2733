"""What is counted in a file: syntax nodes, comments, lengths, docstrings and names."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

FILE_LINES = 300
FUNCTION_LINES = 70

# Nouns and adjectives that end like participles.
NO_PARTICIPLES = {
    *("seed", "deed", "need", "speed", "feed", "embed", "exceed", "red", "bed", "shed"),
    *("unbiased", "paired", "expected"),
}
IRREGULAR = {
    *("found", "given", "told", "said", "made", "drawn", "known", "taken", "shown"),
    *("kept", "left", "held", "heard", "built", "begun", "sent", "seen", "met", "paid"),
    *("spent", "sold", "bought", "brought", "thought", "cut", "chosen", "written"),
    *("broken", "fallen", "gone", "hidden", "lost", "meant", "won", "worn", "done"),
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Measures:
    """Counts over one file, or over many when added up."""

    files: int = 0
    nodes: int = 0
    """Statements and expressions."""
    code: int = 0
    """Lines that hold code."""
    comments: int = 0
    """Lines that hold a comment alone."""
    long_files: list[str] = field(default_factory=list)
    long_functions: list[str] = field(default_factory=list)
    semicolons: list[str] = field(default_factory=list)
    """Docstrings, of fields too, whose first line holds a semicolon."""
    participles: list[str] = field(default_factory=list)
    """Public functions and parameters named by a bare participle."""

    @property
    def density(self) -> float:
        """Syntax nodes in a line of code."""
        return self.nodes / max(1, self.code)

    @property
    def comment_share(self) -> float:
        """Comment lines among comment lines and lines of code."""
        return self.comments / max(1, self.comments + self.code)

    def add(self, other: Measures) -> None:
        """Add the counts of another file or folder to these."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def measure(path: Path) -> Measures:
    """Return the counts of one Python file."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    found = Measures(files=1)
    documentation: set[int] = set()
    for node in ast.walk(tree):
        found.nodes += isinstance(node, ast.stmt | ast.expr)
        if isinstance(node, ast.Module | ast.ClassDef | Function):
            documentation |= _docstring(node)
        if isinstance(node, Function):
            _function(node, path, found)
        if isinstance(node, ast.Expr):
            _sentence(node, path, found)
    for number, line in enumerate(text.splitlines(), start=1):
        if number in documentation or not line.strip():
            continue
        if line.lstrip().startswith("#"):
            found.comments += 1
        else:
            found.code += 1
    length = len(text.splitlines())
    if length > FILE_LINES:
        found.long_files.append(f"{path} ({length})")
    return found


def _docstring(node: ast.Module | ast.ClassDef | Function) -> set[int]:
    if ast.get_docstring(node) is None:
        return set()
    statement = node.body[0]
    return set(range(statement.lineno, (statement.end_lineno or statement.lineno) + 1))


def _sentence(node: ast.Expr, path: Path, found: Measures) -> None:
    """Count the text under a definition or a field if its first line is two statements."""
    value = node.value
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return
    if ";" in value.value.strip().split("\n")[0]:
        found.semicolons.append(f"{path}:{node.lineno}")


def _function(node: Function, path: Path, found: Measures) -> None:
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    if length > FUNCTION_LINES:
        found.long_functions.append(f"{path}:{node.lineno} {node.name} ({length})")
    if node.name.startswith("_"):
        return
    arguments = node.args
    parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    for name in [node.name, *(parameter.arg for parameter in parameters)]:
        if is_participle(name):
            found.participles.append(f"{path}:{node.lineno} {node.name}: {name}")


def is_participle(name: str) -> bool:
    """Return whether a name is one bare participle, such as `found` or `memoised`."""
    if name in NO_PARTICIPLES or not re.fullmatch(r"[a-z]+", name):
        return False
    return name in IRREGULAR or name.endswith("ed")
