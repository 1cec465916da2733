"""Which layers really isolate on this machine, found out by trying."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from shapley_coop.errors import ConfigError, GameError
from swe_sim.sandbox.inside import kernel, landlock
from swe_sim.sandbox.limits import Limits
from swe_sim.sandbox.request import ask

LAYERS = ("namespaces", "landlock")
HOLDS = 42
"""What the probe exits with if neither a foreign file nor a socket was to be had."""
_PROBE = f"""
import socket, sys
for reach in (lambda: open(sys.argv[1]), lambda: socket.create_connection(("127.0.0.1", 9))):
    try:
        reach()
    except ConnectionRefusedError:
        sys.exit(1)
    except OSError:
        continue
    sys.exit(1)
sys.exit({HOLDS})
"""


def available(*, unsafe: bool = False) -> tuple[str, ...]:
    """Return the layers that isolate here. They are probed once in a process.

    Raises `ConfigError` if there is none, unless `unsafe` says that code may run without.
    """
    reasons = {layer: _hindrance(layer) for layer in LAYERS}
    layers = tuple(layer for layer, reason in reasons.items() if not reason)
    if layers or unsafe:
        return layers
    why = "; ".join(f"{layer}: {reason}" for layer, reason in reasons.items())
    raise ConfigError(
        f"nothing here can isolate hostile code ({why}). Use Linux 6.2 or newer with"
        " Landlock, or allow user namespaces (on Ubuntu: sysctl"
        " kernel.apparmor_restrict_unprivileged_userns=0), or say that code may run"
        " without isolation",
        field="unsafe",
    )


@cache
def _hindrance(layer: str) -> str:
    """Return why a layer does not isolate here, empty if it does."""
    if sys.platform != "linux":
        return f"{sys.platform} has no such layer"
    if not kernel.known_machine():
        return "the system calls of this machine are not known"
    if layer == "landlock" and landlock.version() < landlock.LEAST_VERSION:
        return f"the kernel has version {landlock.version()} of it, 3 is needed"
    # A file that everybody may read, and that no run needs.
    foreign = str(Path(__file__).resolve())
    argv = (sys.executable, "-I", "-S", "-c", _PROBE, foreign)
    try:
        outcome = ask(argv, {}, Limits(), (layer,))
    except (ConfigError, GameError, OSError) as error:
        return str(error)
    if outcome.status != HOLDS:
        return (
            f"a probe got out of it (status {outcome.status}) {outcome.stderr[-200:]}"
        )
    return ""
