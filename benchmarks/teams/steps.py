"""Which step of a noisy failure is to blame, beside `trajectory-causal-attribution` 1.0.0.

`pip install trajectory-causal-attribution==1.0.0`, then `python -m benchmarks.teams.steps [N]`.
An agent takes six steps, each of which goes wrong by chance, and fails by chance more often the
more of them went wrong. A recorded failure is attributed: a step that is present is held as
recorded, one that is absent is taken anew. Both sides use that package's recorder and replays, on
the same recording, with equal runs of the agent. The truth is the Shapley values of the chance to
fail, by enumeration.
"""

from __future__ import annotations

import sys
from itertools import product
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shapley_coop.shapley import exact
from shapley_coop.teams import attribute as teams

if TYPE_CHECKING:
    from agent_replay import Trajectory

REPEATS = 200
PAIRS, ROLLOUTS = 8, 4
"""Their default pairs of orders, and runs of a coalition. Both sides make 448 runs with these."""
BAR = 0.4
STEPS = ("plan", "search", "read", "draft", "review", "send")
CHANCES = (0.4, 0.5, 0.3, 0.4, 0.6, 0.5)
"""How likely each step goes wrong when it is taken."""
INSTALL = "pip install trajectory-causal-attribution==1.0.0"


class Attempt(NamedTuple):
    """What one side made of a recorded failure."""

    values: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    runs: int


class Tally:
    """How far one side was off, over all failures."""

    def __init__(self) -> None:
        self.runs: set[int] = set()
        self._errors: list[float] = []
        self._covered: list[float] = []

    def add(self, attempt: Attempt, truth: NDArray[np.float64]) -> None:
        """Take in one failure."""
        self.runs.add(attempt.runs)
        self._errors.append(float(((attempt.values - truth) ** 2).sum()))
        inside = (attempt.low <= truth) & (truth <= attempt.high)
        self._covered.append(float(inside.mean()))

    @property
    def error(self) -> float:
        """The squared error, summed over steps, a mean over failures."""
        return fmean(self._errors)

    @property
    def coverage(self) -> float:
        """How many intervals hold the truth, as a part of 1."""
        return fmean(self._covered)


def chance_to_fail(wrong: tuple[bool, ...]) -> float:
    """Return how likely the agent fails, given which of its steps went wrong."""
    plan, search, read, draft, review, send = wrong
    chance = 0.05 + 0.10 * plan + 0.15 * send
    # A bad search does harm only if the review lets it pass, and a bad draft alone suffices.
    chance += 0.35 * (search and review) + 0.25 * draft
    return chance + 0.05 * (read and plan)


def true_values(recorded: tuple[bool, ...]) -> NDArray[np.float64]:
    """Return the Shapley values of the chance to fail, held steps against steps taken anew."""
    n = len(STEPS)
    table = np.zeros(1 << n)
    for held in range(1 << n):
        for anew in product((False, True), repeat=n):
            weight = 1.0
            wrong = []
            for step, chance in enumerate(CHANCES):
                is_held = bool(held >> step & 1)
                weight *= chance if anew[step] else 1 - chance
                wrong.append(recorded[step] if is_held else anew[step])
            table[held] += weight * chance_to_fail(tuple(wrong))
    return exact(table).values


class CountedAgent:
    """The agent as their recorder calls it, which counts how often it runs."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, context: Any) -> dict[str, Any]:
        """Take all steps and return whether the run failed, and which steps went wrong."""
        self.runs += 1
        wrong = []
        for name, chance in zip(STEPS, CHANCES, strict=True):
            wrong.append(bool(context.tool(name, produce=_step(context, chance))))
        failed = context.rng.random() < chance_to_fail(tuple(wrong))
        return {"failed": failed, "wrong": wrong}


def _step(context: Any, chance: float) -> Any:
    return lambda: context.rng.random() < chance


def passed(result: dict[str, Any]) -> float:
    """Return 1 for a run that did not fail."""
    return 0.0 if result["failed"] else 1.0


def recorded_failure(seed: int) -> Trajectory:
    """Return the first failure from a seed on."""
    from agent_replay import record

    agent = CountedAgent()
    while True:
        trajectory = record(
            agent, {}, session_id=f"s{seed}", seed=seed, verifier=passed
        )
        if trajectory.outcome_score == 0:
            return trajectory
        seed += 1_000_000


def attempt_theirs(trajectory: Trajectory, seed: int) -> Attempt:
    """Attribute a failure by their estimator."""
    from agent_replay import attribute

    agent = CountedAgent()
    result = attribute(
        trajectory,
        agent,
        passed,
        rollouts=ROLLOUTS,
        method="shapley",
        permutation_pairs=PAIRS,
        base_seed=seed,
    )
    steps = sorted(result.steps, key=lambda step: step.index)
    return Attempt(
        values=np.array([step.shapley for step in steps]),
        low=np.array([step.shapley_ci.low for step in steps]),
        high=np.array([step.shapley_ci.high for step in steps]),
        runs=agent.runs,
    )


def attempt_ours(trajectory: Trajectory, seed: int, budget: int) -> Attempt:
    """Attribute a failure by `attribute`: the steps are the members of a team."""
    from agent_replay import ReplayPlan, replay

    agent = CountedAgent()

    def fails(present: frozenset[str]) -> bool:
        held = {STEPS.index(name) for name in present}
        plan = ReplayPlan.coalition(held)
        # Every run is a draw of its own, as theirs are.
        result = replay(agent, trajectory, plan, seed=seed * 1_000_003 + agent.runs)
        return bool(result["failed"])

    credit = teams.attribute(fails, members=STEPS, budget=budget, seed=seed, workers=1)
    low, high = credit.estimate.interval()
    return Attempt(credit.estimate.values, low, high, agent.runs)


def main(arguments: list[str]) -> int:
    """Print both sides and return 1 if ours misses the bar."""
    try:
        import agent_replay  # noqa: F401 - only to tell early that it is missing
    except ImportError:
        print(f"this benchmark needs another package beside ours: {INSTALL}")
        return 2
    repeats = int(arguments[0]) if arguments else REPEATS
    tallies = {"theirs": Tally(), "ours": Tally()}
    for seed in range(1, repeats + 1):
        trajectory = recorded_failure(seed)
        truth = true_values(tuple(trajectory.result["wrong"]))
        theirs = attempt_theirs(trajectory, seed)
        tallies["theirs"].add(theirs, truth)
        tallies["ours"].add(attempt_ours(trajectory, seed, theirs.runs), truth)
    print("| estimator | runs | squared error | intervals that hold the truth |")
    print("|---|---|---|---|")
    for name, tally in tallies.items():
        runs = ", ".join(str(number) for number in sorted(tally.runs))
        print(f"| {name} | {runs} | {tally.error:.5f} | {tally.coverage:.1%} |")
    ratio = tallies["ours"].error / tallies["theirs"].error
    print(f"\nsquared error over theirs: {ratio:.2f} (bar: {BAR}), {repeats} failures")
    is_covered = 0.90 <= tallies["ours"].coverage <= 0.99
    return 0 if ratio <= BAR and is_covered else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
