"""Times the peers' exact solvers on a random table; prints one JSON object. Own interpreter."""

import json
import sys
import time
from collections.abc import Callable

import numpy as np


def _median(run: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def _coopgame(table: np.ndarray) -> Callable[[], object]:
    import coopgame

    game = coopgame.Game(table[1:].tolist())  # it takes v(empty) to be 0
    return lambda: coopgame.shapley(game)


def _shapiq(table: np.ndarray) -> Callable[[], object]:
    from shapiq import ExactComputer

    n = table.size.bit_length() - 1
    powers = 1 << np.arange(n)
    return lambda: ExactComputer(lambda z: table[np.asarray(z) @ powers], n)("SV", 1)


def _shapiq_pairs(table: np.ndarray) -> Callable[[], object]:
    from shapiq import ExactComputer

    n = table.size.bit_length() - 1
    powers = 1 << np.arange(n)
    return lambda: ExactComputer(lambda z: table[np.asarray(z) @ powers], n)("SII", 2)


SOLVERS = {
    "coopgame-py": (_coopgame, 5, 20),
    "shapiq": (_shapiq, 1, 14),
    "shapiq pairs": (_shapiq_pairs, 1, 12),
}


def main() -> None:
    n = int(sys.argv[1])
    found: dict[str, float | str] = {}
    for name, (make, repeats, largest) in SOLVERS.items():
        table = np.random.default_rng(0).random(1 << min(n, largest))
        try:
            run = make(table)
            if repeats > 1:
                run()  # compiled, plans made
            found[f"{name} n={min(n, largest)}"] = _median(run, repeats)
        except Exception as failure:  # noqa: BLE001  (a peer may fail in any way)
            found[name] = f"{type(failure).__name__}: {failure}"[:120]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
