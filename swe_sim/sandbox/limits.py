"""How much code in a sandbox may use."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from shapley_coop.errors import ConfigError

MIB = 1024 * 1024
LONGEST = 10**6
"""Seconds that the kernel can be told to wait, and more than any run takes."""
LARGEST = 2**48
"""Bytes that the kernel can be told of, and more than any machine has."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one run of code. Each is positive."""

    wall: float = 20.0
    """Seconds on a clock outside the sandbox."""
    cpu: float = 20.0
    """Seconds of processor time, of all processes together."""
    memory: int = 512 * MIB
    """Bytes of memory, of all processes together. No process can map more than four times this."""
    processes: int = 32
    """Processes and threads at the same time. A fork beyond them fails."""
    file_bytes: int = 16 * MIB
    """Bytes of one file. A write beyond them fails."""
    output: int = 256 * 1024
    """Bytes of standard output and standard error together."""
    disk: int = 64 * MIB
    """Bytes of all files together."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            is_time = name in ("wall", "cpu")
            most = LONGEST if is_time else LARGEST
            if not 0 < value <= most or not (is_time or isinstance(value, int)):
                kind = "seconds" if is_time else "a whole number"
                raise ConfigError(
                    f"a limit of {value!r} is not positive; give {kind} up to {most:,}",
                    field=f"limits.{name}",
                )
