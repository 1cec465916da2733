"""The last steps before hostile code: limits, no privileges, and the rules of the layers."""

from __future__ import annotations

import contextlib
import os
import resource
import socket

from swe_sim.sandbox.inside import kernel, landlock, seccomp
from swe_sim.sandbox.inside.plan import NOBODY, Places, Plan

OPEN_FILES = 256
ROOM = 4
"""How many times the limit on memory one process may map. Much of what is mapped is not used."""


def restrict(plan: Plan, places: Places, channel: socket.socket) -> None:
    """Bind this process to its plan, for good. `channel` leads to the supervisor."""
    os.chdir(places.tree)
    _limit(plan)
    if plan.has_namespaces and os.getuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        kernel.drop_capabilities(NOBODY)
    else:
        kernel.drop_capabilities()
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if plan.has_landlock:
        landlock.restrict(plan, places)
        scoped = landlock.version() >= landlock.SCOPE_VERSION
        listener = seccomp.install(signals_are_scoped=scoped)
        socket.send_fds(channel, [b"forks"], [listener])
        os.close(listener)


def _limit(plan: Plan) -> None:
    limits = plan.limits
    cpu = max(1, int(limits.cpu + 0.999))
    bounds = {
        resource.RLIMIT_AS: limits.memory * ROOM,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_MEMLOCK: 64 * 1024,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_NOFILE: OPEN_FILES,
    }
    if plan.has_namespaces:
        # It counts the processes of this user in this namespace, not those of the whole host.
        bounds[resource.RLIMIT_NPROC] = limits.processes
    for name, bound in bounds.items():
        _, most = resource.getrlimit(name)
        least = bound if most == resource.RLIM_INFINITY else min(bound, most)
        # The first is told by a signal that says which limit it was, the second kills.
        extra = 1 if name == resource.RLIMIT_CPU else 0
        with contextlib.suppress(ValueError):
            resource.setrlimit(name, (least, least + extra))
