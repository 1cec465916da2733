"""Work evidence from the engine's own log of a software team."""

from dataclasses import replace

import pytest

from swe_sim.team.evidence import work_counts, work_shares
from swe_sim.team.game import SoftwareTeam
from swe_sim.workers.skills import FAULT_KINDS
from swe_sim.workers.team import USUAL, Workers
from tests.swe_sim.workers.plays import play_steps


@pytest.fixture(scope="module")
def team():
    return SoftwareTeam(task="bmi-calculator-0")


def desk_of(team, skills, seed=1):
    stage, _ = play_steps(team, Workers(skills), seed)
    return stage.desk


def test_everybody_is_counted_for_what_it_did(team):
    desk = desk_of(team, replace(USUAL, solves=1.0))
    counts = work_counts(desk, team.seats)
    lines = [
        line for line in team.task.reference["bmi.py"].splitlines() if line.strip()
    ]
    assert counts["programmer_0"] == {
        "code": len(lines),
        "decisions": 0,
        "documents": 0,
        "fixes": 0,
    }
    assert counts["cpo"]["documents"] == 2
    assert counts["reviewer"]["decisions"] == 1
    assert counts["tester"]["decisions"] == 1
    shares = work_shares(desk, team.seats)
    assert sum(shares.values()) == pytest.approx(1)
    assert max(shares, key=shares.get) == "programmer_0"


def test_a_fix_is_that_of_who_saw_it_and_of_who_mended_it(team):
    seeing = dict.fromkeys(FAULT_KINDS, 1.0)
    skills = replace(
        USUAL, solves=0.0, lifts={}, reviewer_catches=seeing, tester_finds={}, mends=1.0
    )
    counts = work_counts(desk_of(team, skills), team.seats)
    assert counts["programmer_0"]["fixes"] == 1
    assert counts["reviewer"]["fixes"] == 1
    assert counts["tester"]["fixes"] == 0


def test_a_move_that_came_to_nothing_is_no_work(team):
    team = team.fresh()
    team.apply({**dict.fromkeys(team.agents, "idle"), "cpo": "brief"})
    assert work_counts(team.desk, team.seats)["cpo"]["documents"] == 0
