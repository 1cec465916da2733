"""What learners can offer: nothing that the table would refuse, at the opening and later."""

import numpy as np
import pytest

from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.negotiation.envs.menu import FIRST_OFFER, task_menu
from shapley_coop.negotiation.envs.sight import sight_of_table
from shapley_coop.negotiation.procedure import open_table
from shapley_coop.simulation.worker import open_game

RULES = PROTOCOLS["talk"].task_table


@pytest.mark.parametrize("kind", ["prices", "contracts"])
@pytest.mark.parametrize("step", [0, 1, 2])
@pytest.mark.parametrize("name", ["trust", "task-market"])
def test_a_table_takes_every_offer_that_the_mask_allows(name, step, kind):
    game = open_game(name, {"rounds": 2} if name == "trust" else {})
    rng = np.random.default_rng(0)
    menu = task_menu(game, rng, kind)
    table = open_table(game, game.seats, RULES, phase="task", rng=rng, step=step)
    (seat, *_) = table.turn()
    sight = sight_of_table(table, seat)
    mask = menu.mask(sight)
    allowed = [number for number in range(FIRST_OFFER, menu.size) if mask[number]]
    assert allowed
    for number in allowed:
        table.check(seat, menu.move(number, sight))


def test_rules_pay_nobody_for_what_it_is_never_offered():
    game = open_game("trust", {})
    menu = task_menu(game, np.random.default_rng(0), "contracts")
    paid = set()
    for offer in menu.offers:
        for clause in offer.clauses:
            paid.add((clause.condition.seat, clause.condition.action))
    assert ("investor_0", "send-10") in paid
    assert ("trustee_1", "return-half") in paid
    assert ("trustee_1", "send-10") not in paid
    assert ("investor_0", "return-half") not in paid
