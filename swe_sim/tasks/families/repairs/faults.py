"""Faults that are put into a working program: a passage of it, and what stands there instead."""

from __future__ import annotations

from typing import NamedTuple

from swe_sim.tasks.drawing import Draw


class Fault(NamedTuple):
    """A passage of the program, and the faulty one in its place."""

    right: str
    wrong: str


def with_faults(program: str, faults: tuple[Fault, ...], draw: Draw, count: int) -> str:
    """Return the program with some of the faults, no two of which touch the same passage.

    Raises:
        ValueError: The passage of a fault does not stand in the program exactly once.
    """
    for fault in faults:
        if program.count(fault.right) != 1:
            times = program.count(fault.right)
            raise ValueError(f"{fault.right!r} stands {times} times in the program")
    text = program
    left = count
    for fault in draw.some(faults, len(faults)):
        if left and text.count(fault.right) == 1:
            text = text.replace(fault.right, fault.wrong)
            left -= 1
    return text
