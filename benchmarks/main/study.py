"""The embedded model under every protocol, reported as it is."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

from benchmarks.main.bars import Bar, Settings
from benchmarks.main.plays import config
from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.llm import weights
from shapley_coop.runs.report.content import gather
from shapley_coop.runs.store import Event, RunFolder
from shapley_coop.simulation.run import run

GAME = "escape-room"
PATIENCE = 900
"""Seconds for one call, so that a busy machine makes no forfeit of a slow answer."""


def bars(settings: Settings) -> Iterator[Bar]:
    """Play each protocol. With --keep, finished runs are read and cut ones continued."""
    seeds = settings.pick(20, 1)
    weights.pull()
    for protocol in PROTOCOLS:
        folder = settings.folder / f"study-{protocol}-{seeds}"
        finished = _finished(folder) or _played(folder, protocol, seeds)
        found = gather(finished).figures.as_json()
        payoffs = "/".join(f"{value:.3g}" for value in found["mean_payoffs"].values())
        raw = "/".join(f"{value:.3g}" for value in found["mean_raw_payoffs"].values())
        yield Bar(
            f"{GAME}, embedded model, {protocol}, {seeds} seeds",
            "reported as it is",
            f"success {found['success_rate']:.0%}, payoffs {payoffs} (raw {raw}), "
            f"difference {found['payoff_difference']:.3g}, rounds {found['mean_rounds']:.3g}, "
            f"forfeits {found['forfeits']} of {found['decisions']} decisions, "
            f"{found['calls']} calls, {found['tokens']:,} tokens, {found['seconds']:.0f} s",
            passed=None,
            data=found,
        )


def _finished(folder: Path) -> RunFolder | None:
    runs = (
        [RunFolder.open(path) for path in folder.iterdir()] if folder.is_dir() else []
    )
    return next((found for found in runs if found.manifest.status == "done"), None)


def _played(folder: Path, protocol: str, seeds: int) -> RunFolder:
    rules = config(
        GAME,
        episodes=seeds,
        agent="llm",
        protocol=protocol,
        model={"timeout": PATIENCE},
    )
    folder.mkdir(parents=True, exist_ok=True)
    return asyncio.run(run(rules, folder, listen=_teller(protocol, seeds)))


def _teller(protocol: str, seeds: int) -> Callable[[Event], None]:
    """Return a listener that says on standard error which episodes have ended."""
    began = perf_counter()

    def hear(event: Event) -> None:
        if event.kind == "credit":
            seconds = perf_counter() - began
            said = (
                f"  {protocol}: episode {event.episode + 1} of {seeds}, {seconds:.0f} s"
            )
            print(said, file=sys.stderr, flush=True)

    return hear
