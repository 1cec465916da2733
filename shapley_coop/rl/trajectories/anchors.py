"""Which rows were taken in the same state: exact keys or similar texts, inside one cohort."""

import difflib
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from shapley_coop.rl.trajectories.ragged import unique_ids


def exact_groups(cohort_R: Tensor, anchor_R: Tensor) -> Tensor:
    """Number the rows of one cohort with equal anchors equally: [R]. Anchor -1 is always alone.

    Time R log R on integers, which `batch.intern_anchors` makes once.
    """
    rows = anchor_R.numel()
    if not rows:
        return anchor_R.clone()
    anchors = int(anchor_R.max()) + 1
    # One number for a pair, so that equal states of other cohorts stay apart.
    key_R = cohort_R * anchors + anchor_R
    alone_R = anchor_R < 0
    if bool(alone_R.any()):
        # Keys above all others, each used once, keep rows without anchor apart.
        unused = (int(cohort_R.max()) + 1) * anchors
        key_R = torch.where(alone_R, unused + torch.arange(rows), key_R)
    return unique_ids(key_R)


def similar_groups(cohort_R: Tensor, texts: Sequence[str], threshold: float) -> Tensor:
    """Group greedily in order: a text joins the first cluster whose first member is alike.

    Alike means difflib's ratio is at least `threshold`. The result depends on the order, so callers
    pass rows in canonical order. Source: GiGPO code (Feng et al. 2025), similarity grouping.
    """
    if not 0.0 <= threshold <= 1.0:
        raise ValueError(f"threshold must lie in [0, 1], got {threshold}")
    heads: dict[int, list[tuple[str, int]]] = {}
    numbers = []
    total = 0
    for cohort, text in zip(cohort_R.tolist(), texts, strict=True):
        clusters = heads.setdefault(cohort, [])
        number = _first_alike(text, clusters, threshold)
        if number is None:
            number = total
            total += 1
            clusters.append((text, number))
        numbers.append(number)
    return torch.tensor(numbers, dtype=torch.long)


def state_key(state: object, *, reference: bool = False) -> Hashable:
    """Turn a plain state into a hashable key that keeps types, nesting and array shapes apart.

    Dicts are compared by content whatever their order. With `reference` an array is compared by
    its flattened content alone and numbers by value, as GiGPO's code does.
    """
    if isinstance(state, Mapping):
        # Names are compared as text, since keys of several types have no order.
        items = [
            (str(name), state_key(value, reference=reference))
            for name, value in state.items()
        ]
        return tuple(sorted(items))
    if isinstance(state, np.ndarray):
        flat = tuple(state.ravel().tolist())
        if reference:
            return flat
        return (state.dtype.kind, state.shape, flat)
    if isinstance(state, list | tuple):
        return tuple(state_key(value, reference=reference) for value in state)
    if isinstance(state, np.generic):
        return state_key(state.item(), reference=reference)
    if not isinstance(state, Hashable):
        raise TypeError(
            f"no key for a state of type {type(state).__name__}: give plain data"
        )
    if reference:
        return state
    # The type keeps 1 and True apart, which Python takes for equal.
    return (type(state).__name__, state)


def _first_alike(
    text: str, clusters: list[tuple[str, int]], threshold: float
) -> int | None:
    """Return the number of the first cluster whose head is alike, or None."""
    for head, number in clusters:
        if difflib.SequenceMatcher(None, text, head).ratio() >= threshold:
            return number
    return None
