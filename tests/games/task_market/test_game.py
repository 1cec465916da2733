"""The task market: its rules, the best schedule against all plays, subcontracts, and links."""

import itertools

import numpy as np
import pytest

from games.task_market.game import TaskMarket
from games.task_market.project import (
    DIFFICULTIES,
    Project,
    Task,
    best_schedule,
    generate,
)
from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.linked import communicating
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.contract.worths import worth
from shapley_coop.negotiation.ledger import pay_contracts
from shapley_coop.negotiation.settlement import BINDING
from shapley_coop.records import AtLeast, Clause, Contract, Offer, Terms
from tests.fixtures.clocks import effort_below

SMALL = {
    "tasks": [
        {"skill": "dig", "duration": 1},
        {"skill": "build", "duration": 2, "after": [0]},
    ],
    "workers": [{"dig": 5}, {"dig": 1, "build": 4}, {"build": 2}],
    "deadline": 3,
    "payoff": 20,
}


def test_only_begun_tasks_are_finished_and_the_owner_is_paid():
    game = TaskMarket(project=SMALL)
    assert game.legal("member_2") == ("idle",)
    game.apply({"member_0": "idle", "member_1": "task-0", "member_2": "idle"})
    assert game.legal("member_2") == ("idle", "task-1")
    game.apply({"member_0": "idle", "member_1": "idle", "member_2": "task-1"})
    assert game.legal("member_2") == ("task-1",)
    assert game.legal("member_1") == ("idle",)
    step = game.apply({"member_0": "idle", "member_1": "idle", "member_2": "task-1"})
    assert step.rewards == {"member_0": 20, "member_1": 0, "member_2": -2}
    assert game.outcomes() == {"delivered"}


def test_of_two_who_begin_the_first_gets_it_and_the_other_pays_for_nothing():
    game = TaskMarket(project=SMALL)
    step = game.apply({"member_0": "task-0", "member_1": "task-0", "member_2": "idle"})
    assert step.rewards == {"member_0": -5, "member_1": -1, "member_2": 0}
    assert game.facts("member_0")["tasks"]["task-0"]["worker"] == "member_0"


def test_worth_by_hand():
    """The owner cannot build. With 1 it is 20 - 1 - 8, with 2 20 - 5 - 4, with both 20 - 1 - 4."""
    oracle = TaskMarket(project=SMALL).oracle()
    seats = ("member_0", "member_1", "member_2")
    assert [worth(oracle, c) for c in ((), seats[:1], seats[1:])] == [0, 0, 0]
    assert worth(oracle, seats[:2]) == 11
    assert worth(oracle, (seats[0], seats[2])) == 11
    assert worth(oracle, seats) == 15


@pytest.mark.parametrize("seed", range(6))
def test_the_best_schedule_is_the_best_of_all_plays(seed):
    rng = np.random.default_rng(seed)
    tasks = tuple(
        Task(
            "ab"[rng.integers(2)],
            int(rng.integers(1, 3)),
            (0,) if k and rng.random() < 0.5 else (),
        )
        for k in range(3)
    )
    workers = ({"a": 3.0, "b": 2.0}, {"a": 1.0, "b": 4.0})
    project = Project(tasks, workers, 4, 30.0)
    found = best_schedule(project, (0, 1))
    plain = {"tasks": [task._asdict() for task in tasks], "workers": workers}
    game = TaskMarket(project={**plain, "deadline": 4, "payoff": 30})

    def best(game):
        if not game.agents:
            return 0.0
        now, totals = game.snapshot(), []
        for actions in itertools.product(*(game.legal(seat) for seat in game.agents)):
            step = game.apply(dict(zip(game.seats, actions, strict=True)))
            totals.append(sum(step.rewards.values()) + best(game))
            game.restore(now)
        return max(totals)

    gain = max(0.0, 30 - found.cost) if found else 0.0
    assert worth(game.oracle(), game.seats) == gain == best(game)


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
@pytest.mark.parametrize("seats", [2, 5, 12])
def test_generated_projects_pay_and_are_the_same_each_time(difficulty, seats):
    for instance in range(5):
        project = generate(difficulty, seats, instance)
        assert project == generate(difficulty, seats, instance)
        assert project != generate(difficulty, seats, instance + 1)
        game = TaskMarket(seats, difficulty, instance)
        assert worth(game.oracle(), game.seats) > 0
        assert "delivered" in game.preview(game.plan()).outcomes


def test_a_worth_known_from_a_larger_coalition_is_the_searched_one():
    game = TaskMarket(6, "hard", 1)
    values = game.oracle().values
    for mask in range(63, 0, -1):
        inside = [i for i in range(6) if mask >> i & 1]
        found = best_schedule(game.project, inside) if 0 in inside else None
        gain = max(0.0, game.project.payoff - found.cost) if found else 0.0
        assert values(np.array([[mask >> i & 1 for i in range(6)]], bool))[
            0
        ] == pytest.approx(gain)


def test_exact_credit_of_twelve_seats_takes_seconds():
    game = TaskMarket(12, "hard")
    with effort_below(10):
        credit = measure(
            game.oracle(), game.seats, WorthSettings(), kind="oracle", absence=None
        )
    assert sum(credit.values.values()) == pytest.approx(credit.grand)


def test_subcontracts_bring_everybody_the_shapley_value():
    game = TaskMarket(project=SMALL)
    credit = measure(
        game.oracle(), game.seats, WorthSettings(), kind="oracle", absence=None
    )
    ending = game.preview(game.plan())
    clauses = []
    for seat, task, times in (("member_1", "task-0", 1), ("member_2", "task-1", 2)):
        price = credit.values[seat] - ending.payoffs[seat]
        done = AtLeast(seat=seat, action=task, times=times)
        clauses.append(
            Clause(payer="member_0", payee=seat, price=price, condition=done)
        )
    offer = Offer(id=1, author="member_0", round=1, terms=Terms(clauses=tuple(clauses)))
    contract = Contract(offer=offer, signatures=game.seats)
    settled = pay_contracts(
        ending.payoffs, [contract], ending.steps, ending.outcomes, mode=BINDING
    )
    assert settled.payoffs == pytest.approx(credit.values, abs=2e-6)
    assert settled.breaches == ()


def test_where_links_are_missing_credit_is_myersons():
    """Without a link between 0 and 2 they need 1: v(02) falls to 0 and 1 gains."""
    game = TaskMarket(project=SMALL, links=[[0, 1], [1, 2]])
    assert game.facts("member_0")["can_talk"] == [
        ["member_0", "member_1"],
        ["member_1", "member_2"],
    ]
    cut = communicating(game.oracle(), game.seats, game.communication)
    assert worth(cut, ("member_0", "member_2")) == 0
    myerson = measure(
        cut, game.seats, WorthSettings(), kind="oracle", absence=None
    ).values
    # v: 01 -> 11, 012 -> 15, all else 0
    expected = {
        "member_0": 15 / 3 + 11 / 6,
        "member_1": 15 / 3 + 11 / 6,
        "member_2": 4 / 3,
    }
    assert myerson == pytest.approx(expected)
    full = communicating(
        game.oracle(), game.seats, list(itertools.combinations(game.seats, 2))
    )
    shapley = measure(
        game.oracle(), game.seats, WorthSettings(), kind="oracle", absence=None
    )
    same = measure(full, game.seats, WorthSettings(), kind="oracle", absence=None)
    assert same.values == pytest.approx(shapley.values)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {
                "tasks": [
                    {"skill": "a", "duration": 1, "after": [1]},
                    {"skill": "a", "duration": 1, "after": [0]},
                ]
            },
            r"in a circle: 0 -> 1 -> 0",
        ),
        (
            {"tasks": [{"skill": "a", "duration": 1, "after": [4]}]},
            r"waits for task 4.*does not",
        ),
        ({"tasks": [{"skill": "a", "duration": 0}]}, r"takes 0 steps"),
        (
            {"tasks": [{"skill": "a"}]},
            r"tasks \(each with skill.*KeyError\('duration'\)",
        ),
        ({"workers": [{"dig": 1}]}, r"deadline=3 and 1 workers"),
        ({"deadline": 0}, r"deadline=0 and 3 workers"),
    ],
)
def test_wrong_projects_are_explained(changes, said):
    with pytest.raises(ConfigError, match=said):
        TaskMarket(project={**SMALL, **changes})


def test_wrong_generated_projects_are_explained():
    with pytest.raises(
        ConfigError, match="difficulty 'brutal'; known: easy, hard, medium"
    ):
        TaskMarket(difficulty="brutal")
    with pytest.raises(ConfigError, match="2 to 12 seats, got seats=13"):
        TaskMarket(13)
    with pytest.raises(ConfigError, match="two numbers of different seats"):
        TaskMarket(links=[[0, 7]])
