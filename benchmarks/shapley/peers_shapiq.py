"""The Shapley estimators of shapiq, each as a function of a game, n, a budget and a seed."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Estimator = Callable[[Callable[..., Any], int, int, int], NDArray[np.float64]]


def _shapley_class(name: str, **options: Any) -> Estimator:
    def run(
        f: Callable[..., Any], n: int, budget: int, seed: int
    ) -> NDArray[np.float64]:
        from shapiq import approximator

        made = getattr(approximator, name)(n=n, random_state=seed, **options)
        found = made.approximate(budget=budget, game=f)
        values = np.zeros(n)
        for players, position in found.interaction_lookup.items():
            if len(players) == 1:
                values[players[0]] = found.values[position]
        return values

    return run


ESTIMATORS: dict[str, Estimator] = {
    "shapiq.Permutation": _shapley_class("PermutationSamplingSV"),
    "shapiq.Stratified": _shapley_class("StratifiedSamplingSV"),
    "shapiq.Owen": _shapley_class("OwenSamplingSV"),
    "shapiq.KernelSHAP": _shapley_class("KernelSHAP"),
    "shapiq.KernelSHAP-paired": _shapley_class("KernelSHAP", pairing_trick=True),
    "shapiq.LeverageSHAP": _shapley_class("LeverageSHAP"),
    "shapiq.UnbiasedKernelSHAP": _shapley_class("UnbiasedKernelSHAP"),
    "shapiq.kADDSHAP": _shapley_class("kADDSHAP"),
    "shapiq.SVARM": _shapley_class("SVARM"),
    "shapiq.SHAPIQ": _shapley_class("SHAPIQ", max_order=1, index="SV"),
    "shapiq.RegressionMSR": _shapley_class("RegressionMSR", index="SV"),
    "shapiq.ProxySHAP": _shapley_class("ProxySHAP", max_order=1, index="SV"),
    "shapiq.ProxySHAP-adjusted": _shapley_class(
        "ProxySHAP", max_order=1, index="SV", adjustment=True
    ),
    "shapiq.OddSHAP": _shapley_class("OddSHAP"),
    "shapiq.PolySHAP2": _shapley_class("PolySHAP", max_order=2, pairing_trick=True),
    "shapiq.PolySHAP3": _shapley_class("PolySHAP", max_order=3, pairing_trick=True),
    "shapiq.ProxySPEX": _shapley_class("ProxySPEX", max_order=1, index="SV", hpo=False),
    "shapiq.SPEX": _shapley_class("SPEX", max_order=1, index="SV"),
    "shapiq.ShaplEIG": _shapley_class("ShaplEIG"),
}
