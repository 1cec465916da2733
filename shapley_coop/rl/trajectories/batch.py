"""The one trajectory type: rows (one turn of one seat) over flat token spans, without padding."""

import dataclasses
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from shapley_coop.rl.trajectories.ragged import as_data, span_ids, spread, unique_ids

# Numbers that methods calculate with, and all that is said of single tokens.
_NUMBERS = ("reward_R", "value_K", "logprob_K", "token_reward_K")
_OF_TOKENS = ("value_K", "logprob_K", "token_reward_K", "mask_K")


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
    """Natural logarithm of the sampling probability of each token. None means 0 for each."""
    token_rewards: Sequence[float] | None = None
    """Reward of each token such as a KL penalty. None means 0 for each."""
    mask: Sequence[bool] | None = None
    """True on the seat's own tokens, False on what the game said. None means that all are own."""


@dataclass(frozen=True)
class Trajectories:
    """A batch of R rows over K tokens, sorted by (episode, seat, turn).

    N counts the (episode, seat) pairs, which are the trajectories. Build with `from_rows` or
    `from_padded`. `source_R` is the place of each row in the input. Numbers are data: gradients
    do not pass, and half precision is read as float32.
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
        for name in _NUMBERS:
            # The only way to set a field of a frozen dataclass while it is made.
            object.__setattr__(self, name, as_data(getattr(self, name)))
        self._check_sizes()
        self._check_order()

    def _check_sizes(self) -> None:
        rows, tokens = self.reward_R.numel(), self.value_K.numel()
        for field in dataclasses.fields(self):
            expected = rows
            if field.name == "offsets":
                expected = rows + 1
            elif field.name.endswith("_K"):
                expected = tokens
            size = getattr(self, field.name).numel()
            if size != expected:
                raise ValueError(
                    f"{field.name} has {size} entries, expected {expected}"
                )
        first, last = int(self.offsets[0]), int(self.offsets[-1])
        falls = bool((self.offsets.diff() < 0).any())
        if first != 0 or last != tokens or falls:
            raise ValueError(
                f"offsets must rise from 0 to {tokens}, got {self.offsets.tolist()[:9]}"
            )

    def _check_order(self) -> None:
        for name in ("group_R", "episode_R", "seat_R", "turn_R"):
            if (getattr(self, name) < 0).any():
                raise ValueError(f"{name} holds a number below 0: number them from 0")
        episode, seat, turn = (
            x.diff() for x in (self.episode_R, self.seat_R, self.turn_R)
        )
        same_episode = episode == 0
        same_trajectory = same_episode & (seat == 0)
        falls = episode < 0
        falls |= same_episode & (seat < 0)
        falls |= same_trajectory & (turn < 0)
        if falls.any():
            raise ValueError(
                "rows must be sorted by (episode, seat, turn): build with from_rows"
            )
        twice = (same_trajectory & (turn == 0)).nonzero()
        if twice.numel():
            r = int(twice[0])
            key = (int(self.episode_R[r]), int(self.seat_R[r]), int(self.turn_R[r]))
            raise ValueError(
                f"(episode, seat, turn) {key} is given twice: keep one row a turn"
            )

    @cached_property
    def starts(self) -> Tensor:
        """Row offsets of the trajectories: [N+1]."""
        # A trajectory begins wherever the episode or the seat changes.
        new = (self.episode_R.diff() != 0) | (self.seat_R.diff() != 0)
        inner = new.nonzero().flatten() + 1
        rows = self.reward_R.numel()
        opening = inner.new_zeros(int(rows > 0))
        return torch.cat([opening, inner, inner.new_tensor([rows])])

    @cached_property
    def trajectory(self) -> Tensor:
        """Trajectory number of every row: [R]."""
        return span_ids(self.starts)

    @cached_property
    def cohort(self) -> Tensor:
        """Number of the set that each trajectory is compared with: [N], same group, same seat."""
        first = self.starts[:-1]
        # Seats have different parts in a task, so they are never compared with each other.
        seat_N = self.seat_R[first]
        seats = 1
        if seat_N.numel():
            seats = int(seat_N.max()) + 1
        return unique_ids(self.group_R[first] * seats + seat_N)

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
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def place(self, row: int) -> str:
        """Return in words which episode, seat and turn a row is."""
        episode, seat = int(self.episode_R[row]), int(self.seat_R[row])
        return f"episode {episode}, seat {seat}, turn {int(self.turn_R[row])}"

    def own(self) -> "Trajectories":
        """Return the batch with only the seats' own tokens."""
        # Most batches hold no tokens of the game, and need no copy.
        if self.all_own:
            return self
        count_R = torch.zeros_like(self.offsets[1:])
        count_R.index_add_(0, span_ids(self.offsets), self.mask_K.long())
        own_tokens = {name: getattr(self, name)[self.mask_K] for name in _OF_TOKENS}
        return dataclasses.replace(self, offsets=_offsets(count_R), **own_tokens)

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
    """Build a batch from rows in any order, in float64."""
    unsorted = list(rows)

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
        logprob_K=_flat([_or_each(row.logprobs, 0.0, row) for row in in_order]),
        token_reward_K=_flat(
            [_or_each(row.token_rewards, 0.0, row) for row in in_order]
        ),
        mask_K=_flat([_or_each(row.mask, True, row) for row in in_order]).bool(),
    )


def from_padded(
    rows: Iterable[Row], real_RL: Tensor, tokens_RL: dict[str, Tensor]
) -> Trajectories:
    """Build a batch from padded token matrices [R, L]. Nothing is read where `real_RL` is False.

    `tokens_RL` may hold values, logprobs, token_rewards and mask.
    """
    columns = {name: matrix.tolist() for name, matrix in tokens_RL.items()}
    is_real = real_RL.tolist()
    unpadded = []
    for r, row in enumerate(rows):
        places = [k for k, real in enumerate(is_real[r]) if real]
        spans: dict[str, Any] = {"values": [0.0] * len(places)}
        for name, column in columns.items():
            spans[name] = [column[r][k] for k in places]
        unpadded.append(dataclasses.replace(row, **spans))
    return from_rows(unpadded)


def intern_anchors(anchors: Iterable[Hashable]) -> Tensor:
    """Number equal anchors equally, from 0 in order of appearance, with -1 for None."""
    table: dict[Hashable, int] = {None: -1}
    numbers = [table.setdefault(anchor, len(table) - 1) for anchor in anchors]
    return _long(numbers)


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
    return torch.cat([torch.zeros(1, dtype=torch.long), count_R.cumsum(0)])
