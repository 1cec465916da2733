"""Every generator of a run, derived from its seed and what it is for; nothing is global."""

from __future__ import annotations

import zlib
from hashlib import blake2b

import numpy as np


def _key(part: int | str) -> int:
    if isinstance(part, int):
        return part
    return int.from_bytes(blake2b(part.encode(), digest_size=4).digest(), "big")


def generator(seed: int, *purpose: int | str) -> np.random.Generator:
    """Return the generator of one purpose, such as (episode, seat, "act")."""
    key = tuple(_key(part) for part in purpose)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def episode_seed(seed: int, episode: int) -> int:
    """Return the seed of an episode's game."""
    return int(np.random.SeedSequence(seed, spawn_key=(episode,)).generate_state(1)[0])


def sampling_seed(seed: int, episode: int, seat: str, purpose: str, draw: int) -> int:
    """Return the seed by which a model draws one answer of a seat.

    It is below 2**31, as llama.cpp reads 2**32 - 1 as "any seed".
    """
    # These words are part of every recorded request, so they must stay as they are.
    seat_word = zlib.crc32(seat.encode())
    purpose_word = zlib.crc32(purpose.encode())
    words = (seed, episode, seat_word, purpose_word, draw)
    return int(np.random.SeedSequence(words).generate_state(1)[0] >> 1)
