"""Every error of the project can be sent to another process and comes back whole."""

import inspect
import pickle

import pytest

from shapley_coop import errors

PUBLIC = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.ShapleyCoopError)
]


@pytest.mark.parametrize("kind", PUBLIC)
def test_every_public_error_keeps_its_message_and_fields(kind):
    error = kind("out of order")
    error.field = "limits.cost"
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is kind
    assert str(back) == "out of order"
    assert back.__dict__ == error.__dict__
