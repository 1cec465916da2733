"""Low-rank adapters (LoRA, Hu et al., 2021, arXiv 2106.09685): W x + (alpha / r) B A x."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from shapley_coop.rl.policies.gguf_model import MODULES


class LowRankLinear(nn.Module):
    """A frozen projection with a trained one of low rank beside it. B begins at 0.

    Args:
        base: the projection. It is frozen.
        rank: r, the rows of A and columns of B.
        alpha: what the trained part is scaled by, times r.
        generator: draws A.
    """

    def __init__(
        self, base: nn.Linear, rank: int, alpha: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.base = base.requires_grad_(requires_grad=False)
        self.scale = alpha / rank
        device = base.weight.device
        # As Kaiming's uniform start with a = sqrt(5), which peft takes too.
        bound = 1 / math.sqrt(base.in_features)
        drawn = torch.empty(rank, base.in_features).uniform_(
            -bound, bound, generator=generator
        )
        # The small weights stay in float32, or bf16 would swallow their steps.
        self.a = nn.Parameter(drawn.to(device))
        self.b = nn.Parameter(torch.zeros(base.out_features, rank, device=device))

    def forward(self, x: Tensor) -> Tensor:
        """Return the projection of x (..., in) as (..., out)."""
        low = nn.functional.linear(x, self.a.to(x.dtype))
        change = nn.functional.linear(low, (self.b * self.scale).to(x.dtype))
        result: Tensor = self.base(x) + change
        return result


Adapters = dict[str, LowRankLinear]
"""The adapted projections by their names in a GGUF file, such as `blk.0.attn_q`."""


def add_adapters(model: nn.Module, *, rank: int, alpha: float, seed: int) -> Adapters:
    """Freeze a Llama model, and adapt all projections of every layer."""
    model.requires_grad_(requires_grad=False)
    generator = torch.Generator().manual_seed(seed)
    adapters: Adapters = {}
    layers = model.get_submodule("model.layers")
    for number, layer in enumerate(layers.children()):
        for kind, path in MODULES.items():
            parent, _, name = path.rpartition(".")
            module = layer.get_submodule(path)
            assert isinstance(module, nn.Linear)
            adapted = LowRankLinear(module, rank, alpha, generator)
            setattr(layer.get_submodule(parent), name, adapted)
            adapters[f"blk.{number}.{kind}"] = adapted
    return adapters


def trained_parameters(adapters: Adapters) -> list[nn.Parameter]:
    """Return all that is trained, in order."""
    return [
        parameter
        for adapted in adapters.values()
        for parameter in (adapted.a, adapted.b)
    ]


def adapter_tensors(adapters: Adapters) -> dict[str, Tensor]:
    """Return copies of A (rank, in) and B (out, rank) of every projection, in float32 on the CPU.

    Their names end in `.a` and `.b`. Rows are in the order of transformers.
    """
    tensors = {}
    for name, adapted in adapters.items():
        tensors[f"{name}.a"] = _copy(adapted.a)
        tensors[f"{name}.b"] = _copy(adapted.b)
    return tensors


def load_adapters(adapters: Adapters, tensors: dict[str, Tensor]) -> None:
    """Set every A and B in place."""
    with torch.no_grad():
        for name, adapted in adapters.items():
            adapted.a.copy_(tensors[f"{name}.a"])
            adapted.b.copy_(tensors[f"{name}.b"])


def _copy(parameter: nn.Parameter) -> Tensor:
    return parameter.detach().to("cpu", torch.float32, copy=True)
