"""`lint` on payoffs of any scale: verdicts stay the same, and prices scale with payoffs."""

import numpy as np
import pytest

from benchmarks.statements.deals import draw_deal
from shapley_coop.cli.teams.lint import deal_lines
from shapley_coop.simulation.checks.deals import lint_stated

VERDICTS = ("equilibrium", "dominant", "rational", "core")
TINY = {
    "players": ["ann", "bob"],
    "actions": ["help", "leave"],
    "payoffs": [[[0.000003, 0.000003], [0, 0.000005]], [[0.000005, 0], [0, 0]]],
    "goal": ["help", "help"],
}


def scaled(deal, scale):
    """Return a deal in which all that is counted in reward is multiplied."""
    clauses = []
    for clause in deal["clauses"]:
        share = clause["unit"] == "share"
        price = clause["price"] if share else clause["price"] * scale
        clauses.append({**clause, "price": price})
    payoffs = (np.array(deal["payoffs"]) * scale).tolist()
    return {**deal, "payoffs": payoffs, "clauses": clauses}


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1e-3, 1e3, 1e9])
def test_verdicts_do_not_depend_on_the_scale_of_payoffs(scale):
    for seed in range(40):
        deal = draw_deal(np.random.default_rng((2, seed)), small=False)
        one = lint_stated(deal).as_json()
        other = lint_stated(scaled(deal, scale)).as_json()
        assert [one[name] for name in VERDICTS] == [other[name] for name in VERDICTS]
        assert (one["cheapest"] is None) == (other["cheapest"] is None)
        if one["cheapest"] is not None:
            assert len(one["cheapest"]) == len(other["cheapest"])
            total = other["cheapest_total"] / scale
            assert total == pytest.approx(one["cheapest_total"], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1.0, 1e9])
def test_a_deal_with_its_repair_needs_nothing_more(scale):
    for seed in range(40):
        deal = scaled(draw_deal(np.random.default_rng((3, seed)), small=False), scale)
        repair = lint_stated(deal).repair
        if repair is None:
            continue
        added = [clause.model_dump(mode="json") for clause in repair.clauses]
        mended = lint_stated({**deal, "clauses": deal["clauses"] + added})
        assert mended.verdict.equilibrium
        assert mended.verdict.rational
        assert mended.repair.clauses == ()


def test_millionths_are_neither_forgiven_nor_shown_as_nothing():
    result = lint_stated(TINY)
    assert not result.verdict.equilibrium
    assert result.repair.total == 0.000004
    lines = deal_lines(result)
    assert "  ann gains 0.000002 by leave" in lines
    assert "add, for 0.000004 in prices:" in lines
    assert any("pays bob 0.000002 unless" in line for line in lines)


def test_a_millionth_beside_a_billion_counts():
    payoffs = [[[1e9, 0.000001], [0, 0.000002]], [[0, 0], [0, 0]]]
    result = lint_stated({**TINY, "payoffs": payoffs})
    (deviation,) = result.verdict.deviations
    assert (deviation.seat, deviation.gain) == ("bob", 0.000001)
    assert result.repair.total == 0.000001


def test_gains_above_a_billion_are_mended():
    payoffs = [[[3e9, 3e9], [0, 5e9]], [[5e9, 0], [1e9, 1e9]]]
    result = lint_stated({**TINY, "payoffs": payoffs})
    assert result.repair.total == 4e9
    assert "  ann gains 2,000,000,000.00 by leave" in deal_lines(result)


def test_what_a_calculation_leaves_is_no_gain():
    # 0.1 + 0.2 is 0.30000000000000004 to a program, and leaving pays as much as helping.
    payoffs = [[[0.3, 0.3], [0, 0.1 + 0.2]], [[0.1 + 0.2, 0], [0, 0]]]
    result = lint_stated({**TINY, "payoffs": payoffs})
    assert result.verdict.equilibrium
    assert result.repair.clauses == ()


def test_a_third_of_a_reward_three_times_is_the_reward():
    share = {"payer": "ann", "payee": "bob", "price": 1 / 3, "unit": "share"}
    # Bob can be sure of 1 alone, and at the goal the share of Ann's 3 is all that it has.
    payoffs = [[[3, 0], [2, 1]], [[3, 0], [2, 1]]]
    result = lint_stated({**TINY, "payoffs": payoffs, "clauses": [share]})
    assert result.verdict.outside == {"ann": 2.0, "bob": 1.0}
    assert result.verdict.payoffs == pytest.approx({"ann": 2.0, "bob": 1.0})
    assert result.verdict.rational


def test_what_a_calculation_leaves_of_a_payment_is_no_clause():
    for seed in range(225, 250):
        deal = draw_deal(np.random.default_rng((9, seed)), small=False)
        sevenths = {
            **deal,
            "payoffs": (np.round(np.array(deal["payoffs"])) / 7).tolist(),
        }
        # 0.000073 is no power of ten, so that other digits are lost.
        one, other = lint_stated(sevenths), lint_stated(scaled(sevenths, 7.3e-5))
        if one.repair is None:
            assert other.repair is None
            continue
        assert len(one.repair.clauses) == len(other.repair.clauses)
        assert all(clause.price > 1e-9 for clause in one.repair.clauses)
