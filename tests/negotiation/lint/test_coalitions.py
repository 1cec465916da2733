"""What coalitions can be sure of: held against enumeration, and within bounds of time."""

from itertools import product

import numpy as np
import pytest

from shapley_coop.cli.teams.lint import deal_lines
from shapley_coop.negotiation.lint.coalitions import sure_values
from shapley_coop.simulation.checks.deals import lint_stated
from tests.fixtures.clocks import effort_below


def enumerated(raw, members):
    """Return the most that members can be sure of, by going through everything."""
    shape = raw.shape[:-1]
    worst = {}
    for cell in product(*map(range, shape)):
        own = tuple(cell[player] for player in members)
        total = sum(int(raw[cell][player]) for player in members)
        worst[own] = min(total, worst.get(own, total))
    return max(worst.values())


@pytest.mark.parametrize("shape", [(2, 2), (3, 1, 2), (2, 4, 3), (1, 1), (2, 3, 2, 2)])
@pytest.mark.parametrize("kind", [np.int64, object])
def test_sure_values_are_those_of_enumeration(shape, kind):
    rng = np.random.default_rng(len(shape))
    raw = rng.integers(-9, 10, size=(*shape, len(shape))).astype(kind)
    values = sure_values(raw)
    for mask in range(1, 1 << len(shape)):
        members = [player for player in range(len(shape)) if mask >> player & 1]
        assert values[mask] == enumerated(raw, members)


def test_totals_beyond_32_bits_are_exact():
    raw = np.random.default_rng(1).integers(-9, 10, size=(2, 3, 2, 3))
    small = sure_values(raw)
    # Three players make up to 27 of these, on both sides of what 32 bits hold.
    for unit in (10**7, 79_536_431, 79_536_432, 10**9, 10**15):
        assert (sure_values(raw * unit) == small * unit).all()


def deal_of(players, payoff=lambda player, actions: sum(actions) + 2 * actions[player]):
    """Return a deal in which each player helps (0) or leaves (1)."""

    def nested(actions):
        if len(actions) == players:
            return [payoff(player, actions) for player in range(players)]
        return [nested((*actions, action)) for action in (0, 1)]

    return {
        "players": [f"p{number}" for number in range(players)],
        "actions": ["help", "leave"],
        "payoffs": nested(()),
        "goal": ["help"] * players,
    }


def test_fourteen_players_take_seconds():
    deal = deal_of(14)
    with effort_below(20):
        verdict = lint_stated(deal).verdict
    assert verdict.core is False
    # All leave: each has 14 + 2.
    assert verdict.objection.excess == 14 * 16


def test_more_players_than_coalitions_can_be_gone_through_for_are_told():
    deal = {
        "players": [f"p{number}" for number in range(17)],
        "actions": [["help"]] * 17,
        "goal": ["help"] * 17,
    }
    deal["payoffs"] = [1] * 17
    for _ in range(17):
        deal["payoffs"] = [deal["payoffs"]]
    result = lint_stated(deal)
    assert result.verdict.core is None
    said = "core: unknown, since its coalitions are gone through for up to 16 players"
    assert said in deal_lines(result)
    assert "up to 16 players" in result.as_json()["skipped"]["core"]


def test_payoffs_of_too_many_digits_for_all_coalitions_are_told():
    # 1e14 beside 1e-30 needs whole numbers of 44 digits.
    deal = deal_of(13, lambda player, actions: 1e14 if sum(actions) else 1e-30)
    verdict = lint_stated(deal).verdict
    assert verdict.core is None
    assert "too many digits" in verdict.skipped["core"]
    assert not verdict.equilibrium
