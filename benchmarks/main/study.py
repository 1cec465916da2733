"""The embedded model under every protocol, reported as it is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.main.bars import Bar, Settings
from benchmarks.main.plays import command
from shapley_coop.config import PROTOCOLS
from shapley_coop.store import RunFolder

GAME = "escape-room"


def bars(settings: Settings) -> Iterator[Bar]:
    """Play each protocol; with --keep, finished runs are read and cut ones continued."""
    seeds = settings.pick(20, 1)
    for protocol in PROTOCOLS:
        print(f"  {protocol}, {seeds} seeds …", file=sys.stderr, flush=True)
        found = _played(settings.folder / f"study-{protocol}-{seeds}", protocol, seeds)
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


def _played(folder: Path, protocol: str, seeds: int) -> Any:
    for run in folder.iterdir() if folder.is_dir() else ():
        if RunFolder.open(run).manifest.status == "done":
            return command(["report", str(run), "--json"])
    arguments = ["play", GAME, "--model", "smollm2", "--protocol", protocol]
    arguments += ["--episodes", str(seeds), "--runs-dir", str(folder), "--json"]
    return command(arguments)
