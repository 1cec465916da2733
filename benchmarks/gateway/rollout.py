"""Calls saved by sharing equal ones in exact rollout credit of ER(4,1), and the same φ without."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from shapley_coop.config.resolve import resolve
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.llm.sharing import SharedCalls
from shapley_coop.records import Episode
from shapley_coop.simulation.run import run

BAR = 0.40


PROTOCOLS = ("solo", "talk", "short-term", "shapley-coop")
ABSENCES = ("idle", "baseline", "removed")


def measure(episodes: int = 5) -> str:
    """Return the row: for each protocol and absence rule, the share of rollout calls saved."""
    parts = [
        _share_saved(protocol, absence, episodes)
        for protocol in PROTOCOLS
        for absence in ABSENCES
    ]
    return f"rollout (bar {BAR:.0%} saved, same φ): " + "; ".join(parts)


def _share_saved(protocol: str, absence: str, episodes: int) -> str:
    sharing = _run(protocol, absence, episodes)
    alone = _run_without_sharing(protocol, absence, episodes)
    saved = 0
    calls = 0
    same = True
    for one, other in zip(sharing, alone, strict=True):
        assert one.credit is not None
        assert other.credit is not None
        saved += one.credit.saved
        calls += one.credit.saved + one.credit.calls
        same &= one.credit.values == other.credit.values
    mark = "" if saved >= BAR * calls else " (below the bar)"
    phi = "same φ" if same else "φ DIFFERS"
    return f"{protocol}/{absence} {saved / calls:.1%} of {calls}, {phi}{mark}"


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


def _run_without_sharing(protocol: str, absence: str, episodes: int) -> list[Episode]:
    """Play with a gateway that asks every call of every coalition anew."""
    find = Cassette.find
    ask = SharedCalls.ask
    # The product has no such mode. Two methods are switched off for the comparison alone.
    try:
        Cassette.find = lambda *_: None  # type: ignore[method-assign]
        SharedCalls.ask = lambda _calls, _name, call: call()  # type: ignore[method-assign]
        return _run(protocol, absence, episodes)
    finally:
        Cassette.find = find  # type: ignore[method-assign]
        SharedCalls.ask = ask  # type: ignore[method-assign]
