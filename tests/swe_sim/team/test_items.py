"""Work items as outcomes: who delivered what, by hidden tests, and what their prices then pay."""

import pytest

from swe_sim.tasks import task
from swe_sim.team.game import SoftwareTeam
from swe_sim.team.items import acceptance, item_outcome, takers
from tests.swe_sim.team.test_work import BRIEF, finish, step, until

NAME = "shop-stock-0"
TASK = task(NAME)
ROLES = ("ceo", "cpo", "programmer_0", "programmer_1", "reviewer", "tester")


def play(reviewer="approve", shop=TASK.reference["shop.py"]):
    """Play a team in which programmer_0 writes two files and programmer_1 the third."""
    game = SoftwareTeam(task=NAME, roles=ROLES)
    step(game, cpo=("brief", BRIEF), ceo="hand_over")
    until(game, "coding")
    step(game, programmer_0=("write:stock.py", TASK.reference["stock.py"]))
    step(game, programmer_0=("write:prices.py", TASK.reference["prices.py"]))
    step(game, programmer_1=("write:shop.py", shop))
    until(game, "review")
    step(game, reviewer=reviewer)
    until(game, "documentation")
    step(game, cpo=("document", "# Shop"))
    finish(game)
    return {name for name in game.outcomes() if name.startswith("item:")}


def test_each_item_is_an_outcome_of_each_seat_that_can_do_it():
    game = SoftwareTeam(task=NAME, roles=ROLES)
    names = [name for name in game.possible_outcomes() if name.startswith("item:")]
    assert names == [
        "item:plan:ceo",
        "item:plan:cpo",
        *(f"item:prices.py:programmer_{number}" for number in range(2)),
        *(f"item:shop.py:programmer_{number}" for number in range(2)),
        *(f"item:stock.py:programmer_{number}" for number in range(2)),
        "item:review:reviewer",
        "item:test:tester",
        "item:document:cpo",
    ]


def test_hidden_tests_accept_the_files_that_they_import():
    accepting = acceptance(TASK)
    hidden = "tests/test_hidden.py::test_"
    assert accepting["stock.py"] == (f"{hidden}shelves", f"{hidden}bad_counts")
    assert set(accepting["shop.py"]) == set(TASK.expected)


def test_who_delivers_is_who_wrote_what_the_tests_accept():
    assert play() == {
        "item:plan:cpo",
        "item:prices.py:programmer_0",
        "item:shop.py:programmer_1",
        "item:stock.py:programmer_0",
        "item:review:reviewer",
        "item:document:cpo",
    }


def test_a_fault_costs_the_seat_whose_file_has_it():
    broken = TASK.reference["shop.py"].replace("return", "return not", 1)
    held = play(shop=broken)
    assert "item:shop.py:programmer_1" not in held
    assert {"item:stock.py:programmer_0", "item:prices.py:programmer_0"} <= held
    # The approval was wrong, and a rejection would have been right.
    assert "item:review:reviewer" not in held
    assert "item:review:reviewer" in play(reviewer="reject", shop=broken)
    assert "item:review:reviewer" not in play(reviewer="reject")


@pytest.mark.parametrize("item", TASK.items, ids=lambda item: item.name)
def test_every_item_has_somebody_who_can_do_it(item):
    seats = takers(item, ROLES)
    assert seats
    assert item_outcome(item, seats[0]).startswith("item:")
    assert takers(item, ("counsellor",)) == (
        ("counsellor",) if item.skill == "plan" else ()
    )
