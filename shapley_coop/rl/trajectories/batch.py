"""The one trajectory type: rows (one turn of one seat) over flat token spans, without padding."""

import dataclasses
import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from shapley_coop.errors import unknown
from shapley_coop.rl.trajectories.anchors import intern_anchors
from shapley_coop.rl.trajectories.columns import OF_TOKENS, Columns
from shapley_coop.rl.trajectories.gate import as_data, require_finite
from shapley_coop.rl.trajectories.ragged import span_ids, spread, unique_pairs

# What a row says of each of its tokens.
_SPANS = ("values", "logprobs", "token_rewards", "mask")


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
    """Canonical state key of the game for this seat, never prompt text. None matches nothing."""
    valid: bool = True
    """Whether the reply parsed to a legal move."""
    ended: bool = True
    """Whether the last own token closes the reply."""
    values: Sequence[float] = ()
    """Critic value before each token."""
    logprobs: Sequence[float] | None = None
    """Natural logarithm of the sampling probability of each token. None means unknown."""
    token_rewards: Sequence[float] | None = None
    """Reward of each token such as a KL penalty. None means 0 for each."""
    mask: Sequence[bool] | None = None
    """True on the seat's own tokens, False on what the game said. None means that all are own."""


@dataclass(frozen=True)
class Trajectories(Columns):
    """A batch of R rows over K tokens, sorted by (episode, seat, turn).

    N counts the (episode, seat) pairs, which are the trajectories. Build with `from_rows` or
    `from_padded`, and bring to a device with `to`, where all results then are. `source_R` is the
    place of each row in the input. Numbers are data: gradients do not pass, and numbers of any type
    are read as float64. Those of the seats' own tokens must be finite.
    """

    def per_row(self, x_R: Tensor, name: str) -> Tensor:
        """Return numbers that were given for the rows, as data on the batch's device: [R].

        Raises:
            ValueError: there is not one finite number a row.
        """
        x_R = self._of_size(x_R, name, self.reward_R.numel(), "rows")
        require_finite(x_R, name, self.place)
        return x_R

    def per_trajectory(self, x_N: Tensor, name: str) -> Tensor:
        """Return numbers that were given for the trajectories, as data on the batch's device: [N].

        Raises:
            ValueError: there is not one finite number a trajectory.
        """
        x_N = self._of_size(x_N, name, self.starts.numel() - 1, "trajectories")

        def place(n: int) -> str:
            first = int(self.starts[n])
            return (
                f"episode {int(self.episode_R[first])}, seat {int(self.seat_R[first])}"
            )

        require_finite(x_N, name, place)
        return x_N

    def with_rewards(self, reward_R: Tensor, name: str) -> "Trajectories":
        """Return the batch with other rewards of the rows. `name` is what an error calls them.

        Raises:
            ValueError: there is not one finite number a row.
        """
        # Nothing else changes, so that nothing else is checked or counted again.
        other = copy(self)
        object.__setattr__(other, "reward_R", self.per_row(reward_R, name))
        return other

    def _of_size(self, x: Tensor, name: str, size: int, what: str) -> Tensor:
        if x.shape != (size,):
            raise ValueError(f"{name} has shape {tuple(x.shape)} for {size} {what}")
        return as_data(x).to(self.device)

    @cached_property
    def starts(self) -> Tensor:
        """Row offsets of the trajectories: [N+1]."""
        # A trajectory begins wherever the episode or the seat changes.
        new = (self.episode_R.diff() != 0) | (self.seat_R.diff() != 0)
        inner = new.nonzero().flatten() + 1
        rows = self.reward_R.numel()
        opening = inner.new_zeros(int(rows > 0))
        return torch.cat([opening, inner, inner.new_full((1,), rows)])

    @cached_property
    def trajectory(self) -> Tensor:
        """Trajectory number of every row: [R]."""
        return span_ids(self.starts)

    @cached_property
    def cohort(self) -> Tensor:
        """Number of the set that each trajectory is compared with: [N], same group, same seat."""
        first = self.starts[:-1]
        # Seats have different parts in a task, so they are never compared with each other.
        return unique_pairs(self.group_R[first], self.seat_R[first])

    @cached_property
    def cohorts(self) -> int:
        """Number of cohorts."""
        if not self.cohort.numel():
            return 0
        return int(self.cohort.max()) + 1

    @cached_property
    def all_own(self) -> bool:
        """Whether every token is the seat's own."""
        return bool(self.mask_K.all())

    def row_keys(self) -> list[tuple[int, int, int]]:
        """Return the (episode, seat, turn) of every row."""
        columns = (self.episode_R, self.seat_R, self.turn_R)
        return list(zip(*(column.cpu().tolist() for column in columns), strict=True))

    def own(self) -> "Trajectories":
        """Return the batch with only the seats' own tokens."""
        # Most batches hold no tokens of the game, and need no copy.
        if self.all_own:
            return self
        before_K = self.mask_K.cumsum(0)
        none = before_K.new_zeros(1)
        # How many own tokens stand before each row's first.
        offsets = torch.cat([none, before_K])[self.offsets]
        own_tokens = {name: getattr(self, name)[self.mask_K] for name in OF_TOKENS}
        return dataclasses.replace(self, offsets=offsets, **own_tokens)

    def from_own(self, x_K: Tensor) -> Tensor:
        """Put numbers of the own tokens back among all tokens, 0 elsewhere: [K]."""
        tokens = self.mask_K.numel()
        if x_K.numel() == tokens:
            return x_K
        return x_K.new_zeros(tokens).masked_scatter_(self.mask_K, x_K)

    def broadcast(self, x_R: Tensor) -> Tensor:
        """Give every own token the number of its row: [R] -> [K]."""
        x_K = spread(x_R, self.offsets)
        if self.all_own:
            return x_K
        return torch.where(self.mask_K, x_K, 0.0)


def from_rows(rows: Iterable[Row]) -> Trajectories:
    """Build a batch from rows in any order, in float64.

    Raises:
        ValueError: a row has not one number a token, or is repeated, or numbers are not finite.
    """
    unsorted = list(rows)
    for row in unsorted:
        _check_spans(row)

    def time(place: int) -> tuple[int, int, int]:
        row = unsorted[place]
        return (row.episode, row.seat, row.turn)

    # Methods rely on the order of time, so it is made once, here.
    order = sorted(range(len(unsorted)), key=time)
    in_order = [unsorted[place] for place in order]
    groups: dict[Hashable, int] = {}
    # Groups are numbered as they appear.
    numbers = [groups.setdefault(row.group, len(groups)) for row in in_order]
    return Trajectories(
        group_R=_long(numbers),
        episode_R=_long([row.episode for row in in_order]),
        seat_R=_long([row.seat for row in in_order]),
        turn_R=_long([row.turn for row in in_order]),
        anchor_R=intern_anchors([row.anchor for row in in_order]),
        reward_R=_double([row.reward for row in in_order]),
        valid_R=_truth([row.valid for row in in_order]),
        ended_R=_truth([row.ended for row in in_order]),
        source_R=_long(order),
        offsets=_offsets(_long([len(row.values) for row in in_order])),
        value_K=_flat([row.values for row in in_order]),
        logprob_K=_flat([_or_each(row.logprobs, math.nan, row) for row in in_order]),
        token_reward_K=_flat(
            [_or_each(row.token_rewards, 0.0, row) for row in in_order]
        ),
        mask_K=_flat([_or_each(row.mask, True, row) for row in in_order]).bool(),
    )


def from_padded(
    rows: Iterable[Row], real_RL: Tensor, tokens_RL: Mapping[str, Tensor]
) -> Trajectories:
    """Build a batch from padded token matrices [R, L]. Nothing is read where `real_RL` is False.

    `tokens_RL` may hold values, logprobs, token_rewards and mask.

    Raises:
        ValueError: a matrix has another name or shape, or there is not one line a row.
    """
    given = list(rows)
    if real_RL.ndim != 2 or len(real_RL) != len(given):
        raise ValueError(
            f"real_RL has shape {tuple(real_RL.shape)} for {len(given)} rows; give one line a row"
        )
    for name, matrix in tokens_RL.items():
        if name not in _SPANS:
            raise ValueError(unknown("matrix", name, _SPANS))
        if matrix.shape != real_RL.shape:
            raise ValueError(
                f"{name} has shape {tuple(matrix.shape)}, and real_RL {tuple(real_RL.shape)}"
            )
    columns = {name: matrix.cpu().tolist() for name, matrix in tokens_RL.items()}
    unpadded = []
    for r, (row, is_real) in enumerate(zip(given, real_RL.cpu().tolist(), strict=True)):
        places = [k for k, real in enumerate(is_real) if real]
        spans: dict[str, Any] = {"values": [0.0] * len(places)}
        for name, column in columns.items():
            spans[name] = [column[r][k] for k in places]
        unpadded.append(dataclasses.replace(row, **spans))
    return from_rows(unpadded)


def _check_spans(row: Row) -> None:
    """Raise ValueError unless a row says as much of each of its tokens, and nothing unknown."""
    place = f"episode {row.episode}, seat {row.seat}, turn {row.turn}"
    for name in _SPANS:
        span = getattr(row, name)
        if span is not None and len(span) != len(row.values):
            raise ValueError(
                f"{place} has {len(span)} {name} for {len(row.values)} values: give one a token"
            )
    for number, logprob in enumerate(row.logprobs or ()):
        if math.isnan(logprob) or logprob == math.inf:
            raise ValueError(
                f"logprobs is {logprob} in token {number} of {place}; give None where log "
                "probabilities are unknown"
            )


def _or_each(span: Sequence[float] | None, default: float, row: Row) -> Sequence[float]:
    """Return a span, or the default for each token of the row."""
    if span is not None:
        return span
    return [default] * len(row.values)


def _flat(spans: Iterable[Sequence[float]]) -> Tensor:
    return _double([x for span in spans for x in span])


def _double(values: Sequence[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def _long(values: Sequence[int]) -> Tensor:
    return torch.tensor(values, dtype=torch.long)


def _truth(values: Sequence[bool]) -> Tensor:
    return torch.tensor(values, dtype=torch.bool)


def _offsets(count_R: Tensor) -> Tensor:
    return torch.cat([count_R.new_zeros(1), count_R.cumsum(0)])
