"""What each layer of the sandbox claims to stop by itself. The documentation shows this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Layer = Literal["namespaces", "landlock"]
BOTH: tuple[Layer, ...] = ("namespaces", "landlock")
ALONE: tuple[Layer, ...] = ("landlock",)


@dataclass(frozen=True, slots=True)
class Claim:
    """A kind of escape, and the layers that stop it alone. Both together stop all of them."""

    name: str
    what: str
    layers: tuple[Layer, ...]


NETWORK = Claim(
    "network",
    "reaching anybody by TCP, UDP, DNS, proxies, abstract or named sockets, or being reached",
    BOTH,
)
FILES = Claim(
    "files",
    "reading or listing files outside of the tree, the interpreter and the system's libraries",
    BOTH,
)
WRITES = Claim(
    "writes",
    "changing, making, linking or removing files outside, or properties of them",
    BOTH,
)
NAMES = Claim("names", "learning whether a file outside exists", ("namespaces",))
PROCESSES = Claim(
    "processes",
    "seeing, signalling, tracing or slowing down processes outside",
    BOTH,
)
PRIVILEGES = Claim(
    "privileges",
    "new namespaces, mounts, roots, users and capabilities",
    BOTH,
)
LIMITS = Claim(
    "limits",
    "using more time, memory, disk, output or processes than the limits say",
    BOTH,
)
OUTLIVING = Claim("outliving", "going on after the run", BOTH)
MACHINE = Claim("machine", "the clock, the name and the devices of the host", BOTH)
QUEUES = Claim(
    "queues", "shared memory and message queues with processes outside", BOTH
)
KERNEL = Claim(
    "kernel",
    "rarely used doors into the kernel: io_uring, bpf, userfaultfd, keys, memory files",
    ALONE,
)
ENVIRONMENT = Claim(
    "environment", "secrets in variables, arguments and open files", BOTH
)
LEFTOVERS = Claim(
    "leftovers", "links, pipes and odd files left for who reads the tree", BOTH
)

CLAIMS = (
    *(NETWORK, FILES, WRITES, NAMES, PROCESSES, PRIVILEGES, LIMITS, OUTLIVING),
    *(MACHINE, QUEUES, KERNEL, ENVIRONMENT, LEFTOVERS),
)
