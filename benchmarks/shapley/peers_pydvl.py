"""The Shapley estimators of pyDVL, each stopped once the budget of utility calls is spent."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Estimator = Callable[[Callable[..., Any], int, int, int], NDArray[np.float64]]


def _sampler(name: str, sizing: str | None = None) -> Estimator:
    """Build an estimator. `sizing` names the option that makes a finite sampler fill the budget."""

    def run(
        f: Callable[..., Any], n: int, budget: int, seed: int
    ) -> NDArray[np.float64]:
        from pydvl.valuation import samplers
        from pydvl.valuation.methods import ShapleyValuation

        share = max(budget // (2 * n), 1)
        options = {
            None: {},
            "n_samples_per_index": {"n_samples_per_index": share},
            "sample_sizes": {"sample_sizes": samplers.ConstantSampleSize(share)},
            "outer_sampling_strategy": {
                "outer_sampling_strategy": samplers.UniformOwenStrategy(
                    max(share // 2, 1)
                )
            },
        }[sizing]
        sampler = getattr(samplers, name)(seed=seed, **options)
        return _fit(ShapleyValuation, f, n, budget, sampler=sampler)

    return run


def _fit(
    method: Any, f: Callable[..., Any], n: int, budget: int, **options: Any
) -> NDArray[np.float64]:
    from pydvl.utils.status import Status
    from pydvl.valuation.dataset import Dataset
    from pydvl.valuation.result import ValuationResult
    from pydvl.valuation.stopping import StoppingCriterion
    from pydvl.valuation.utility.base import UtilityBase

    class Utility(UtilityBase):
        calls = 0

        def __call__(self, sample: Any) -> float:
            z = np.zeros((1, n), dtype=bool)
            if sample is not None:
                z[0, np.asarray(sample.subset, dtype=int)] = True
            Utility.calls += 1
            return float(f(z)[0])

    class Spent(StoppingCriterion):
        def _check(self, result: ValuationResult) -> Status:
            self._converged = np.full(result.values.shape, Utility.calls >= budget)
            return Status.Converged if Utility.calls >= budget else Status.Pending

        def completion(self) -> float:
            return min(Utility.calls / budget, 1.0)

    data = Dataset(np.arange(n, dtype=float).reshape(-1, 1), np.zeros(n))
    valuation = method(Utility(), is_done=Spent(), progress=False, **options)
    valuation.fit(data)
    result = valuation.result
    values = np.zeros(n)
    values[np.asarray(result.indices, dtype=int)] = result.values
    return values


ESTIMATORS: dict[str, Estimator] = {
    "pyDVL.Permutation": _sampler("PermutationSampler"),
    "pyDVL.AntitheticPermutation": _sampler("AntitheticPermutationSampler"),
    "pyDVL.Uniform": _sampler("UniformSampler"),
    "pyDVL.Antithetic": _sampler("AntitheticSampler"),
    "pyDVL.Owen": _sampler("OwenSampler", "outer_sampling_strategy"),
    "pyDVL.AntitheticOwen": _sampler(
        "AntitheticOwenSampler", "outer_sampling_strategy"
    ),
    "pyDVL.Stratified": _sampler("StratifiedSampler", "sample_sizes"),
    "pyDVL.VRDS": _sampler("VRDSSampler", "n_samples_per_index"),
    "pyDVL.MSR": _sampler("MSRSampler"),
}
