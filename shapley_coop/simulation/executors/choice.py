"""Which executor a user means by the words of a command line."""

from __future__ import annotations

from shapley_coop.errors import ConfigError
from shapley_coop.simulation.executors.port import Executor
from shapley_coop.simulation.executors.processes import processes


def choose_executor(workers: int | None) -> Executor | None:
    """Return the executor of some options, or None where this process plays by itself.

    Args:
        workers: how many worker processes.

    Raises:
        ConfigError: the options do not fit each other.
    """
    if workers is None:
        return None
    if workers < 1:
        raise ConfigError(
            f"workers = {workers}: at least one is needed", field="workers"
        )
    return processes(workers)
