"""Imports of the code under test, which lead to the process in which it runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from swe_sim.judge.inside.client import Client
from swe_sim.judge.inside.proxies import ASKED_FOR, Remote

# A failure of a test is shown where the test stands, not in here.
__tracebackhide__ = True


class RemoteModule(ModuleType):
    """A module of the code. Each attribute is asked for when it is used."""

    remote_client: Client

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in ASKED_FOR:
            raise AttributeError(name)
        return self.remote_client.do("getattr", _named(self), (name,))

    def __setattr__(self, name: str, value: object) -> None:
        # What the import system itself sets stays here.
        if name.startswith("_"):
            super().__setattr__(name, value)
        elif type(value) is not RemoteModule:
            self.remote_client.do("setattr", _named(self), (name, value))

    def __delattr__(self, name: str) -> None:
        self.remote_client.do("delattr", _named(self), (name,))


def _named(module: RemoteModule) -> Remote:
    return module.remote_client.module_object(module.__name__)


class Finder(MetaPathFinder, Loader):
    """Finds the modules of the code, by the names of its files."""

    def __init__(self, client: Client, modules: Sequence[str]) -> None:
        """Name all modules of the code by their full names."""
        self._client = client
        self._modules = set(modules)

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        """Return how a module of the code is imported, or None if it is not the code's."""
        if fullname not in self._modules:
            return None
        is_package = any(name.startswith(f"{fullname}.") for name in self._modules)
        return ModuleSpec(fullname, self, is_package=is_package)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return a module that asks the code."""
        module = RemoteModule(spec.name)
        vars(module)["remote_client"] = self._client
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Import the module where the code runs. Raises what it raises there."""
        self._client.do("import", None, (module.__name__,))

    def install(self) -> None:
        """Let imports find the code's modules before all but what is imported already."""
        sys.meta_path.insert(0, self)
