"""Prompts and answers as numbers of tokens, in one flat array, and how they become batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CHUNK = 2000
"""Rows among which rows of about one length are put together."""


@dataclass(frozen=True)
class TokenRows:
    """Rows of tokens: a prompt, then the answer to learn."""

    tokens: NDArray[np.uint16]
    """The tokens of all rows, one row after the other."""
    ends: NDArray[np.int64]
    """Where each row ends."""
    prompts: NDArray[np.int32]
    """How many tokens of each row are its prompt."""

    @classmethod
    def of(cls, rows: Sequence[tuple[Sequence[int], Sequence[int]]]) -> TokenRows:
        """Return the rows of prompts and answers."""
        lengths = [len(prompt) + len(answer) for prompt, answer in rows]
        tokens = [token for row in rows for part in row for token in part]
        return cls(
            np.array(tokens, np.uint16),
            np.cumsum(lengths, dtype=np.int64),
            np.array([len(prompt) for prompt, _ in rows], np.int32),
        )

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.ends)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The tokens of each row."""
        return np.diff(self.ends, prepend=0)

    def row(self, index: int) -> NDArray[np.uint16]:
        """Return the tokens of one row."""
        start = self.ends[index - 1] if index else 0
        return self.tokens[start : self.ends[index]]

    def save(self, path: Path) -> None:
        """Write all rows to an .npz file."""
        with path.open("wb") as stream:
            np.savez_compressed(
                stream, tokens=self.tokens, ends=self.ends, prompts=self.prompts
            )

    @classmethod
    def load(cls, path: Path) -> TokenRows:
        """Return the rows of an .npz file."""
        with np.load(path) as arrays:
            return cls(arrays["tokens"], arrays["ends"], arrays["prompts"])


@dataclass(frozen=True)
class TokenBatch:
    """Rows side by side, padded at their ends."""

    tokens: NDArray[np.int64]
    """(rows, length). Nothing looks at what comes after it, so padding needs no mask."""
    positions: NDArray[np.int64]
    """Where in `tokens`, flattened, a next token is to be learned."""
    targets: NDArray[np.int64]
    """Which token that is."""
    count: int
    """The tokens of its rows, padding left out."""


def batches(
    rows: TokenRows, rng: np.random.Generator, most_tokens: int
) -> Iterator[TokenBatch]:
    """Yield every row once, in batches of at most so many tokens, padding counted.

    Rows are shuffled, then sorted by length within chunks. Sorted as a whole, equal prompts would
    fill whole batches, and are then learned badly.
    """
    groups = []
    order = rng.permutation(len(rows))
    for start in range(0, len(order), CHUNK):
        chunk = order[start : start + CHUNK]
        chunk = chunk[np.argsort(rows.lengths[chunk], kind="stable")]
        groups += _groups(chunk, rows.lengths[chunk], most_tokens)
    for number in rng.permutation(len(groups)):
        yield make_batch(rows, groups[number])


def make_batch(rows: TokenRows, indices: Sequence[int]) -> TokenBatch:
    """Return some rows as one batch."""
    parts = [rows.row(index) for index in indices]
    longest = max(map(len, parts))
    tokens = np.zeros((len(parts), longest), np.int64)
    positions, targets = [], []
    for number, (index, part) in enumerate(zip(indices, parts, strict=True)):
        tokens[number, : len(part)] = part
        prompt = int(rows.prompts[index])
        # The token before the first one of the answer is where that one is foretold.
        positions.append(number * longest + np.arange(prompt - 1, len(part) - 1))
        targets.append(part[prompt:])
    return TokenBatch(
        tokens=tokens,
        positions=np.concatenate(positions),
        targets=np.concatenate(targets).astype(np.int64),
        count=sum(map(len, parts)),
    )


def _groups(
    ordered: NDArray[np.int64], lengths: NDArray[np.int64], most_tokens: int
) -> list[list[int]]:
    """Return rows, sorted by length, in groups that fit into a batch. A long one stands alone."""
    groups: list[list[int]] = [[]]
    for index, length in zip(ordered.tolist(), lengths.tolist(), strict=True):
        # The longest row of a group comes last, and all are padded to its length.
        if groups[-1] and (len(groups[-1]) + 1) * length > most_tokens:
            groups.append([])
        groups[-1].append(index)
    return groups
