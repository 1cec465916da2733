"""A device that is not there: its tensors hold numbers, and refuse what a real one would refuse.

Tensors on it say that they are on `meta`, and compute on the processor. Inside `FarDevice` an
operation that mixes them with tensors of the processor fails as on a real device, and everything
for which the processor would have to wait for the device is counted.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

FAR = torch.device("meta")
# Sizes or numbers that only the device knows, for which the processor must wait.
WAITS = (
    "_local_scalar_dense",
    "nonzero",
    "masked_select",
    "_unique2",
    "bincount",
    "equal",
)


class FarTensor(Tensor):
    """A tensor that says it is on the far device."""

    near: Tensor

    @staticmethod
    def __new__(cls, near: Tensor) -> Self:
        """Take the shape and type of a tensor of the processor, and say another device."""
        far: Self = torch.Tensor._make_wrapper_subclass(
            cls,
            near.shape,
            dtype=near.dtype,
            device=FAR,
            strides=near.stride(),
            storage_offset=near.storage_offset(),
        )
        return far

    def __init__(self, near: Tensor) -> None:
        self.near = near

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(
        cls,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Refuse what is done outside a `FarDevice`, where nobody counts."""
        raise RuntimeError(f"{func} of a far tensor outside a FarDevice")


class FarDevice(TorchDispatchMode):
    """Runs operations of far tensors, and counts for what the processor waits."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: Counter[str] = Counter()

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run an operation where its tensors are, or refuse it."""
        name = func.overloadpacket.__name__
        options = dict(kwargs or {})
        tensors = [x for x in tree_flatten((args, options))[0] if isinstance(x, Tensor)]
        far = [x for x in tensors if isinstance(x, FarTensor)]
        named = options.get("device")
        if named is not None and torch.device(named).type == FAR.type:
            # What is made on the far device, or sent there.
            options["device"] = torch.device("cpu")
            return tree_map(_far, func(*tree_map(_near, args), **options))
        if not far:
            return func(*args, **options)
        if name == "_to_copy" and named is not None:
            self.waits["copy to the processor"] += 1
            return func(*tree_map(_near, args), **options)
        # Single numbers may come from the processor, as on a real device.
        strangers = [x for x in tensors if not isinstance(x, FarTensor) and x.ndim]
        if strangers and name != "copy_":
            raise RuntimeError(
                f"{func}: expected all tensors to be on the same device, found a tensor of shape "
                f"{tuple(strangers[0].shape)} on cpu beside one on {FAR}"
            )
        self._count(name, args)
        result = func(*tree_map(_near, args), **tree_map(_near, options))
        return _same_object(func, args, tree_map(_far, result))

    def _count(self, name: str, args: Sequence[Any]) -> None:
        if name in WAITS:
            self.waits[name] += 1
        by_mask = name in ("index", "index_put", "index_put_") and any(
            x is not None and x.dtype == torch.bool for x in args[1]
        )
        if by_mask:
            self.waits["index by mask"] += 1
        if name == "repeat_interleave" and len(args) < 3:
            self.waits[name] += 1


def far_from(x: Tensor) -> FarTensor:
    """Return a copy of a tensor on the far device."""
    return FarTensor(x.detach().clone())


def near_from(x: Tensor) -> Tensor:
    """Return the numbers of a far tensor, and refuse any other."""
    assert isinstance(x, FarTensor), f"a tensor of shape {tuple(x.shape)} was made here"
    return x.near


def _far(x: Any) -> Any:
    if isinstance(x, Tensor) and not isinstance(x, FarTensor):
        return FarTensor(x)
    return x


def _near(x: Any) -> Any:
    if isinstance(x, FarTensor):
        return x.near
    return x


def _same_object(func: Callable[..., Any], args: Sequence[Any], result: Any) -> Any:
    """Return the tensor itself where an operation changed it in place."""
    if func.overloadpacket.__name__.endswith("_") and args:
        return args[0]
    return result
