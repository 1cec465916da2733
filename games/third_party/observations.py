"""Observations of any space: as numbers of a fixed count for learners, as facts for models."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from shapley_coop.errors import GameError

MOST_FACTS = 64
"""Numbers of an array that facts show. Of a larger one they show the mean."""
MOST_TEXT = 4000
"""Characters of a text that facts show."""
MOST_FEATURES = 1024
IMAGE_SIDE = 32
"""Pixels a side that a large picture is thinned to."""
MASK = "action_mask"
"""The part of an observation that says which actions are legal. Facts and features leave it out."""
LARGEST = float(np.finfo(np.float32).max)


def without_mask(observation: Any) -> Any:
    """Return an observation without its mask, and without a dict around the rest of it."""
    if not isinstance(observation, Mapping):
        return observation
    parts = {key: part for key, part in observation.items() if key != MASK}
    if list(parts) == ["observation"]:
        return parts["observation"]
    return parts


def space_without_mask(space: Any) -> Any:
    """Return the space of what `without_mask` returns."""
    if not isinstance(space, spaces.Dict):
        return space
    parts = {key: part for key, part in space.spaces.items() if key != MASK}
    if list(parts) == ["observation"]:
        return parts["observation"]
    return spaces.Dict(parts)


def count_numbers(space: Any) -> int:
    """Return how many numbers the features of a space are, as many for each of its values."""
    if isinstance(space, spaces.Text):
        count = space.max_length
    elif isinstance(space, spaces.Dict):
        count = sum(count_numbers(part) for part in space.spaces.values())
    elif isinstance(space, spaces.Tuple):
        count = sum(count_numbers(part) for part in space.spaces)
    elif space.shape is None:
        # Sequences, graphs and the like have no fixed length.
        count = MOST_FEATURES
    elif _is_picture(space.shape):
        count = _thinned(np.zeros(space.shape)).size
    else:
        count = math.prod(space.shape)
    return min(count, MOST_FEATURES)


def numbers(space: Any, observation: Any) -> NDArray[np.float64]:
    """Return an observation as `count_numbers(space)` numbers, each at a place of its own.

    What is missing is 0, what is too much is cut, and large pictures become grey and few.
    """
    parts: list[NDArray[np.float64]] = []
    if isinstance(space, spaces.Dict) and isinstance(observation, Mapping):
        for key, part in space.spaces.items():
            parts.append(numbers(part, observation.get(key)))
    elif isinstance(space, spaces.Tuple) and isinstance(observation, tuple | list):
        for part, value in zip(space.spaces, observation, strict=False):
            parts.append(numbers(part, value))
    else:
        parts.append(_flat(observation))
    row = np.concatenate(parts) if parts else np.zeros(0)
    width = count_numbers(space)
    padded = np.zeros(width)
    padded[: len(row)] = row[:width]
    return padded


def json_value(observation: Any) -> Any:
    """Return an observation as a JSON value that a model can read.

    Raises:
        GameError: it holds something that is neither number nor text.
    """
    if observation is None or isinstance(observation, bool):
        return observation
    if isinstance(observation, str):
        return observation[:MOST_TEXT]
    if isinstance(observation, Mapping):
        return {str(key): json_value(part) for key, part in observation.items()}
    if isinstance(observation, tuple | list) and not _is_plain(observation):
        return [json_value(part) for part in observation]
    array = as_array(observation)
    if array.size > MOST_FACTS:
        return {"shape": list(array.shape), "mean": round(float(array.mean()), 4)}
    return array.round(4).tolist()


def as_array(value: Any) -> NDArray[Any]:
    """Return numbers as an array without anything infinite, since facts are JSON."""
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise GameError(
            f"an observation holds a {type(value).__name__}, which is neither numbers nor text"
        )
    if array.dtype.kind != "f":
        return array
    # What a learner's float32 can hold, so that nothing overflows on the way there.
    finite = np.nan_to_num(array.astype(np.float64))
    return finite.clip(-LARGEST, LARGEST)


def _is_plain(values: tuple[Any, ...] | list[Any]) -> bool:
    """Return whether a sequence is of numbers alone."""
    return all(isinstance(value, int | float | np.number) for value in values)


def _flat(observation: Any) -> NDArray[np.float64]:
    """Return an observation as a row of numbers, whatever its length."""
    if observation is None:
        return np.zeros(0)
    if isinstance(observation, str):
        return np.array([ord(letter) for letter in observation], np.float64)
    if isinstance(observation, Mapping):
        # The order of a dict may differ from step to step.
        ordered = sorted(observation, key=str)
        return _joined([observation[key] for key in ordered])
    if isinstance(observation, tuple | list) and not _is_plain(observation):
        return _joined(list(observation))
    array = as_array(observation).astype(np.float64)
    if _is_picture(array.shape):
        array = _thinned(array)
    return array.ravel()


def _joined(parts: list[Any]) -> NDArray[np.float64]:
    rows = [_flat(part) for part in parts]
    return np.concatenate(rows) if rows else np.zeros(0)


def _is_picture(shape: tuple[int, ...]) -> bool:
    return len(shape) == 3 and math.prod(shape) > MOST_FEATURES


def _thinned(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a large picture in grey, at most `IMAGE_SIDE` pixels a side."""
    height, width, _ = picture.shape
    row_step = math.ceil(height / IMAGE_SIDE)
    column_step = math.ceil(width / IMAGE_SIDE)
    grey: NDArray[np.float64] = picture.mean(axis=2)
    return grey[::row_step, ::column_step]
