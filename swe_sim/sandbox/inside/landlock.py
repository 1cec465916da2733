"""The second layer: rules of the kernel on which files, ports and processes code can reach."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

from swe_sim.sandbox.inside import kernel
from swe_sim.sandbox.inside.plan import Places, Plan
from swe_sim.sandbox.readable import DEVICES, SYSTEM_FILES

EXECUTE = 1 << 0
WRITE_FILE = 1 << 1
READ_FILE = 1 << 2
READ_DIR = 1 << 3
REMOVE_DIR = 1 << 4
REMOVE_FILE = 1 << 5
MAKE_DIR = 1 << 7
MAKE_REG = 1 << 8
MAKE_FIFO = 1 << 10
MAKE_SYM = 1 << 12
REFER = 1 << 13
TRUNCATE = 1 << 14
IOCTL_DEV = 1 << 15

READ = EXECUTE | READ_FILE | READ_DIR
WRITE = (
    WRITE_FILE
    | REMOVE_DIR
    | REMOVE_FILE
    | MAKE_DIR
    | MAKE_REG
    | MAKE_FIFO
    | MAKE_SYM
    | REFER
    | TRUNCATE
)
ON_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE

BIND_AND_CONNECT_TCP = 0b11
ABSTRACT_SOCKETS_AND_SIGNALS = 0b11
LEAST_VERSION = 3
"""The first version that knows of truncation. Without it files outside could be emptied."""
SCOPE_VERSION = 6
"""The first version that keeps signals and abstract sockets inside."""
NETWORK_VERSION = 4
DEVICE_VERSION = 5

_RULE_PATH = 1
_ASK_VERSION = 1


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scope", ctypes.c_uint64),
    )


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("access", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Return the version of Landlock in this kernel, 0 if there is none."""
    try:
        return kernel.call("landlock_create_ruleset", None, 0, _ASK_VERSION)
    except OSError:
        return 0


def restrict(plan: Plan, places: Places) -> None:
    """Bind this process and all that it starts to the rules of a plan, for good."""
    known = version()
    wanted = _Ruleset((1 << 13) - 1 | REFER | TRUNCATE, 0, 0)
    size = 8
    if known >= NETWORK_VERSION:
        wanted.network = BIND_AND_CONNECT_TCP
        size = 16
    if known >= DEVICE_VERSION:
        wanted.files |= IOCTL_DEV
    if known >= SCOPE_VERSION:
        wanted.scope = ABSTRACT_SOCKETS_AND_SIGNALS
        size = 24
    rules = kernel.call("landlock_create_ruleset", ctypes.byref(wanted), size, 0)
    _allow(rules, plan.readable.leaves, READ)
    _allow(rules, SYSTEM_FILES, READ)
    _allow(rules, DEVICES, READ_FILE | WRITE_FILE)
    if plan.has_namespaces:
        # It shows the processes of the sandbox alone.
        _allow(rules, ["/proc"], READ)
    _allow(rules, [places.tree], READ)
    _allow(rules, [places.scratch], READ | WRITE)
    _allow(rules, [f"{places.tree}/{name}" for name in plan.writable], READ | WRITE)
    kernel.call("landlock_restrict_self", rules, 0)
    os.close(rules)


def _allow(rules: int, paths: Iterable[str], access: int) -> None:
    for path in paths:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            # What is not there needs no rule.
            continue
        fit = access if Path(path).is_dir() else access & ON_A_FILE
        rule = _PathRule(fit, place)
        try:
            kernel.call("landlock_add_rule", rules, _RULE_PATH, ctypes.byref(rule), 0)
        finally:
            os.close(place)
