"""The gate through which tensors come in: read as data, of one type, with no number missing."""

from collections.abc import Callable

import torch
from torch import Tensor


def as_data(x: Tensor) -> Tensor:
    """Return numbers that are only read: without gradient, as float64, where they are.

    Numbers of any precision, whole numbers and truth values are read so. Methods then never mix
    types, and give float64 whatever they were given.
    """
    return x.detach().to(torch.float64)


def as_whole(x: Tensor, name: str) -> Tensor:
    """Return whole numbers as int64.

    Raises:
        ValueError: they are of a type that holds fractions.
    """
    if x.is_floating_point() or x.is_complex():
        raise ValueError(f"{name} holds {x.dtype}; give whole numbers")
    return x.to(torch.int64)


def as_truth(x: Tensor) -> Tensor:
    """Return truth values, where any number but 0 is true."""
    return x.detach().to(torch.bool)


def require_finite(
    x: Tensor, name: str, place: Callable[[int], str], over: Tensor | None = None
) -> None:
    """Raise ValueError at the first number that is not finite, and say where it stands.

    Args:
        x: the numbers.
        name: the field that holds them.
        place: says in words what an index of `x` stands for.
        over: the elements that count. None means all.
    """
    # One sum finds out faster than a test of every element whether all are finite.
    if bool(x.sum().isfinite()):
        return
    bad = ~x.isfinite()
    if over is not None:
        bad &= over
    # Finite numbers may have a sum that is too large, so what was found is looked at again.
    places = bad.nonzero()
    if places.numel():
        at = int(places[0])
        raise ValueError(f"{name} is {float(x[at])} in {place(at)}; it must be finite")
