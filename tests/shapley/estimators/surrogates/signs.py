"""Coalitions as signs and a kernel, for the tests of surrogates."""

import numpy as np

from shapley_coop.shapley.coalitions import to_matrix
from shapley_coop.shapley.estimators.surrogates.kernels import (
    Kernel,
)

N = 6


def everyone(n=N):
    return np.where(to_matrix(range(2**n), n), 1.0, -1.0)


def kernel(white=0.0):
    relevance = np.array([0.3, 1.0, 2.0, 0.7, 4.0, 1.5])
    return Kernel(relevance, 0.4, 0.7, np.array([0.5, 0.3, 0.9]), 0.2, white)
