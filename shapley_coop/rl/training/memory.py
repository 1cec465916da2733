"""Work that is cut into smaller parts where the memory of a device does not suffice."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import torch

from shapley_coop.rl.training.processes import ALONE, Processes

Result = TypeVar("Result")


def within_memory(
    work: Callable[[int], Result],
    split: int,
    most: int,
    tell: Callable[[str], None],
    processes: Processes = ALONE,
) -> tuple[Result, int]:
    """Do some work in as many parts as memory asks for, and return its result and that number.

    Args:
        work: takes the number of parts. It is begun anew after a failure.
        split: the parts to begin with.
        most: the number of parts from which no further cut helps.
        tell: is told of every cut.
        processes: who do it together. All cut it where it does not fit into the memory of one.

    Raises:
        OutOfMemoryError: the smallest parts do not fit.
    """
    while True:
        try:
            return processes.each(partial(work, split)), split
        except torch.OutOfMemoryError:
            if split >= most:
                raise
        # Outside the handler, where the failed work still holds its memory.
        split = min(2 * split, most)
        torch.cuda.empty_cache()
        tell(f"out of memory; each step is now cut into {split} parts")
