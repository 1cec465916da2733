"""Which executor a user means by the words of a command line."""

from __future__ import annotations

from typing import Literal

from shapley_coop.errors import ConfigError
from shapley_coop.simulation.executors.cluster import on_ray
from shapley_coop.simulation.executors.port import Executor
from shapley_coop.simulation.executors.processes import processes

ExecutorName = Literal["local", "ray"]


def choose_executor(
    name: ExecutorName = "local",
    *,
    workers: int | None = None,
    address: str | None = None,
) -> Executor | None:
    """Return the executor of some options, or None where this process plays by itself.

    Args:
        name: `local` for this machine, `ray` for a cluster.
        workers: how many play at once. None means this process alone, or a whole cluster.
        address: the address of a Ray cluster.

    Raises:
        ConfigError: the options do not fit each other, or Ray is not installed.
    """
    if workers is not None and workers < 1:
        raise ConfigError(
            f"workers = {workers}: at least one is needed", field="workers"
        )
    if name == "ray":
        return on_ray(workers, address)
    if address is not None:
        raise ConfigError(
            f"the address {address!r} is that of a Ray cluster; name the executor ray",
            field="executor",
        )
    return None if workers is None else processes(workers)
