"""Nobody writes what is not its own, in no phase and by no way."""

from benchmarks.swe.writes import ROLES, SCRIPTS, count_writes, tries
from swe_sim.team.game import SoftwareTeam


def test_writes_across_roles_come_to_nothing():
    refused, succeeded = count_writes(120)
    assert succeeded == 0
    # Some of them are legal moves, such as code that a reviewer runs.
    assert 60 < refused < 120


def test_attempts_are_of_all_seats_and_ways():
    made = list(tries(SoftwareTeam(roles=ROLES)))
    assert {one.seat for one in made} == set(ROLES)
    for script in SCRIPTS:
        assert any(script.split("{")[0] in one.deed for one in made)
