"""Which rows were taken in the same state: exact keys or similar texts, inside one cohort."""

import difflib
from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from shapley_coop.rl.trajectories.ragged import unique_ids, unique_pairs


def intern_anchors(anchors: Iterable[Hashable]) -> Tensor:
    """Number equal anchors equally, from 0 in order of appearance, with -1 for None."""
    table: dict[Hashable, int] = {None: -1}
    numbers = [table.setdefault(anchor, len(table) - 1) for anchor in anchors]
    return torch.tensor(numbers, dtype=torch.long)


def exact_groups(cohort_R: Tensor, anchor_R: Tensor) -> Tensor:
    """Number the rows of one cohort with equal anchors equally: [R]. Anchor -1 is always alone.

    Time R log R on integers, which `intern_anchors` makes once.
    """
    alone_R = anchor_R < 0
    if not bool(alone_R.any()):
        return unique_pairs(cohort_R, anchor_R)
    # Numbers above all others, each used once, keep rows without anchor apart.
    known_R = unique_ids(anchor_R.clamp(min=0))
    rows = anchor_R.numel()
    apart_R = torch.arange(rows, 2 * rows, device=anchor_R.device)
    return unique_pairs(cohort_R, torch.where(alone_R, apart_R, known_R))


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
    for cohort, text in zip(cohort_R.cpu().tolist(), texts, strict=True):
        clusters = heads.setdefault(cohort, [])
        number = _first_alike(text, clusters, threshold)
        if number is None:
            number = total
            total += 1
            clusters.append((text, number))
        numbers.append(number)
    return torch.tensor(numbers, dtype=torch.long).to(cohort_R.device)


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
