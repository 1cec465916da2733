"""Runs of teams of rule workers: how long they take, what reuse saves, and what nobody can pass."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import shapley_coop as sc
from shapley_coop.simulation.results import RunResult
from swe_sim.tasks import listing
from swe_sim.team import judging
from swe_sim.team.game import SoftwareTeam
from swe_sim.team.roles import DEFAULT_TEAM

AGENT = "rule-team"
RUNS = 100
IMPOSSIBLE_RUNS = 200
REPLICATES = 16


def impossible() -> str:
    """Return how many runs on impossible tasks pass. Any would be a fault of ours."""
    names = [row["id"] for row in listing() if row["impossible"]]
    share, more = divmod(IMPOSSIBLE_RUNS, len(names))
    passes = runs = 0
    for number, name in enumerate(names):
        episodes = share + (number < more)
        result = _play(name, episodes, seed=number, worth="realised")
        runs += len(result.episodes)
        passes += sum(episode.success for episode in result.episodes)
    return f"impossible: {passes} of {runs} runs on {len(names)} tasks pass"


def runs() -> str:
    """Return the seconds that a run of a team takes, and the share of it spent in the sandbox."""
    names = [row["id"] for row in listing() if not row["impossible"]]
    chosen = [names[number * len(names) // 20] for number in range(20)]
    with _timed_judge() as spent:
        began = perf_counter()
        done = passed = 0
        for number, name in enumerate(chosen):
            result = _play(name, RUNS // len(chosen), seed=number, worth="realised")
            done += len(result.episodes)
            passed += sum(episode.success for episode in result.episodes)
        seconds = perf_counter() - began
    share = spent["seconds"] / seconds
    return (
        f"runs: {done} of 6 seats on {len(chosen)} tasks, {passed} pass; "
        f"{seconds / done:.3f} s a run, {share:.0%} of it in the sandbox; tests asked for "
        f"{spent['asked']} times, run {spent['ran']} times"
    )


def reuse() -> str:
    """Return what reuse saves of the work for the values of all 64 coalitions."""
    game = SoftwareTeam()
    everyone = len(DEFAULT_TEAM)
    twins = set()
    for mask in range(1, 1 << everyone):
        members = [seat for bit, seat in enumerate(DEFAULT_TEAM) if mask >> bit & 1]
        twins.add(frozenset(game.worth_twin(members)))
    # Teams that are worth what nobody is are not played.
    twins.discard(frozenset())
    with _timed_judge() as spent:
        began = perf_counter()
        settings = {"worth.replicates": REPLICATES}
        result = _play(
            "bmi-calculator-0", 1, seed=0, worth="rollout", settings=settings
        )
        seconds = perf_counter() - began
    assert result.episodes[0].credit is not None
    whole = (1 << everyone) * REPLICATES
    saved = 1 - spent["ran"] / whole
    return (
        f"reuse: 64 coalitions in {REPLICATES} replicates are {whole} team works to test; "
        f"{len(twins)} coalitions play, tests are asked for {spent['asked']} times and run "
        f"{spent['ran']} times, {saved:.1%} saved; {seconds:.1f} s"
    )


def _play(
    name: str,
    episodes: int,
    *,
    seed: int,
    worth: str,
    settings: Mapping[str, Any] | None = None,
) -> RunResult:
    with tempfile.TemporaryDirectory() as folder:
        result = sc.play(
            SoftwareTeam.name,
            agent=AGENT,
            protocol="solo",
            episodes=episodes,
            seed=seed,
            worth=worth,
            runs_dir=Path(folder),
            settings={"game.task": name, **(settings or {})},
        )
        # The folder goes, so what is looked at later is read now.
        assert result.episodes
        return result


@contextmanager
def _timed_judge() -> Iterator[dict[str, float]]:
    """Count what is asked of the shared judge meanwhile, and the seconds in the sandbox."""
    judge = judging.shared_judge(False)
    asked, ran = judge.asked, judge.ran
    spent: dict[str, float] = {"seconds": 0.0}
    rate, script = judge.rate, judging.run_script

    def timed(function: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            began = perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                spent["seconds"] += perf_counter() - began

        return call

    judge.rate = timed(rate)  # type: ignore[method-assign]
    judging.run_script = timed(script)
    try:
        yield spent
    finally:
        judge.rate = rate  # type: ignore[method-assign]
        judging.run_script = script
        spent["asked"], spent["ran"] = judge.asked - asked, judge.ran - ran
