"""What TensorBoard's own reader finds in a folder."""

import pytest

READER = "tensorboard.backend.event_processing.event_accumulator"


def scalars(folder):
    reader = pytest.importorskip(READER).EventAccumulator(str(folder))
    reader.Reload()
    return {
        tag: [(event.step, event.value) for event in reader.Scalars(tag)]
        for tag in reader.Tags()["scalars"]
    }
