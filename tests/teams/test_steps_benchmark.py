"""The benchmark of failing steps: its closed-form truth, and what it says where it cannot run."""

import sys

import numpy as np
import pytest

from benchmarks.teams import steps


def test_the_truth_shares_out_what_holding_all_steps_adds_to_the_chance_to_fail():
    recorded = (True, True, False, False, True, False)
    rng = np.random.default_rng(0)
    draws = rng.random((20_000, len(steps.STEPS))) < steps.CHANCES
    unheld = np.mean([steps.chance_to_fail(tuple(row)) for row in draws])
    gain = steps.chance_to_fail(recorded) - unheld
    assert steps.true_values(recorded).sum() == pytest.approx(gain, abs=0.01)


def test_a_step_that_was_as_likely_as_its_chance_brings_nothing(monkeypatch):
    # A step that always goes wrong is the same held or taken anew.
    monkeypatch.setattr(steps, "CHANCES", (0.4, 0.5, 0.3, 1.0, 0.6, 0.5))
    assert steps.true_values((True,) * 6)[3] == pytest.approx(0.0, abs=1e-12)


def test_without_the_other_package_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "agent_replay", None)
    assert steps.main([]) == 2
    assert steps.INSTALL in capsys.readouterr().out
