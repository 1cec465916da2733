"""Runs a peer's estimators over every cell and appends one JSON line a run. Resumes itself.

Executed by the peers' own interpreters (see `run.py`); needs numpy and the peer alone.
"""

import argparse
import contextlib
import json
import os
import signal
import time
import warnings
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from benchmarks.shapley.games import FAMILIES, Game, make

SIZES = (10, 16, 30, 50, 100)
PER_PLAYER = (5, 20, 50)
SECONDS_MAX = 20


class Counted:
    """A game that counts what is paid: calls, and distinct coalitions among them."""

    def __init__(self, game: Game) -> None:
        self.game, self.calls, self.seen = game, 0, set[bytes]()

    def __call__(self, z: Any) -> Any:
        rows = np.atleast_2d(np.asarray(z)).astype(bool)
        self.calls += len(rows)
        self.seen.update(row.tobytes() for row in np.packbits(rows, axis=1))
        return self.game.f(rows)


def relative_error(found: Any, game: Game) -> float:
    """Return the squared error over the squared norm of the truth."""
    return float(np.square(found - game.values).sum() / np.square(game.values).sum())


def _expire(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError(f"over {SECONDS_MAX} s")


def measure(
    name: str, estimator: Any, cell: tuple[str, int, int, int]
) -> dict[str, Any]:
    """Run one estimator once on one cell (family, n, budget, seed)."""
    family, n, budget, seed = cell
    counted = Counted(make(family, n, seed))
    row: dict[str, Any] = {
        "method": name,
        "family": family,
        "n": n,
        "budget": budget,
        "seed": seed,
    }
    signal.signal(signal.SIGALRM, _expire)
    signal.alarm(SECONDS_MAX)
    start = time.perf_counter()
    try:
        found = estimator(counted, n, budget, seed)
        row["error"] = relative_error(found, counted.game)
    except Exception as failure:  # noqa: BLE001  (a peer may fail in any way; the row says how)
        row["failed"] = f"{type(failure).__name__}: {failure}"[:200]
    finally:
        signal.alarm(0)
    row["seconds"] = time.perf_counter() - start
    row["calls"], row["distinct"] = counted.calls, len(counted.seen)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=["shapiq", "pydvl"])
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--families", nargs="*", default=list(FAMILIES))
    parser.add_argument("--methods", nargs="*")
    chosen = parser.parse_args()
    if chosen.peer == "shapiq":
        from benchmarks.shapley.peers_shapiq import ESTIMATORS
    else:
        from benchmarks.shapley.peers_pydvl import ESTIMATORS
    rows = (
        [json.loads(x) for x in chosen.out.read_text().splitlines()]
        if chosen.out.exists()
        else []
    )
    done = {(r["method"], r["family"], r["n"], r["budget"], r["seed"]) for r in rows}
    hopeless = {(r["method"], r["n"], r["budget"]) for r in rows if "failed" in r}
    warnings.simplefilter("ignore")
    with chosen.out.open("a") as out:
        for seed in range(chosen.seeds):
            for n in chosen.sizes:
                for budget in (k * n for k in PER_PLAYER):
                    for family in chosen.families:
                        for name in chosen.methods or ESTIMATORS:
                            key = (name, family, n, budget, seed)
                            if key in done or (name, n, budget) in hopeless:
                                continue
                            with (
                                Path(os.devnull).open("w") as null,
                                contextlib.redirect_stdout(null),
                            ):
                                row = measure(
                                    name, ESTIMATORS[name], (family, n, budget, seed)
                                )
                            if "failed" in row:
                                hopeless.add((name, n, budget))
                            out.write(json.dumps(row) + "\n")
                            out.flush()


if __name__ == "__main__":
    main()
