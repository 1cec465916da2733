"""A connection to a Ray cluster, one that is running or one on this machine for a while."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from shapley_coop.errors import ConfigError, cause_text

CONNECT_SECONDS = 10.0
"""How long the head of a cluster may take to answer."""


def require_ray() -> None:
    """Raise ConfigError if Ray is not installed."""
    if find_spec("ray") is None:
        raise ConfigError(
            "Ray is not installed; pip install 'shapley-coop[ray]', or play in --workers",
            field="executor",
        )


@contextmanager
def ray_cluster(
    workers: int | None = None, address: str | None = None
) -> Iterator[int]:
    """Connect this process to a Ray cluster, and yield how many cores of it are used.

    Whoever is connected already stays so.

    Args:
        workers: how many cores, at most. None means all.
        address: the cluster's address. None means one on this machine.

    Raises:
        ConfigError: Ray is not installed, or there is no such cluster.
    """
    require_ray()
    import ray

    is_ours = not ray.is_initialized()
    if is_ours:
        _connect(workers, address)
    try:
        yield workers or int(ray.cluster_resources().get("CPU", 1)) or 1
    finally:
        if is_ours:
            ray.shutdown()


def _require_listener(address: str) -> None:
    """Raise ConfigError if nobody listens at HOST:PORT, for which Ray waits many minutes.

    What has another form, such as `auto`, Ray looks for itself.
    """
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise _no_cluster(f"at {address!r}", error) from error


def _no_cluster(where: str, error: Exception) -> ConfigError:
    return ConfigError(
        f"there is no Ray cluster {where}: {cause_text(error)}; start one with "
        "`ray start --head` and give its address, or leave the address out",
        field="address",
    )


def _connect(workers: int | None, address: str | None) -> None:
    import ray

    if address:
        _require_listener(address)
    # A cluster that is there has the cores that it has.
    cores = {} if address else {"num_cpus": workers, "include_dashboard": False}
    try:
        ray.init(
            address=address or "local",
            log_to_driver=False,
            # What keeps it from starting is raised, and its advice is not for users of this.
            logging_level="error",
            **cores,
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        where = f"at {address!r}" if address else "on this machine"
        raise _no_cluster(where, error) from error
