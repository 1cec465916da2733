"""Work evidence from the engine's own log of a software team."""

from dataclasses import replace

import pytest

from games.escape_room.paper import EscapeRoom
from shapley_coop.errors import ConfigError
from swe_sim.evidence.team import team_shares, work_counts
from swe_sim.team.game import SoftwareTeam
from swe_sim.workers.skills import FAULT_KINDS
from swe_sim.workers.team import USUAL, Workers
from tests.swe_sim.workers.plays import play_steps


@pytest.fixture(scope="module")
def team():
    return SoftwareTeam(task="bmi-calculator-0")


def counts_of(team, skills, seed=1):
    _, steps = play_steps(team, Workers(skills), seed)
    return work_counts(team, seed, steps), steps


def test_everybody_is_counted_for_what_it_did(team):
    counts, steps = counts_of(team, replace(USUAL, solves=1.0))
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
    shares = team_shares(team, 1, steps)
    assert sum(shares.values()) == pytest.approx(1)
    assert max(shares, key=shares.get) == "programmer_0"


def test_a_fix_is_that_of_who_saw_it_and_of_who_mended_it(team):
    seeing = dict.fromkeys(FAULT_KINDS, 1.0)
    skills = replace(
        USUAL, solves=0.0, lifts={}, reviewer_catches=seeing, tester_finds={}, mends=1.0
    )
    counts, _ = counts_of(team, skills)
    assert counts["programmer_0"]["fixes"] == 1
    assert counts["reviewer"]["fixes"] == 1
    assert counts["tester"]["fixes"] == 0


def test_other_games_have_no_evidence():
    with pytest.raises(ConfigError, match="no software team"):
        work_counts(EscapeRoom(), 0, [])
