"""Rule workers: they do what their skills say, and the closed form says what that is worth."""

from dataclasses import replace
from math import sqrt
from statistics import fmean, stdev

import numpy as np
import pytest

from games.escape_room.paper import EscapeRoom
from shapley_coop.errors import ConfigError
from swe_sim.tasks import task
from swe_sim.team.game import VALUE, SoftwareTeam
from swe_sim.team.roles import DEFAULT_TEAM
from swe_sim.workers.closed_form import ClosedForm
from swe_sim.workers.skills import FAULT_KINDS, Skills, portions
from swe_sim.workers.team import RULE_BLIND, RULE_TEAM, USUAL, Workers
from tests.swe_sim.workers.plays import play

TASK = "broken-ledger-0"
NEVER = dict.fromkeys(FAULT_KINDS, 0.0)
ALWAYS = dict.fromkeys(FAULT_KINDS, 1.0)
FAULTY = replace(
    USUAL, solves=0.0, lifts={}, reviewer_catches=NEVER, tester_finds=NEVER
)


@pytest.fixture(scope="module")
def team():
    return SoftwareTeam(task=TASK)


def only(team, *seats):
    return team.restrict([seat for seat in team.seats if seat in seats])


def test_a_sure_programmer_delivers_the_reference(team):
    done = play(team, Workers(replace(USUAL, solves=1.0)), 1)
    assert dict(done.desk.tree) == task(TASK).solution
    assert done.verdict().rate == 1.0
    assert done.desk.decisions == {"reviewer": True, "tester": True}


def test_a_faulty_programmer_delivers_one_fault_of_a_stated_kind(team):
    (part,) = portions(team.task, team.seats, FAULTY)
    ends = set()
    for seed in range(12):
        done = play(team, Workers(FAULTY), seed)
        fault = part.fault_in(done.desk.tree)
        assert fault is not None
        ends.add(fault.kind)
    assert len(ends) >= 3


@pytest.mark.parametrize("table", ["reviewer_catches", "tester_finds"])
def test_what_one_of_them_sees_is_told_and_mended(team, table):
    seeing = replace(FAULTY, mends=1.0, **{table: ALWAYS})
    done = play(team, Workers(seeing), 3)
    assert dict(done.desk.tree) == team.task.solution
    words = " ".join(remark.text for remark in done.desk.remarks)
    assert "a fault of kind" in words
    unheard = play(team, Workers(replace(seeing, mends=0.0)), 3)
    assert dict(unheard.desk.tree) != team.task.solution


def test_blind_checks_approve_what_fails(team):
    done = play(team, Workers(FAULTY), 3)
    assert done.verdict().rate < 1
    assert done.desk.decisions == {"reviewer": True, "tester": True}


def test_who_plans_raises_what_programmers_solve(team):
    skills = replace(FAULTY, lifts={"cpo": 0.6, "cto": 0.4})
    whole = play(only(team, "cpo", "cto", "programmer_0"), Workers(skills), 2)
    assert dict(whole.desk.tree) == team.task.solution
    form = ClosedForm(team, skills)
    assert form.value(["cpo", "cto", "programmer_0"]) == pytest.approx(VALUE)
    assert form.solving(["cto", "programmer_0"]) == pytest.approx(0.4)


def test_without_a_programmer_the_starting_tree_is_delivered(team):
    form = ClosedForm(team, USUAL)
    planners = [seat for seat in team.seats if seat != "programmer_0"]
    done = play(only(team, *planners), RULE_TEAM, 0)
    start = VALUE * done.verdict().rate
    assert start > 0
    assert form.value(planners) == form.value([]) == pytest.approx(start)
    assert team.worth_of_nobody() == pytest.approx(start)


def test_credit_for_the_starting_tree_belongs_to_nobody(team):
    due = ClosedForm(team, RULE_BLIND.skills).shapley()
    # Who approves whatever is there adds nothing to what was there before.
    assert due["reviewer"] == due["tester"] == pytest.approx(0, abs=1e-9)
    added = ClosedForm(team, RULE_BLIND.skills).value(team.seats)
    assert sum(due.values()) == pytest.approx(added - team.worth_of_nobody())
    sure = replace(RULE_BLIND.skills, solves=1.0, lifts={})
    alone = ClosedForm(team, sure).shapley()["programmer_0"]
    assert alone == pytest.approx(VALUE - team.worth_of_nobody())


@pytest.mark.parametrize(
    ("name", "roles", "members", "cost"),
    [
        (TASK, DEFAULT_TEAM, DEFAULT_TEAM, 0.0),
        (TASK, DEFAULT_TEAM, ("cto", "programmer_0", "tester"), 0.0),
        (TASK, DEFAULT_TEAM, ("ceo", "programmer_0", "reviewer"), 2.0),
        (
            "drawing-canvas-1",
            ("ceo", "programmer_0", "programmer_1", "reviewer"),
            ("ceo", "programmer_0", "programmer_1", "reviewer"),
            0.0,
        ),
    ],
)
def test_the_closed_form_is_the_mean_of_plays(name, roles, members, cost):
    skills = replace(USUAL, faults={"branch": 2.0, "return": 1.0})
    team = SoftwareTeam(task=name, roles=roles, cost=cost)
    coalition = only(team, *members)
    worths = []
    for seed in range(120):
        done = play(coalition, Workers(skills), seed)
        spent = cost * sum(done.desk.turns.values())
        worths.append(VALUE * done.verdict().rate - spent)
    truth = ClosedForm(team, skills).value(members)
    error = stdev(worths) / sqrt(len(worths))
    assert error > 0
    assert abs(fmean(worths) - truth) < 3.5 * error


@pytest.mark.parametrize(
    ("roles", "skills"),
    [
        (
            ("programmer_0", "reviewer_0", "reviewer_1"),
            replace(FAULTY, reviewer_catches=dict.fromkeys(FAULT_KINDS, 0.5)),
        ),
        (
            ("programmer_0", "tester_0", "tester_1", "tester_2"),
            replace(FAULTY, tester_finds=dict.fromkeys(FAULT_KINDS, 0.3)),
        ),
        (("cpo_0", "cpo_1", "programmer_0"), replace(FAULTY, lifts={"cpo": 0.4})),
    ],
)
def test_several_of_a_role_are_worth_what_they_do(roles, skills):
    team = SoftwareTeam(task=TASK, roles=roles)
    whole = sum(
        dict(play(team, Workers(skills), seed).desk.tree) == team.task.solution
        for seed in range(200)
    )
    (part,) = portions(team.task, roles, skills)
    form = ClosedForm(team, skills)
    (end, *_) = form.ends(part, roles)
    error = sqrt(end.chance * (1 - end.chance) / 200)
    assert abs(whole / 200 - end.chance) < 3.5 * error


def test_blind_checks_are_worth_nothing_in_closed_form():
    # Nothing is there at the beginning, so nobody is worth anything without a programmer.
    team = SoftwareTeam(task="bmi-calculator-0")
    due = ClosedForm(team, RULE_BLIND.skills).shapley()
    assert due["reviewer"] == pytest.approx(0, abs=1e-9)
    assert due["tester"] == pytest.approx(0, abs=1e-9)
    assert min(due["cpo"], due["programmer_0"]) > 0
    assert sum(due.values()) == pytest.approx(
        ClosedForm(team, RULE_BLIND.skills).value(team.seats)
    )


def test_draws_are_the_same_in_every_coalition(team):
    place_of = []

    def factory(place):
        worker = RULE_TEAM(place)
        place_of.append((place.seat, worker._luck, worker._choice, worker._mends))
        return worker

    play(only(team, "programmer_0"), factory, 5)
    alone = {seat: luck for seat, *luck in place_of}
    generator = np.random.default_rng([5, 0])
    assert alone["programmer_0"][0] == generator.random(4).tolist()[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"solves": 1.5}, "solves is 1.5"),
        ({"mends": -0.1}, "mends is -0.1"),
        ({"reviewer_catches": {"branch": 2.0}}, "branch is 2.0"),
        ({"faults": {"typo": 1.0}}, "unknown kinds"),
        ({"faults": {"branch": 0.0}}, "not all 0"),
        ({"faults": {"branch": -1.0}}, "at least 0"),
    ],
)
def test_skills_that_are_none_are_refused(change, words):
    with pytest.raises(ConfigError, match=words):
        Skills(**change)


def test_rule_workers_play_software_teams_alone():
    with pytest.raises(ConfigError, match="rule workers play software-team"):
        RULE_TEAM.check_game(EscapeRoom(), None)
