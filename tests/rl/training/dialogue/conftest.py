"""One run for all tests of a module."""

import pytest

from tests.rl.training.dialogue.stored import run_of


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Return a run in which drawn answers sit at both seats."""
    return run_of({"id": "escape-room"}, tmp_path_factory.mktemp("runs"))
