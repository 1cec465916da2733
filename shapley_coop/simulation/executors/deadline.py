"""When a run has no time for more episodes, wherever they are played."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from shapley_coop.config.sections import CassetteMode, Config
from shapley_coop.errors import LimitReached
from shapley_coop.runs.store import RunWriter
from shapley_coop.simulation.shared_limits import SharedLimits


@asynccontextmanager
async def deadline(
    config: Config,
    writer: RunWriter,
    mode: CassetteMode,
    common: SharedLimits | None = None,
) -> AsyncIterator[None]:
    """Raise LimitReached when the run's wall time, over all its sessions, is used up.

    The same goes for the time that several runs share.
    """
    seconds = config.limits.seconds
    # Wall time counts over all sessions of a run. A replay waits for nobody.
    left = None
    if seconds is not None and mode != "replay":
        left = max(0.0, seconds - writer.folder.manifest.seconds)
    own = asyncio.timeout(left)
    try:
        async with own, common.time.bound() if common else nullcontext():
            yield
    except TimeoutError:
        if not own.expired():
            raise
        raise LimitReached(
            f"limits.seconds = {seconds:g} is reached; raise it and resume the run",
            field="limits.seconds",
        ) from None
