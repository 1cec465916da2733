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


def _key_part(part: int | str) -> int:
    if isinstance(part, int):
        return part
    # Python's own hash of a text differs between processes, so a run could not be repeated.
    digest = blake2b(part.encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")
