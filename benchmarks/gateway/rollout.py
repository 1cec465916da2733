"""Calls saved by sharing equal ones in exact rollout credit of ER(4,1), and the same φ without."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from shapley_coop.config.resolve import resolve
from shapley_coop.llm.gateway import Gateway
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.records import Episode
from shapley_coop.simulation.run import run

BAR = 0.40


def measure(episodes: int = 5) -> str:
    """Return the row: for each protocol and absence rule, the share of rollout calls saved."""
    parts = []
    for protocol in ("solo", "talk", "short-term", "shapley-coop"):
        for absence in ("idle", "baseline", "removed"):
            shared = _run(protocol, absence, episodes)
            naive = _naive(protocol, absence, episodes)
            saved, asked, same = 0, 0, True
            for one, other in zip(shared, naive, strict=True):
                assert one.credit is not None
                assert other.credit is not None
                saved += one.credit.saved
                asked += one.credit.saved + one.credit.calls
                same &= one.credit.values == other.credit.values
            mark = "" if saved >= BAR * asked else " (below the bar)"
            phi = "same φ" if same else "φ DIFFERS"
            parts.append(
                f"{protocol}/{absence} {saved / asked:.1%} of {asked}, {phi}{mark}"
            )
    return f"rollout (bar {BAR:.0%} saved, same φ): " + "; ".join(parts)


def _run(protocol: str, absence: str, episodes: int) -> list[Episode]:
    game: dict[str, Any] = {"id": "escape-room-n", "seats": 4, "levers": 1}
    worth = {"kind": "rollout", "absence": absence}
    tables = {
        "game": game,
        "protocol": protocol,
        "worth": worth,
        "run": {"episodes": episodes},
    }
    with tempfile.TemporaryDirectory() as folder:
        done = asyncio.run(run(resolve(tables, ["model.name=scripted"]), Path(folder)))
        return list(done.episodes())


def _naive(protocol: str, absence: str, episodes: int) -> list[Episode]:
    """Play with a gateway that asks every call of every coalition anew."""
    find, shared = Cassette.find, Gateway._shared  # noqa: SLF001 - switched off to compare
    try:
        Cassette.find = lambda *_: None  # type: ignore[method-assign]  # the comparison
        Gateway._shared = (  # type: ignore[method-assign]  # noqa: SLF001 - the comparison
            lambda gate, _, target, request, about: gate._live(target, request, about)  # noqa: SLF001
        )
        return _run(protocol, absence, episodes)
    finally:
        Cassette.find, Gateway._shared = find, shared  # type: ignore[method-assign]  # noqa: SLF001
