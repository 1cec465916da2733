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


def similar_groups(
    cohort_R: Tensor,
    texts: Sequence[str],
    threshold: float,
    *,
    reference: bool = False,
) -> Tensor:
    """Group greedily in order: a text joins the first cluster whose first member is alike.

    Alike means difflib's ratio is at least `threshold`. The result depends on the order, so callers
    pass rows in canonical order. Whether two texts are alike does not: the shorter is held against
    the longer. With `reference` the later is held against the earlier, and of texts of 200
    characters and more the frequent ones count as junk, so that near-equal texts can be unlike.
    Source: GiGPO code (Feng et al. 2025), similarity grouping.

    Raises:
        ValueError: the threshold is no share, or there is not one text a row.
    """
    if not 0.0 <= threshold <= 1.0:
        raise ValueError(f"threshold must lie in [0, 1], got {threshold}")
    cohorts = cohort_R.cpu().tolist()
    if len(texts) != len(cohorts):
        raise ValueError(f"{len(texts)} texts for {len(cohorts)} rows: give one a row")
    alike = _alike_as_published if reference else _alike
    heads: dict[int, list[tuple[str, int]]] = {}
    numbers = []
    total = 0
    for cohort, text in zip(cohorts, texts, strict=True):
        clusters = heads.setdefault(cohort, [])
        number = next((n for head, n in clusters if alike(text, head, threshold)), None)
        if number is None:
            number = total
            total += 1
            clusters.append((text, number))
        numbers.append(number)
    return torch.tensor(numbers, dtype=torch.long).to(cohort_R.device)


def state_key(state: object, *, reference: bool = False) -> Hashable:
    """Turn a plain state into a hashable key that keeps types, nesting and array shapes apart.

    Mappings are compared by content whatever their order, and lists and tuples alike. With
    `reference` an array is compared by its flattened content alone, numbers by value and names as
    text, as GiGPO's code does.
    """
    if reference:
        return _published_key(state)
    if isinstance(state, Mapping):
        items = [(state_key(name), state_key(value)) for name, value in state.items()]
        # A set, since keys of several types have no order.
        return ("mapping", frozenset(items))
    if isinstance(state, np.ndarray):
        flat = state.ravel().tolist()
        return (state.dtype.kind, state.shape, tuple(state_key(x) for x in flat))
    if isinstance(state, list | tuple):
        return ("sequence", tuple(state_key(value) for value in state))
    if isinstance(state, np.generic):
        return state_key(state.item())
    # The type keeps 1 and True apart, which Python takes for equal.
    return (type(state).__name__, _hashable(state))


def _published_key(state: object) -> Hashable:
    """Return a key that takes for equal what GiGPO's code takes for equal."""
    if isinstance(state, Mapping):
        items = [(str(name), _published_key(value)) for name, value in state.items()]
        return tuple(sorted(items, key=lambda item: item[0]))
    if isinstance(state, np.ndarray):
        return tuple(state.ravel().tolist())
    if isinstance(state, list | tuple):
        return tuple(_published_key(value) for value in state)
    if isinstance(state, np.generic):
        return _published_key(state.item())
    return _hashable(state)


def _hashable(state: object) -> Hashable:
    if isinstance(state, Hashable):
        return state
    raise TypeError(
        f"no key for a state of type {type(state).__name__}: give plain data"
    )


def _alike(text: str, head: str, threshold: float) -> bool:
    # Always the same way round, since difflib's ratio depends on it.
    shorter, longer = sorted((text, head), key=lambda each: (len(each), each))
    matcher = difflib.SequenceMatcher(None, shorter, longer, autojunk=False)
    # Two bounds from above are cheap, and settle most pairs that are unlike.
    return (
        matcher.real_quick_ratio() >= threshold
        and matcher.quick_ratio() >= threshold
        and matcher.ratio() >= threshold
    )


def _alike_as_published(text: str, head: str, threshold: float) -> bool:
    return difflib.SequenceMatcher(None, text, head).ratio() >= threshold
