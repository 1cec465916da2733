"""Every generator of a run, derived from its seed and its purpose. Nothing is global."""

from __future__ import annotations

import zlib
from hashlib import blake2b

import numpy as np


def generator(seed: int, *purpose: int | str) -> np.random.Generator:
    """Return the generator of one purpose, such as (episode, seat, "act")."""
    key = tuple(_key_part(part) for part in purpose)
    sequence = np.random.SeedSequence(seed, spawn_key=key)
    return np.random.default_rng(sequence)


def replicate_seed(seed: int, replicate: int) -> int:
    """Return the seed of one of several plays of the same coalition.

    The first of them draws as the episode itself does.
    """
    if replicate == 0:
        return seed
    sequence = np.random.SeedSequence(
        seed, spawn_key=(_key_part("replicate"), replicate)
    )
    (word,) = sequence.generate_state(1)
    return int(word)


def episode_seed(seed: int, episode: int) -> int:
    """Return the seed of an episode's game."""
    sequence = np.random.SeedSequence(seed, spawn_key=(episode,))
    (word,) = sequence.generate_state(1)
    return int(word)


def sampling_seed(seed: int, episode: int, seat: str, purpose: str, draw: int) -> int:
    """Return the seed by which a model draws one answer of a seat.

    It is below 2**31, as llama.cpp reads 2**32 - 1 as "any seed".
    """
    # These words are part of every recorded request, so they must stay as they are.
    seat_word = zlib.crc32(seat.encode())
    purpose_word = zlib.crc32(purpose.encode())
    words = (seed, episode, seat_word, purpose_word, draw)
    return int(np.random.SeedSequence(words).generate_state(1)[0] >> 1)


class Dice:
    """The generators of one play, which can tell afterwards whether chance had a say in it.

    Args:
        seed: all draws follow from it.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.is_seeded = True
        """Whether everybody decides by these generators alone, unlike a model or a person."""
        self._issued: list[tuple[np.random.Generator, Moment]] = []

    def generator(self, *purpose: int | str) -> np.random.Generator:
        """Return the generator of one purpose."""
        rng = generator(self.seed, *purpose)
        self._issued.append((rng, moment_of(rng)))
        return rng

    @property
    def drew_chance(self) -> bool:
        """Whether another seed could have led to another play so far."""
        if not self.is_seeded:
            return True
        return any(moment_of(rng) != moment for rng, moment in self._issued)


Moment = tuple[object, int]
"""Where a generator stands: its state, and how many children it has."""


def moment_of(rng: np.random.Generator) -> Moment:
    """Return where a generator stands. Two moments are equal if nothing was drawn in between."""
    bits = rng.bit_generator
    sequence = bits.seed_seq
    # Drawing from a child leaves its parent's state alone, but not the count of children.
    children = 0
    if isinstance(sequence, np.random.SeedSequence):
        children = sequence.n_children_spawned
    return bits.state, children


def _key_part(part: int | str) -> int:
    if isinstance(part, int):
        return part
    # Python's own hash of a text differs between processes, so a run could not be repeated.
    digest = blake2b(part.encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")
