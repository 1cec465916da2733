"""A recorder for plays that leave no trace: measured coalitions, estimates of cost and tests."""

from __future__ import annotations

from typing import Any

from shapley_coop.records import Episode


class NullRecorder:
    """Takes the events of one episode and its record, and keeps none of them."""

    def emit(self, kind: str, **data: Any) -> None:
        """Keep no event."""

    def keep_traceback(self, error: BaseException) -> None:
        """Keep no traceback."""

    def finish(self, episode: Episode) -> None:
        """Keep no record."""
