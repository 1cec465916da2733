"""Running our own reference solutions in this process, to learn what tests have to expect.

Only text that generators wrote is run here. What teams or users wrote goes to the sandbox.
"""

from __future__ import annotations

import builtins
import types
from collections.abc import Mapping
from typing import Any

from swe_sim.tree import Tree


class Modules:
    """The Python files of a tree as modules that import one another, outside `sys.modules`."""

    def __init__(self, tree: Tree) -> None:
        self.sources = {
            path.removesuffix(".py"): text
            for path, text in tree.items()
            if path.endswith(".py") and "/" not in path
        }
        self.made: dict[str, types.ModuleType] = {}

    def namespace(self) -> dict[str, Any]:
        """Return a new namespace in which `import` finds the files of the tree."""
        return {"__builtins__": {**vars(builtins), "__import__": self._import}}

    def _import(
        self,
        name: str,
        globals_: Mapping[str, object] | None = None,
        locals_: Mapping[str, object] | None = None,
        fromlist: tuple[str, ...] = (),
        level: int = 0,
    ) -> types.ModuleType:
        if name not in self.sources:
            return builtins.__import__(name, globals_, locals_, fromlist, level)
        if name not in self.made:
            module = types.ModuleType(name)
            self.made[name] = module
            vars(module).update(self.namespace())
            code = compile(self.sources[name], f"{name}.py", "exec")
            exec(code, vars(module))  # noqa: S102 - the text is this project's own
        return self.made[name]
