"""The curve of a course as a file of TensorBoard, written while it learns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tensorboardX import SummaryWriter

from shapley_coop.rl.training.curves import figures_of

PATTERN = "events.out.tfevents.*"
"""How TensorBoard finds its files."""


class CurveFile:
    """Writes the points of a curve that were not written before.

    A course that goes on after a cut begins the file anew, since its checkpoint holds the curve
    from the start, and what was learned after that checkpoint is learned again.

    Args:
        folder: of the course. What an earlier session wrote there is replaced.
        writes: whether anything is written. Of several processes one does.
    """

    def __init__(self, folder: Path, *, writes: bool = True) -> None:
        # TensorBoard would draw the points of two files of one course over each other.
        for path in folder.glob(PATTERN) if writes else ():
            path.unlink()
        self._writer = SummaryWriter(str(folder), write_to_disk=writes)
        self._written = 0

    def show(self, curve: Sequence[Mapping[str, Any]]) -> None:
        """Write what is new of a curve. The first number of a point says where it stands."""
        for point in curve[self._written :]:
            (_, place), *figures = figures_of(point).items()
            for name, value in figures:
                self._writer.add_scalar(name, value, int(place))
        self._written = len(curve)
        self._writer.flush()

    def close(self) -> None:
        """End the file."""
        self._writer.close()
