"""What one run asks for, as the processes on the way into the sandbox see it."""

from __future__ import annotations

from dataclasses import dataclass

from swe_sim.sandbox.limits import Limits
from swe_sim.sandbox.readable import Readable

NOBODY = 65534
"""The user and group that code runs as where we may choose."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One run, as it was asked for."""

    argv: tuple[str, ...]
    """A program and its arguments, or the name of a function and its arguments."""
    is_function: bool
    """Whether `argv` names a function that this process holds, so that no program starts."""
    files: dict[str, str]
    """The tree that is laid out."""
    writable: tuple[str, ...]
    layers: tuple[str, ...]
    limits: Limits
    readable: Readable

    @property
    def has_namespaces(self) -> bool:
        """Whether the run has its own view of files, processes and networks."""
        return "namespaces" in self.layers

    @property
    def has_landlock(self) -> bool:
        """Whether the kernel checks each access of the run against rules."""
        return "landlock" in self.layers


@dataclass(frozen=True, slots=True)
class Places:
    """Where the tree and the scratch folder are, in the eyes of the code."""

    tree: str
    scratch: str


INSIDE = Places("/tree", "/scratch")
"""Where they are if the run has its own view of files."""
