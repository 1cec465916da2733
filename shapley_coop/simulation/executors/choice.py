"""Which executor a user means by the words of a command line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal, NamedTuple

from shapley_coop.errors import ConfigError
from shapley_coop.simulation.executors.cluster import on_ray
from shapley_coop.simulation.executors.port import Executor
from shapley_coop.simulation.executors.processes import ProcessPool, processes
from shapley_coop.simulation.executors.ray_cluster import ray_cluster

ExecutorName = Literal["local", "ray"]


class SharedExecutor(NamedTuple):
    """An executor that plays several runs at once."""

    executor: Executor | None
    """None means in this process."""
    runs: int
    """How many of them at once it has hands for."""


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
    _check(name, workers, address)
    if name == "ray":
        return on_ray(workers, address)
    return None if workers is None else processes(workers)


@asynccontextmanager
async def shared_executor(
    name: ExecutorName = "local",
    *,
    workers: int | None = None,
    address: str | None = None,
    episodes: int | None = None,
) -> AsyncIterator[SharedExecutor]:
    """Yield an executor that several runs share, by the options of `choose_executor`.

    Its processes, or its connection to a cluster, are there until it is left. `episodes` is how
    many all runs have together, where that is known.

    Raises:
        ConfigError: the options do not fit each other, or there is no Ray cluster.
    """
    _check(name, workers, address)
    if name == "ray":
        with ray_cluster(workers, address) as cores:
            shared = on_ray(workers, address, episodes=episodes)
            yield SharedExecutor(shared, cores)
    elif workers is None:
        # On one event loop two runs of rule agents would only take turns.
        yield SharedExecutor(None, 1)
    else:
        async with ProcessPool(workers, episodes) as pool:
            yield SharedExecutor(pool.execute, workers)


def _check(name: ExecutorName, workers: int | None, address: str | None) -> None:
    """Raise ConfigError where the options of an executor do not fit each other."""
    if workers is not None and workers < 1:
        raise ConfigError(
            f"workers = {workers}: at least one is needed", field="workers"
        )
    if name != "ray" and address is not None:
        raise ConfigError(
            f"the address {address!r} is that of a Ray cluster; name the executor ray",
            field="executor",
        )
