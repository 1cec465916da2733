"""The gate: every member has to earn its keep, at a price."""

import pytest
from team import MEMBERS, mend


@pytest.mark.shapley(budget=256)
def test_every_member_that_works_earns_its_keep(shapley_credit):
    shapley_credit(mend, MEMBERS, "coder > planner", "planner > 0", "tester > 0")


@pytest.mark.shapley(budget=96)
def test_the_team_is_worth_its_price(shapley_credit):
    shapley_credit(mend, MEMBERS, "score >= 0.7", "cost_per_point <= 0.2")


@pytest.mark.shapley(budget=256)
def test_nobody_needs_the_greeter(shapley_credit):
    credit = shapley_credit(mend, MEMBERS, "greeter <= 0.05")
    assert "greeter" not in credit.sufficient.present
