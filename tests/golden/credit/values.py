"""Values of golden cases as tensors and back."""

import itertools
import math
from typing import Any

import numpy as np
import torch

from shapley_coop.rl.trajectories.batch import Trajectories

Fields = dict[str, Any]


def numbers(values: Any) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def spans(x_K: torch.Tensor, batch: Trajectories) -> list[list[float | None]]:
    """Own tokens of each row in input order. NaN is None."""
    values, mask, edges = x_K.tolist(), batch.mask_K.tolist(), batch.offsets.tolist()
    rows: list[list[float | None]] = [[] for _ in edges[1:]]
    for place, start, end in zip(
        batch.source_R.tolist(), edges, edges[1:], strict=False
    ):
        own = [values[k] for k in range(start, end) if mask[k]]
        rows[place] = [None if v is None or math.isnan(v) else v for v in own]
    return rows


def in_input_order(x_R: torch.Tensor, batch: Trajectories) -> torch.Tensor:
    """Reorder a row tensor as the rows were given."""
    out = torch.empty_like(x_R)
    out[batch.source_R] = x_R
    return out


def ragged(lists: list[list[Any]]) -> torch.Tensor:
    return torch.tensor([0, *np.cumsum([len(x) for x in lists]).tolist()])


def cut(x: torch.Tensor, offsets: torch.Tensor) -> list[list[float]]:
    values, edges = x.tolist(), offsets.tolist()
    return [values[a:b] for a, b in itertools.pairwise(edges)]
