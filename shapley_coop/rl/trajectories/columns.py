"""What a batch of trajectories stores, one tensor a column, and what must be true of it."""

import dataclasses
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from shapley_coop.rl.trajectories.gate import (
    as_data,
    as_truth,
    as_whole,
    require_finite,
)

# What is calculated with, what is true or false, and all that is said of single tokens.
_NUMBERS = ("reward_R", "value_K", "logprob_K", "token_reward_K")
_TRUTHS = ("valid_R", "ended_R", "mask_K")
OF_TOKENS = ("value_K", "logprob_K", "token_reward_K", "mask_K")


@dataclass(frozen=True)
class Columns:
    """Columns of R rows [R] and K tokens [K]. `Trajectories` says more."""

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
    """Natural logarithm of the sampling probability, NaN where it is unknown."""
    token_reward_K: Tensor
    mask_K: Tensor

    def __post_init__(self) -> None:
        """Raise ValueError when rows are out of order or repeated, or lengths disagree."""
        for field in dataclasses.fields(self):
            x = getattr(self, field.name)
            if field.name in _NUMBERS:
                x = as_data(x)
            elif field.name in _TRUTHS:
                x = as_truth(x)
            else:
                x = as_whole(x, field.name)
            # The only way to set a field of a frozen dataclass while it is made.
            object.__setattr__(self, field.name, x)
        self._check_sizes()
        self._check_order()
        self._check_numbers()

    def _check_sizes(self) -> None:
        rows, tokens = self.reward_R.numel(), self.value_K.numel()
        for field in dataclasses.fields(self):
            expected = rows
            if field.name == "offsets":
                expected = rows + 1
            elif field.name.endswith("_K"):
                expected = tokens
            x = getattr(self, field.name)
            if x.shape != (expected,):
                raise ValueError(
                    f"{field.name} has shape {tuple(x.shape)}, expected ({expected},)"
                )
            if x.device != self.device:
                raise ValueError(
                    f"{field.name} is on {x.device}, and offsets on {self.device}: give all "
                    "tensors on one device"
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
        changes = (same_episode & (self.group_R.diff() != 0)).nonzero()
        if changes.numel():
            place = self.place(int(changes[0]) + 1)
            raise ValueError(
                f"the group changes inside an episode, at {place}: give all rows of an episode "
                "the group of its task"
            )
        twice = (same_trajectory & (turn == 0)).nonzero()
        if twice.numel():
            r = int(twice[0])
            key = (int(self.episode_R[r]), int(self.seat_R[r]), int(self.turn_R[r]))
            raise ValueError(
                f"(episode, seat, turn) {key} is given twice: keep one row a turn"
            )

    def _check_numbers(self) -> None:
        require_finite(self.reward_R, "reward_R", self.place)
        for name in ("value_K", "token_reward_K"):
            # What the game said may hold anything, since no method looks at it.
            require_finite(getattr(self, name), name, self.place_of_token, self.mask_K)

    @property
    def device(self) -> torch.device:
        """The device that all tensors of the batch are on, and all results for it."""
        return self.offsets.device

    def to(self, device: torch.device | str) -> Self:
        """Return the batch on another device."""
        columns = {
            field.name: getattr(self, field.name).to(device)
            for field in dataclasses.fields(self)
        }
        return type(self)(**columns)

    def place(self, row: int) -> str:
        """Return in words which episode, seat and turn a row is."""
        episode, seat = int(self.episode_R[row]), int(self.seat_R[row])
        return f"episode {episode}, seat {seat}, turn {int(self.turn_R[row])}"

    def place_of_token(self, token: int) -> str:
        """Return in words which token of which row a token is."""
        row = int((self.offsets[1:] <= token).sum())
        number = token - int(self.offsets[row])
        return f"token {number} of {self.place(row)}"
