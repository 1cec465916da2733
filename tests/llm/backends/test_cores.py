"""How many cores a model may use."""

import os

from shapley_coop.llm.backends.cores import idle_cores


def test_idle_cores_are_read_and_never_guessed(tmp_path):
    assert 0 <= idle_cores() <= (os.cpu_count() or 1)
    assert idle_cores(tmp_path / "absent", 0) == 0
    foreign = tmp_path / "stat"
    foreign.write_text("load 0.5\n")
    assert idle_cores(foreign, 0) == 0
