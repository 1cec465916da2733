"""Times exact solvers on a random table, those installed here. Prints one JSON object."""

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


def _shapley_numba(table: np.ndarray) -> Callable[[], object]:
    import numba
    import shapley_numba
    from shapley_numba.shapley import shapley

    @shapley_numba.numba_game([("table", numba.float64[:])])
    class TableGame:
        def __init__(self, table):  # noqa: ANN001, ANN204  (compiled: annotations are not)
            self.table = table

        def value(self, subset):  # noqa: ANN001, ANN202  (same)
            index = 0
            for i in range(len(subset)):
                if subset[i]:
                    index += 1 << i
            return self.table[index]

    return lambda: shapley(TableGame(table), table.size.bit_length() - 1)


def _shap(table: np.ndarray) -> Callable[[], object]:
    import shap

    n = table.size.bit_length() - 1
    powers = 1 << np.arange(n)
    # A game of masks: the model reads the table, absent features are 0.
    explainer = shap.explainers.ExactExplainer(
        lambda z: table[np.asarray(z).astype(np.int64) @ powers], np.zeros((1, n))
    )
    return lambda: explainer(np.ones((1, n)))


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
    "shapley-numba": (_shapley_numba, 5, 20),
    "shap": (_shap, 3, 16),
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
        except ModuleNotFoundError:
            continue  # the peers live in several environments
        except Exception as failure:  # noqa: BLE001  (a peer may fail in any way)
            found[name] = f"{type(failure).__name__}: {failure}"[:120]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
