"""The one trajectory type: rows (one turn of one seat) over flat token spans; knows no padding."""

import dataclasses
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from shapley_coop.rl.trajectories.ragged import as_data, span_ids, spread, unique_ids


@dataclass(frozen=True, slots=True)
class Row:
    """One turn of one seat, as it is collected."""

    episode: int
    """Play of a game under one seed."""
    turn: int
    """Time index inside the episode."""
    reward: float = 0.0
    """Reward of the seat for this turn, in reward units."""
    seat: int = 0
    group: Hashable = 0
    """Task instance whose episodes are compared with each other."""
    anchor: Hashable = None
    """Canonical state key of the game for this seat; never prompt text. None matches nothing."""
    valid: bool = True
    """Whether the reply parsed to a legal move."""
    ended: bool = True
    """Whether the last own token closes the reply."""
    values: Sequence[float] = ()
    """Critic value before each token."""
    logprobs: Sequence[float] | None = None
    """Natural logarithm of the sampling probability of each token; 0 where not given."""
    token_rewards: Sequence[float] | None = None
    """Reward of each token such as a KL penalty; 0 where not given."""
    mask: Sequence[bool] | None = None
    """True on the seat's own tokens, False on what the game said; all own where not given."""


@dataclass(frozen=True)
class Trajectories:
    """A batch of R rows over K tokens, sorted by (episode, seat, turn); N = (episode, seat) pairs.

    Build with `from_rows` or `from_padded`. `source_R` is the place of each row in the input.
    Numbers are data: gradients do not pass, and half precision is read as float32.
    """

    group_R: Tensor
    episode_R: Tensor
    seat_R: Tensor
    turn_R: Tensor
    anchor_R: Tensor
    reward_R: Tensor
    valid_R: Tensor
    ended_R: Tensor
    source_R: Tensor
    offsets: Tensor
    """Token span of row r is offsets[r] to offsets[r+1]: [R+1]."""
    value_K: Tensor
    logprob_K: Tensor
    token_reward_K: Tensor
    mask_K: Tensor

    def __post_init__(self) -> None:
        """Raise ValueError when rows are out of order or repeated, or lengths disagree."""
        for name in ("reward_R", "value_K", "logprob_K", "token_reward_K"):
            object.__setattr__(self, name, as_data(getattr(self, name)))
        rows, tokens = self.reward_R.numel(), self.value_K.numel()
        for field in dataclasses.fields(self):
            size, expected = getattr(self, field.name).numel(), rows
            if field.name == "offsets":
                expected = rows + 1
            elif field.name.endswith("_K"):
                expected = tokens
            if size != expected:
                raise ValueError(
                    f"{field.name} has {size} entries, expected {expected}"
                )
        if (
            int(self.offsets[0])
            or int(self.offsets[-1]) != tokens
            or (self.offsets.diff() < 0).any()
        ):
            raise ValueError(
                f"offsets must rise from 0 to {tokens}, got {self.offsets.tolist()[:9]}"
            )
        self._check_order()

    def _check_order(self) -> None:
        episode, seat, turn = (
            x.diff() for x in (self.episode_R, self.seat_R, self.turn_R)
        )
        for name in ("group_R", "episode_R", "seat_R", "turn_R"):
            if (getattr(self, name) < 0).any():
                raise ValueError(f"{name} holds a number below 0: number them from 0")
        same = (episode == 0) & (seat == 0)
        if ((episode < 0) | ((episode == 0) & (seat < 0)) | (same & (turn < 0))).any():
            raise ValueError(
                "rows must be sorted by (episode, seat, turn): build with from_rows"
            )
        if (twice := (same & (turn == 0)).nonzero()).numel():
            r = int(twice[0])
            key = (int(self.episode_R[r]), int(self.seat_R[r]), int(self.turn_R[r]))
            raise ValueError(
                f"(episode, seat, turn) {key} is given twice: keep one row a turn"
            )

    @cached_property
    def starts(self) -> Tensor:
        """Row offsets of the trajectories: [N+1]."""
        new = (self.episode_R.diff() != 0) | (self.seat_R.diff() != 0)
        inner = new.nonzero().flatten() + 1
        rows = self.reward_R.numel()
        return torch.cat(
            [inner.new_zeros(int(rows > 0)), inner, inner.new_tensor([rows])]
        )

    @cached_property
    def trajectory(self) -> Tensor:
        """Trajectory number of every row."""
        return span_ids(self.starts)

    @cached_property
    def cohort(self) -> Tensor:
        """Number of the set that each trajectory is compared with: same group, same seat."""
        first = self.starts[:-1]
        seat_N = self.seat_R[first]
        seats = int(seat_N.max()) + 1 if seat_N.numel() else 1
        return unique_ids(self.group_R[first] * seats + seat_N)

    @cached_property
    def cohorts(self) -> int:
        """Number of cohorts."""
        return int(self.cohort.max()) + 1 if self.cohort.numel() else 0

    @cached_property
    def all_own(self) -> bool:
        """Whether every token is the seat's own."""
        return bool(self.mask_K.all())

    def own(self) -> "Trajectories":
        """Return the batch with only the seats' own tokens."""
        if self.all_own:
            return self
        count_R = torch.zeros_like(self.offsets[1:]).index_add_(
            0, span_ids(self.offsets), self.mask_K.long()
        )
        kept = {
            name: getattr(self, name)[self.mask_K]
            for name in ("value_K", "logprob_K", "token_reward_K", "mask_K")
        }
        return dataclasses.replace(self, offsets=_offsets(count_R), **kept)

    def from_own(self, x_K: Tensor) -> Tensor:
        """Put numbers of the own tokens back among all tokens, 0 elsewhere."""
        if x_K.numel() == self.mask_K.numel():
            return x_K
        return x_K.new_zeros(self.mask_K.numel()).masked_scatter_(self.mask_K, x_K)

    def broadcast(self, x_R: Tensor) -> Tensor:
        """Give every own token the number of its row: [R] -> [K]."""
        x_K = spread(x_R, self.offsets)
        return x_K if self.all_own else torch.where(self.mask_K, x_K, 0.0)

    def in_input_order(self, x_R: Tensor) -> Tensor:
        """Reorder a row tensor as the rows were given."""
        out = torch.empty_like(x_R)
        out[self.source_R] = x_R
        return out


def from_rows(rows: Iterable[Row]) -> Trajectories:
    """Build a batch from rows in any order, in float64."""
    given = list(rows)
    order = sorted(
        range(len(given)),
        key=lambda i: (given[i].episode, given[i].seat, given[i].turn),
    )
    kept = [given[i] for i in order]
    groups: dict[Hashable, int] = {}
    return Trajectories(
        group_R=_long([groups.setdefault(r.group, len(groups)) for r in kept]),
        episode_R=_long([r.episode for r in kept]),
        seat_R=_long([r.seat for r in kept]),
        turn_R=_long([r.turn for r in kept]),
        anchor_R=intern_anchors([r.anchor for r in kept]),
        reward_R=torch.tensor([r.reward for r in kept], dtype=torch.float64),
        valid_R=torch.tensor([r.valid for r in kept], dtype=torch.bool),
        ended_R=torch.tensor([r.ended for r in kept], dtype=torch.bool),
        source_R=_long(order),
        offsets=_offsets(_long([len(r.values) for r in kept])),
        value_K=_flat([r.values for r in kept]),
        logprob_K=_flat([_or(r.logprobs, 0.0, r) for r in kept]),
        token_reward_K=_flat([_or(r.token_rewards, 0.0, r) for r in kept]),
        mask_K=_flat([_or(r.mask, True, r) for r in kept]).bool(),
    )


def from_padded(
    rows: Iterable[Row], real_RL: Tensor, tokens_RL: dict[str, Tensor]
) -> Trajectories:
    """Build a batch from padded token matrices [R, L]; where `real_RL` is False nothing is read.

    `tokens_RL` may hold values, logprobs, token_rewards and mask.
    """
    columns = {name: matrix.tolist() for name, matrix in tokens_RL.items()}
    real = real_RL.tolist()
    filled = []
    for r, row in enumerate(rows):
        keep = [k for k, is_real in enumerate(real[r]) if is_real]
        spans: dict[str, Any] = {"values": [0.0] * len(keep)}
        spans |= {
            name: [column[r][k] for k in keep] for name, column in columns.items()
        }
        filled.append(dataclasses.replace(row, **spans))
    return from_rows(filled)


def intern_anchors(anchors: Iterable[Hashable]) -> Tensor:
    """Number equal anchors equally, from 0 in order of appearance; None becomes -1."""
    table: dict[Hashable, int] = {None: -1}
    return _long([table.setdefault(a, len(table) - 1) for a in anchors])


def _or(given: Sequence[float] | None, default: float, row: Row) -> Sequence[float]:
    return [default] * len(row.values) if given is None else given


def _flat(spans: Iterable[Sequence[float]]) -> Tensor:
    return torch.tensor([x for span in spans for x in span], dtype=torch.float64)


def _long(values: Sequence[int]) -> Tensor:
    return torch.tensor(values, dtype=torch.long)


def _offsets(count_R: Tensor) -> Tensor:
    return torch.cat([torch.zeros(1, dtype=torch.long), count_R.cumsum(0)])
