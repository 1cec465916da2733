"""Credit for a team of somebody's own: values, limits, logs, and what is refused."""

import asyncio
import itertools
import json
import os

import numpy as np
import pytest

import shapley_coop as sc
from shapley_coop.errors import ConfigError, PluginError, TeamError
from shapley_coop.teams.attribute import attribute_team
from shapley_coop.teams.demands import parse_demand
from shapley_coop.teams.gate import DemandGate
from shapley_coop.teams.plan import AttributionPlan
from shapley_coop.teams.team import command_team, team_of

MEMBERS = ["planner", "coder", "tester"]


def score(present):
    """Be worth 5 with a coder, 3 more with a planner beside it, and 1 by a tester."""
    return (
        5.0 * ("coder" in present)
        + 3.0 * ({"coder", "planner"} <= present)
        + (1.0 * ("tester" in present))
    )


def test_an_exact_team_is_valued_exactly():
    result = sc.attribute(score, members=MEMBERS, budget=8, noisy=False)
    assert result.values == pytest.approx({"planner": 1.5, "coder": 6.5, "tester": 1.0})
    assert result.stderr == pytest.approx(dict.fromkeys(MEMBERS, 0.0))
    assert result.runs == 8
    assert result.ranking == ("coder", "planner", "tester")
    assert result.loss_without == pytest.approx(
        {"planner": 3.0, "coder": 8.0, "tester": 1.0}
    )
    assert result.interactions["planner", "coder"] == pytest.approx(3.0)
    assert result.interactions["coder", "tester"] == pytest.approx(0.0)
    assert result.banzhaf == pytest.approx(result.values)
    assert set(result.sufficient.present) == set(MEMBERS)


def test_async_teams_and_costs():
    async def team(present):
        await asyncio.sleep(0)
        return score(present), 2.0 * len(present)

    result = asyncio.run(
        sc.attribute_async(team, members=MEMBERS, budget=8, noisy=False)
    )
    assert result.cost == 24.0
    assert result.cost_per_point == pytest.approx(
        {"planner": 2 / 1.5, "coder": 2 / 6.5, "tester": 2.0}
    )
    # The whole team is the best, and nobody is the cheapest.
    assert [row.present for row in result.front] == [
        (),
        ("coder",),
        ("coder", "planner")[::-1],
        ("planner", "coder", "tester"),
    ]


def test_an_object_with_an_async_call_is_a_team():
    class Team:
        async def __call__(self, present):
            return score(present)

    result = sc.attribute(Team(), members=MEMBERS, budget=8, noisy=False)
    assert result.values["coder"] == pytest.approx(6.5)


def test_intervals_of_a_noisy_team_cover_the_truth():
    covered = 0
    for seed in range(20):
        dice = np.random.default_rng(seed)

        def team(present, dice=dice):
            return score(present) + float(dice.normal(scale=0.5))

        result = sc.attribute(team, members=MEMBERS, budget=64, seed=seed, workers=1)
        truth = {"planner": 1.5, "coder": 6.5, "tester": 1.0}
        for name, (low, high) in result.interval.items():
            covered += low <= truth[name] <= high
    assert 51 <= covered <= 60


def test_equal_draws_can_share_their_chance():
    seen = set()

    def team(present, draw):
        seen.add((present, draw))
        return score(present)

    sc.attribute(team, members=MEMBERS, budget=24)
    counts = {}
    for present, draw in seen:
        counts.setdefault(present, set()).add(draw)
    assert all(draws == set(range(len(draws))) for draws in counts.values())
    assert sum(map(len, counts.values())) == 24


def test_a_settled_ranking_stops_early():
    dice = np.random.default_rng(0)
    result = sc.attribute(
        lambda present: 4 * score(present) + float(dice.normal(scale=0.5)),
        members=MEMBERS,
        budget=400,
        ranking=0.95,
        workers=1,
    )
    assert result.runs < 100
    assert "ranking" in result.stopped_by


def test_noise_that_is_even_needs_fewer_runs_and_one_of_each_coalition():
    members = [f"member_{number}" for number in range(8)]

    def noisy_team(dice):
        return lambda present: sum(map(members.index, present)) + dice.normal(scale=0.5)

    even, uneven = (
        sc.attribute(
            noisy_team(np.random.default_rng(7)),
            members=members,
            budget=2000,
            ranking=0.95,
            workers=1,
            even_noise=is_even,
        )
        for is_even in (True, False)
    )
    assert even.ranking == uneven.ranking == tuple(members[::-1])
    assert even.runs < 0.7 * uneven.runs
    assert min(row.runs for row in even.coalitions) == 1
    assert min(row.runs for row in uneven.coalitions) == 2
    # One noise stands for all, so that coalitions which were run as often are as sure.
    assert len({row.stderr for row in even.coalitions if row.runs == 1}) == 1
    assert even.coalitions[0].stderr > 0


def test_luck_that_is_shared_is_never_taken_for_even_noise():
    def team(present, draw):
        luck = np.random.default_rng(draw).normal(scale=0.5)
        return score(present) + luck * len(present)

    plans = [{"even_noise": True}, {}]
    results = [sc.attribute(team, members=MEMBERS, budget=64, **plan) for plan in plans]
    assert results[0].stderr == results[1].stderr
    assert min(row.runs for row in results[0].coalitions) >= 4


def test_a_limit_on_cost_stops():
    result = sc.attribute(
        lambda present: (score(present), 1.0),
        members=MEMBERS,
        budget=400,
        max_cost=20,
        workers=1,
    )
    assert result.cost == 20.0


@pytest.mark.parametrize("budget", [16, 17])
def test_a_budget_for_all_coalitions_runs_them_all(budget):
    members = [*MEMBERS, "writer"]
    found = sc.attribute(score, members=members, budget=budget, noisy=False)
    assert (found.runs, len(found.coalitions)) == (16, 16)
    twice = sc.attribute(score, members=members, budget=budget + 16)
    assert len(twice.coalitions) == 16
    assert min(row.runs for row in twice.coalitions) == 2


def test_members_of_one_value_are_tied():
    def team(present):
        return 2.0 * ("planner" in present) + 2.0 * ("tester" in present)

    found = sc.attribute(team, members=MEMBERS, budget=8, noisy=False)
    assert found.ranking_confidence == 0.5
    assert found.ties == (("planner", "tester"),)
    assert found.as_json()["ties"] == [["planner", "tester"]]


def test_a_log_goes_on_and_nothing_is_paid_twice(tmp_path):
    log = tmp_path / "runs.jsonl"
    calls = []

    def team(present, draw):
        calls.append((present, draw))
        return score(present)

    first = sc.attribute(team, members=MEMBERS, budget=16, log=log)
    second = sc.attribute(team, members=MEMBERS, budget=40, log=log)
    assert first.paid_runs == 16
    assert (second.paid_runs, second.runs) == (24, 40)
    assert len(set(calls)) == len(calls) == 40
    replayed = sc.attribute(lambda _: 1 / 0, members=MEMBERS, budget=40, log=log)
    assert replayed.values == second.values
    assert replayed.paid_runs == 0


@pytest.mark.parametrize(
    "plan", [{"width": 0.6}, {"ranking": 0.9}, {"max_cost": 2.05}, {}]
)
@pytest.mark.parametrize("seed", range(6))
def test_a_plan_that_ended_is_answered_by_its_log_without_a_run(plan, seed, tmp_path):
    dice = np.random.default_rng(seed)
    log = tmp_path / "runs.jsonl"

    async def team(present):
        # Eight are under way at once, so that some are in flight when a rule is met.
        await asyncio.sleep(float(dice.uniform(0, 0.0005)))
        return score(present) + float(dice.normal(scale=0.8)), 0.1

    how = {"members": MEMBERS, "budget": 48, "log": log, **plan}
    first = sc.attribute(team, **how)
    kept = log.read_text()
    for further in ({}, {"replay": True}):
        again = asyncio.run(
            sc.attribute_async(lambda _: pytest.fail("a run"), **how, **further)
        )
        assert again.paid_runs == 0
        assert again.as_json() == first.as_json() | {
            "paid_runs": 0,
            "stopped_by": again.stopped_by,
        }
    assert log.read_text() == kept
    if first.runs < 48:
        assert again.stopped_by == first.stopped_by
        # Whoever wants to know more pays for what is new alone.
        more = sc.attribute(team, **{**how, "budget": 60})
        assert more.runs == first.runs + more.paid_runs


def test_a_replay_of_what_no_log_holds_is_refused_without_a_run(tmp_path):
    plan = {"members": MEMBERS, "budget": 16, "log": tmp_path / "runs.jsonl"}
    never = lambda _: pytest.fail("a run")  # noqa: E731 - a team of one line
    with pytest.raises(ConfigError, match="does not hold all that this plan needs"):
        asyncio.run(sc.attribute_async(never, **plan, replay=True))
    with pytest.raises(ConfigError, match="no log is named that holds recorded ones"):
        asyncio.run(sc.attribute_async(never, members=MEMBERS, replay=True))
    sc.attribute(score, **plan)
    with pytest.raises(ConfigError, match="does not hold all that this plan needs"):
        asyncio.run(sc.attribute_async(never, **{**plan, "budget": 32}, replay=True))


def test_a_process_that_is_killed_at_any_moment_pays_for_nothing_twice(tmp_path):
    log, paid = tmp_path / "runs.jsonl", tmp_path / "paid.txt"
    for cut in range(20):
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            continue
        # What follows runs in a process of its own, which ends without a word.
        left = itertools.count()

        def team(present, draw, left=left, cut=cut):
            if next(left) > cut % 4:
                os._exit(9)
            with paid.open("a") as file:
                file.write(f"{sorted(present)} {draw}\n")
            return score(present)

        sc.attribute(team, members=MEMBERS, budget=80, workers=1, log=log)
        os._exit(0)
    runs = paid.read_text().splitlines()
    assert len(runs) > 30
    assert len(set(runs)) == len(runs)
    assert len(log.read_text().splitlines()) == len(runs) + 1


def test_the_log_of_other_members_is_refused(tmp_path):
    log = tmp_path / "runs.jsonl"
    sc.attribute(score, members=MEMBERS, budget=8, log=log)
    with pytest.raises(ConfigError, match="is the log of a game of 3 players"):
        sc.attribute(score, members=["a", "b"], budget=8, log=log)


def test_a_run_that_fails_is_tried_again_and_then_left_out():
    def team(present):
        if present == {"tester"}:
            raise RuntimeError("no disk")
        return score(present)

    result = sc.attribute(team, members=MEMBERS, budget=8, noisy=False)
    assert result.failures == {("tester",): "RuntimeError: no disk"}


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "3",
        float("nan"),
        float("inf"),
        1e101,
        10**400,
        (1,),
        (1, 2, 3),
        (1, None),
        {},
        [],
    ],
)
def test_what_is_no_score_is_named(answer):
    with pytest.raises(TeamError, match="return a finite score"):
        sc.attribute(lambda _: answer, members=MEMBERS, budget=8)


def test_a_cost_below_nothing_is_refused():
    with pytest.raises(TeamError, match="a cost is 0 or more"):
        sc.attribute(lambda _: (1.0, -1.0), members=MEMBERS, budget=8)


@pytest.mark.parametrize(("size", "who"), [(0, "nobody"), (3, "everybody")])
def test_a_team_that_cannot_do_without_anybody_is_told_what_to_return(size, who):
    def team(present):
        if len(present) == size:
            raise LookupError("no agent")
        return score(present)

    words = f"no score with {who} present: LookupError: no agent; what is shared"
    with pytest.raises(TeamError, match=words):
        sc.attribute(team, members=MEMBERS, budget=8, noisy=False)


def test_scores_may_be_bools_numpy_numbers_and_mappings():
    for answer in (True, np.float32(1), {"score": 1, "cost": 2}):
        result = sc.attribute(lambda _, a=answer: a, members=MEMBERS, budget=8)
        assert result.whole.score == 1.0


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([], "list of names"),
        ("planner", "list of names"),
        (["a", "a"], "one name"),
        (["a", ""], "give a text"),
        (["a", 3], "give a text"),
        (["a,b"], "without commas"),
        ([f"m{i}" for i in range(201)], "too many"),
    ],
)
def test_members_that_cannot_be_told_apart_are_refused(members, words):
    with pytest.raises(ConfigError, match=words):
        sc.attribute(score, members=members)


@pytest.mark.parametrize(
    "plan", [{"budget": 2}, {"workers": 0}, {"width": -1}, {"ranking": 2}]
)
def test_plans_that_cannot_be_carried_out_are_refused(plan):
    with pytest.raises(ConfigError):
        sc.attribute(score, members=MEMBERS, **plan)


def test_what_is_no_function_is_refused():
    with pytest.raises(PluginError, match="function of who is present"):
        sc.attribute(3, members=MEMBERS)


def test_all_figures_are_json():
    result = sc.attribute(score, members=MEMBERS, budget=5, noisy=False)
    assert json.loads(json.dumps(result.as_json(), allow_nan=False))["runs"] == 5
    assert result.interactions is None


def test_an_error_that_the_runs_do_not_tell_is_null():
    dice = np.random.default_rng(0)
    result = sc.attribute(
        lambda present: len(present) + float(dice.normal()),
        members=["a", "b"],
        budget=4,
    )
    said = json.loads(json.dumps(result.as_json(), allow_nan=False))
    assert said["stderr"] == {"a": None, "b": None}


# -- commands ---------------------------------------------------------------------------------


def run_command(command, **plan):
    team = command_team(command, MEMBERS, plan.pop("timeout_s", 20.0))
    how = AttributionPlan(**{"budget": 8, "noisy": False, **plan})
    return asyncio.run(attribute_team(team, tuple(MEMBERS), how))


def test_a_command_is_told_who_is_absent():
    program = "import sys; print('{}', 1.0 * ('coder' not in sys.argv[1].split(',')))"
    command = f'python3 -c "{program}" "{{absent}}"'.replace("'{}', ", "")
    result = run_command(command)
    assert result.values == pytest.approx({"planner": 0.0, "coder": 1.0, "tester": 0.0})


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("", "empty"),
        ("echo 1", "does not depend"),
        ("echo '{absent}", "quot"),
    ],
)
def test_commands_that_cannot_work_are_refused(command, words):
    with pytest.raises(ConfigError, match=words):
        command_team(command, MEMBERS, 1.0)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("no-such-program {absent}", "cannot be run"),
        ("echo hello {absent}", "print a score"),
        ("true {absent}", "'nothing' last"),
        ("false {absent}", "ended with 1"),
    ],
)
def test_commands_that_fail_say_how(command, words):
    with pytest.raises(TeamError, match=words):
        run_command(command)


def test_a_command_that_hangs_is_stopped():
    with pytest.raises(TeamError, match=r"more than 0\.2 s"):
        run_command("sh -c 'sleep 60' {absent}", timeout_s=0.2)


# -- demands ----------------------------------------------------------------------------------


def test_demands_pass_fail_and_stay_open():
    dice = np.random.default_rng(0)
    result = sc.attribute(
        lambda present: (score(present) + float(dice.normal(scale=1.0)), 1.0),
        members=MEMBERS,
        budget=32,
        workers=1,
    )
    texts = ("coder > 3", "coder < planner", "tester >= 1.0", "cost_per_point <= 0.5")
    demands = [parse_demand(text, MEMBERS) for text in texts]
    gate = DemandGate(demands, MEMBERS, 32)
    statuses = [outcome.status for outcome in gate.outcomes(result)]
    assert statuses == ["passed", "failed", "undecided", "passed"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "coder",
        "coder = 3",
        "codr > 3",
        "> 3",
        "a > b",
        "coder > nan",
        "coder < inf",
    ],
)
def test_what_is_no_demand_is_refused(text):
    with pytest.raises(ConfigError):
        parse_demand(text, MEMBERS)


def test_members_that_are_called_like_numbers_or_figures_are_not_mixed_up():
    assert parse_demand("1 > 0", ["1", "2"]).names == ("1",)
    with pytest.raises(ConfigError, match="call the member otherwise"):
        parse_demand("score > 0", ["score", "coder"])


def test_looking_often_does_not_make_verdicts_wrong():
    # A tester that brings nothing: the demand that it does is wrong, and every look may err.
    wrong = 0
    for seed in range(100, 160):
        dice = np.random.default_rng(seed)

        def team(present, dice=dice):
            return 1.0 * ("coder" in present) + float(dice.normal(scale=0.5))

        demand = parse_demand("tester > 0", MEMBERS)
        gate = DemandGate([demand], MEMBERS, 100)
        result = asyncio.run(
            attribute_team(
                team_of(team, MEMBERS),
                MEMBERS,
                AttributionPlan(budget=100, seed=seed, workers=1),
                gate=gate,
            )
        )
        wrong += gate.outcomes(result)[0].status == "passed"
    # Of 60 studies three are wrong on the average, and more than six once in thirty times.
    assert wrong <= 6


def test_a_log_of_other_members_is_refused_and_so_is_another_order(tmp_path):
    def team(present):
        return 5.0 * ("coder" in present)

    log = tmp_path / "runs.jsonl"
    plan = {"budget": 4, "noisy": False, "log": log}
    first = sc.attribute(team, members=["planner", "coder"], **plan)
    again = sc.attribute(team, members=["planner", "coder"], **plan)
    assert again.values == first.values == {"planner": 0.0, "coder": 5.0}
    for members in (["coder", "planner"], ["planner", "tester"]):
        with pytest.raises(ConfigError, match="log of other players than"):
            sc.attribute(team, members=members, **plan)


def test_a_log_without_names_is_read(tmp_path):
    log = tmp_path / "runs.jsonl"
    log.write_text(
        '{"players":1}\n'
        '{"mask":"0","draw":0,"value":1.0,"cost":0.0}\n'
        '{"mask":"1","draw":0,"value":3.0,"cost":0.0}\n'
    )
    found = sc.attribute(lambda _: 1 / 0, members=["a"], budget=2, log=log, noisy=False)
    assert found.values == {"a": 2.0}
