"""Measured credit of rule workers beside their closed form: how often intervals hold the truth."""

from __future__ import annotations

import tempfile
from math import inf
from pathlib import Path

from scipy.stats import t

import shapley_coop as sc
from swe_sim.team.game import SoftwareTeam
from swe_sim.workers.closed_form import ClosedForm
from swe_sim.workers.team import USUAL

TASKS = ("bmi-calculator-0", "drawing-canvas-0", "broken-ledger-0")
SEEDS = 20
REPLICATES = 16
LEVEL = 0.95


def coverage() -> str:
    """Return how many intervals of six seats hold the exact Shapley value, over seeds and tasks."""
    reach = float(t.ppf((1 + LEVEL) / 2, REPLICATES - 1))
    covered = made = 0
    by_task = []
    for name in TASKS:
        truth = ClosedForm(SoftwareTeam(task=name), USUAL).shapley()
        here = of = 0
        for seed in range(SEEDS):
            values, errors = _measured(name, seed)
            for seat, exact in truth.items():
                # Draws that are all alike tell nothing of their error.
                width = reach * errors[seat] if errors[seat] > 0 else inf
                if width == inf:
                    continue
                of += 1
                here += abs(values[seat] - exact) <= width
        by_task.append(f"{name} {here} of {of}")
        covered, made = covered + here, made + of
    return (
        f"coverage: {covered} of {made} intervals at {LEVEL:.0%} hold the closed form, "
        f"{covered / made:.1%}; {REPLICATES} replicates, {SEEDS} seeds; {'; '.join(by_task)}"
    )


def _measured(name: str, seed: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return the credit of one episode by rollout, with its standard errors."""
    with tempfile.TemporaryDirectory() as folder:
        result = sc.play(
            SoftwareTeam.name,
            agent="rule-team",
            protocol="solo",
            seed=seed,
            worth="rollout",
            runs_dir=Path(folder),
            settings={"game.task": name, "worth.replicates": REPLICATES},
        )
        credit = result.episodes[0].credit
    assert credit is not None
    return credit.values, credit.stderr
