"""Gates on credit: verdicts that stand, and how often the looks at the runs may err."""

import asyncio

import numpy as np
import pytest

from shapley_coop.shapley.evaluation.stopping import Progress
from shapley_coop.shapley.result import Estimate
from shapley_coop.teams.attribute import attribute_team
from shapley_coop.teams.demands import parse_demand
from shapley_coop.teams.gate import DemandGate
from shapley_coop.teams.plan import AttributionPlan
from shapley_coop.teams.team import team_of

MEMBERS = ["ann", "bob", "cyd"]


def look(gate, runs, value, stderr):
    """Show a gate an estimate of three members, who are equal if the value is one number."""
    errors = np.full(3, stderr)
    estimate = Estimate(
        values=np.broadcast_to(value, 3),
        stderr=errors,
        evaluations=runs,
        method="process",
        reason="",
        empty=0.0,
        grand=float(np.broadcast_to(value, 3).sum()),
        noise_stderr=errors,
    )
    return gate.rule().is_met(Progress(runs, 0.0, 0.0, estimate))


def slow(seed):
    """Return a team of eight at once, where ann's part hides in the noise."""
    dice = np.random.default_rng(seed)

    async def team(present):
        await asyncio.sleep(float(dice.uniform(0, 0.002)))
        return 0.3 * ("ann" in present) + float(dice.normal(scale=0.5))

    return team


def ask(seed, log=None, **plan):
    gate = DemandGate([parse_demand("ann > 0", MEMBERS)], MEMBERS, 400)
    how = AttributionPlan(budget=400, seed=seed, workers=8, log=log, **plan)
    run = attribute_team(team_of(slow(seed), MEMBERS), MEMBERS, how, gate=gate)
    found = asyncio.run(run)
    return found, gate.outcomes(found)[0]


@pytest.mark.parametrize("seed", range(8))
def test_what_a_look_decided_stands_and_the_log_tells_it_again(seed, tmp_path):
    log = tmp_path / "runs.jsonl"
    found, outcome = ask(seed, log)
    # Whoever stops before the budget is spent has an answer.
    assert found.runs == 400 or outcome.status != "undecided"
    again, replayed = ask(seed, log, replay=True)
    assert again.paid_runs == 0
    assert replayed == outcome


def test_runs_that_were_in_flight_do_not_take_a_verdict_back():
    gate = DemandGate([parse_demand("ann > 0", MEMBERS)], MEMBERS, 100)
    assert look(gate, 50, 1.0, 0.1)
    # The same gate asked again is asked about what came in since, and has its answer.
    assert look(gate, 58, 0.0, 1.0)
    copy = DemandGate([parse_demand("ann > 0", MEMBERS)], MEMBERS, 100)
    copy.recall(gate.as_json())
    assert copy.as_json() == gate.as_json()


def test_a_demand_that_one_look_decided_need_not_be_decided_with_the_others():
    texts = ["ann > 0", "bob > 2"]
    gate = DemandGate([parse_demand(text, MEMBERS) for text in texts], MEMBERS, 100)
    assert not look(gate, 40, 2.0, 0.2)
    assert look(gate, 80, 2.3, 0.05)


@pytest.mark.parametrize("demands", [1, 3])
def test_all_looks_at_all_demands_err_no_more_often_than_stated(demands):
    # Of a value that is no better than a coin at every look, each look is a draw of its own, which
    # is the worst case.
    dice = np.random.default_rng(5)
    asked = [parse_demand(f"{name} > 0", MEMBERS) for name in MEMBERS[:demands]]
    wrong = 0
    for _ in range(2000):
        gate = DemandGate(asked, MEMBERS, 100)
        for runs in range(4, 101, 4):
            look(gate, runs, dice.normal(size=3), 1.0)
        wrong += bool(gate.as_json()["verdicts"])
    assert 0.03 < wrong / 2000 < 0.06


def test_a_demand_that_is_asked_twice_is_one_demand():
    once = DemandGate([parse_demand("ann > 0", MEMBERS)], MEMBERS, 100)
    twice = DemandGate([parse_demand("ann > 0", MEMBERS)] * 2, MEMBERS, 100)
    # Two demands with half of the errors each would not be decided by so little.
    assert look(once, 80, 2.2, 1.0)
    assert look(twice, 80, 2.2, 1.0)


def test_a_gate_that_spent_its_error_decides_nothing_more():
    gate = DemandGate([parse_demand("ann > 0", MEMBERS)], MEMBERS, 100)
    assert not look(gate, 100, 1.0, 1.0)
    assert not look(gate, 100, 1.0, 0.01)
    assert not look(gate, 120, 1.0, 0.01)


@pytest.mark.parametrize(
    "kept", [{}, {"last_look": 3}, {"last_look": 3, "verdicts": 1}]
)
def test_verdicts_that_somebody_changed_are_not_recalled(kept):
    gate = DemandGate([parse_demand("ann > 0", MEMBERS)], MEMBERS, 100)
    with pytest.raises((KeyError, TypeError, ValueError)):
        gate.recall(kept)
    assert gate.as_json() == {"last_look": 0, "verdicts": {}}


def test_a_gate_without_demands_stops_nothing():
    assert DemandGate([], MEMBERS, 100).rule() is None
