"""The processes that train one policy: one alone, or several that `accelerate launch` started.

Several learn what one learns. Each reckons its own parts of a step, the gradients are summed, and
all take the same step. Whatever is played or written, the first does alone.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn

from shapley_coop.errors import (
    ConfigError,
    ModelError,
    ShapleyCoopError,
    cause_text,
)

Result = TypeVar("Result")
COUNTS = ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")
"""Variables in which launchers say how many processes there are: torch's, and those of MPI."""
PATIENCE = timedelta(days=30)
"""How long the others wait for the first, which may play for hours."""


class Processes(Protocol):
    """The processes of a course, as one of them sees them."""

    rank: int
    """The number of this process, 0 for the first."""
    count: int
    """How many there are."""

    def first(self, work: Callable[[], Result]) -> Result:
        """Let the first process alone do some work, and return its result in all of them.

        Whatever it raises, all raise.
        """

    def each(self, work: Callable[[], Result]) -> Result:
        """Do this process's part of some work, and return its result when all have done theirs.

        Raises:
            OutOfMemoryError: one of them had too little memory.
            ModelError: another failed in a way that this project does not name.
        """

    def sum(self, tensor: Tensor) -> Tensor:
        """Return the sum of a tensor over all processes."""


class _OneProcess:
    """A process that trains alone."""

    rank = 0
    count = 1

    def first(self, work: Callable[[], Result]) -> Result:
        return work()

    def each(self, work: Callable[[], Result]) -> Result:
        return work()

    def sum(self, tensor: Tensor) -> Tensor:
        return tensor


ALONE: Processes = _OneProcess()
"""One process, which has nobody to wait for."""


class _SeveralProcesses:
    """One of several processes, which speak through Accelerate.

    Args:
        device: where all of them train. Of several GPUs each takes one.
    """

    def __init__(self, device: torch.device) -> None:
        from accelerate import Accelerator, InitProcessGroupKwargs
        from accelerate.utils import broadcast_object_list, gather_object

        waiting = InitProcessGroupKwargs(timeout=PATIENCE)
        self._accelerator = Accelerator(
            cpu=device.type == "cpu", kwargs_handlers=[waiting]
        )
        # torch warns of processes that end without having said so to each other.
        atexit.register(self._accelerator.end_training)
        self._broadcast = broadcast_object_list
        self._gather = gather_object
        self.rank: int = self._accelerator.process_index
        self.count: int = self._accelerator.num_processes

    @property
    def device_type(self) -> str:
        """What Accelerate has put the processes on."""
        return str(self._accelerator.device.type)

    def first(self, work: Callable[[], Result]) -> Result:
        own, failure = self._outcome(work) if self.rank == 0 else (None, None)
        shared: list[Any] = [own, self._sendable(failure)]
        with _lost_processes():
            self._broadcast(shared)
        for told in (failure, shared[1]):
            if told is not None:
                raise told
        result: Result = shared[0]
        return result

    def each(self, work: Callable[[], Result]) -> Result:
        result, failure = self._outcome(work)
        with _lost_processes():
            failures = self._gather([self._sendable(failure)])
        if any(isinstance(other, torch.OutOfMemoryError) for other in failures):
            # A new one, since that of the work holds the memory of what it did.
            raise torch.OutOfMemoryError("the memory of a process did not suffice")
        for other in [failure, *failures]:
            if other is not None:
                raise other
        return result  # type: ignore[return-value]

    def sum(self, tensor: Tensor) -> Tensor:
        with _lost_processes():
            total: Tensor = self._accelerator.reduce(tensor, reduction="sum")
        return total

    def _outcome(
        self, work: Callable[[], Result]
    ) -> tuple[Result | None, Exception | None]:
        """Return what some work returned, and what it raised."""
        try:
            return work(), None
        except torch.OutOfMemoryError:
            return None, torch.OutOfMemoryError()
        except Exception as error:  # noqa: BLE001 - whatever it is, the others wait for it
            return None, error

    def _sendable(self, failure: Exception | None) -> Exception | None:
        """Return a failure in a form that every process can read."""
        known = (ShapleyCoopError, torch.OutOfMemoryError)
        if failure is None or isinstance(failure, known):
            return failure
        return ModelError(
            f"process {self.rank + 1} of {self.count} failed: {cause_text(failure)}"
        )


@contextmanager
def _lost_processes() -> Iterator[None]:
    """Name the error of whoever waits for processes that have ended."""
    try:
        yield
    except RuntimeError as error:
        raise ModelError(
            "another process of this course has ended; what it said tells why, and the same "
            "command continues the course"
        ) from error


def process_count() -> int:
    """Return how many processes a launcher has started, of which this is one."""
    for name in COUNTS:
        text = os.environ.get(name, "")
        if text.isdecimal() and int(text) > 1:
            return int(text)
    return 1


def launched_processes(device: torch.device) -> Processes:
    """Return the processes that a launcher has started, or this one alone.

    Args:
        device: where is trained, as `choose_device` returns it.

    Raises:
        ConfigError: there are more processes than GPUs, Accelerate is not installed, or it was
            launched for another device.
    """
    if process_count() == 1:
        return ALONE
    gpus = torch.cuda.device_count()
    if device.type == "cuda" and int(os.environ.get("LOCAL_RANK", "0")) >= gpus:
        raise ConfigError(
            f"more processes were launched than this machine has GPUs ({gpus}); give "
            f"--num_processes {gpus}, or train on a CPU",
            field="device",
        )
    try:
        processes = _SeveralProcesses(device)
    except ImportError as error:
        raise ConfigError(
            "several processes need accelerate; run: pip install 'shapley-coop[rl]'"
        ) from error
    if processes.device_type != device.type:
        raise ConfigError(
            f"device is {device.type}, and accelerate was launched for "
            f"{processes.device_type}; give both the same",
            field="device",
        )
    return processes


def sum_gradients(processes: Processes, parameters: Sequence[nn.Parameter]) -> None:
    """Set each gradient to its sum over all processes. One that is missing counts as 0."""
    if processes.count == 1:
        return
    gradients = []
    for parameter in parameters:
        # Where a step has fewer rows than there are processes, some have nothing to add.
        gradient = parameter.grad
        gradients.append(torch.zeros_like(parameter) if gradient is None else gradient)
    # All at once, since every sum waits for the slowest process.
    total = processes.sum(nn.utils.parameters_to_vector(gradients))
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    nn.utils.vector_to_parameters(total, gradients)
