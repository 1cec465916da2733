"""The network of a recurrent policy: what a seat sees goes in, how likely each action is comes out.

Shapes: B decisions, F features, J features of the critic, A actions, H numbers of memory.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

UNLIKELY = -1e9
"""The logit of what is not legal. Its probability is 0 in single precision."""


class NetworkInput(NamedTuple):
    """What seats see when they decide."""

    seen_BF: Tensor
    """Features, which say which seat looks."""
    mask_BA: Tensor
    """True where an action is legal."""
    judged_BJ: Tensor
    """What the critic sees: the same, or what all seats see."""
    seat_B: Tensor
    """Numbers of the seats."""
    memory_BH: Tensor
    """What is left of earlier decisions of the same seat."""


class Outlooks(NamedTuple):
    """What a network says of decisions."""

    logit_BA: Tensor
    """Of illegal actions, `UNLIKELY`."""
    value_B: Tensor
    """What is expected from here on, in units of the policy's scale."""
    memory_BH: Tensor


class SeatNetwork(nn.Module):
    """Encoder, memory (a GRU, Cho et al. 2014), masked policy head, and a critic of its own.

    Args:
        features: of a seat.
        judged: features of the critic.
        actions: how many there are.
        hidden: numbers of memory.
    """

    def __init__(self, features: int, judged: int, actions: int, hidden: int) -> None:
        super().__init__()
        self.encoder = nn.Linear(features, hidden)
        self.memory = nn.GRUCell(hidden, hidden)
        self.policy = nn.Linear(2 * hidden, actions)
        # The critic has no part in the policy's gradients, which its large errors would drown.
        self.critic = nn.Sequential(
            nn.Linear(judged + hidden, hidden), nn.Tanh(), nn.Linear(hidden, 1)
        )
        # Begins with all legal actions alike, so that nothing is ruled out by chance.
        nn.init.zeros_(self.policy.weight)
        nn.init.zeros_(self.policy.bias)

    def forward(self, inputs: NetworkInput) -> Outlooks:
        """Return logits, values and the memory after each decision."""
        encoded_BH = torch.tanh(self.encoder(_compressed(inputs.seen_BF)))
        memory_BH = self.memory(encoded_BH, inputs.memory_BH)
        logit_BA = self.policy(torch.cat([encoded_BH, memory_BH], dim=1))
        judged_BJ = torch.cat(
            [_compressed(inputs.judged_BJ), memory_BH.detach()], dim=1
        )
        value_B = self.critic(judged_BJ).squeeze(1)
        return Outlooks(
            logit_BA.masked_fill(~inputs.mask_BA, UNLIKELY), value_B, memory_BH
        )


class PolicyNetwork(nn.Module):
    """The networks of all seats: one that they share, or one each.

    Args:
        networks: 1, or as many as there are seats.
        shape: features, features of the critic, actions and memory, as `SeatNetwork` takes them.
    """

    def __init__(self, networks: int, shape: tuple[int, int, int, int]) -> None:
        super().__init__()
        features, judged, _, self.hidden = shape
        self.sees_all = judged > features
        """Whether the critic sees what all seats see."""
        self.seats = nn.ModuleList(SeatNetwork(*shape) for _ in range(networks))

    def forward(self, inputs: NetworkInput) -> Outlooks:
        """Return what the network of each decision's seat says."""
        if len(self.seats) == 1:
            found: Outlooks = self.seats[0](inputs)
            return found
        # Each network sees its own decisions alone, and the answers are put together again.
        logit_BA = torch.full_like(inputs.mask_BA, UNLIKELY, dtype=torch.float32)
        value_B = torch.zeros_like(logit_BA[:, 0])
        memory_BH = torch.zeros_like(inputs.memory_BH)
        for number, network in enumerate(self.seats):
            own = (inputs.seat_B == number).nonzero().flatten()
            if not own.numel():
                continue
            part = network(NetworkInput(*(column[own] for column in inputs)))
            logit_BA = logit_BA.index_put((own,), part.logit_BA)
            value_B = value_B.index_put((own,), part.value_B)
            memory_BH = memory_BH.index_put((own,), part.memory_BH)
        return Outlooks(logit_BA, value_B, memory_BH)


def draw_actions(
    logit_BA: Tensor, generator: torch.Generator, temperature: float = 1.0
) -> Tensor:
    """Return an action for each decision, drawn at a temperature. At 0 the likeliest is taken."""
    if temperature == 0:
        return logit_BA.argmax(dim=1)
    chance_BA = torch.softmax(logit_BA / temperature, dim=1)
    return torch.multinomial(chance_BA, 1, generator=generator).squeeze(1)


def _compressed(features: Tensor) -> Tensor:
    """Return features on a logarithmic scale: games count in ones or in thousands."""
    return features.sign() * features.abs().log1p()
