"""What every game must keep: checks that take a game's factory. No game is excepted.

    from shapley_coop.interfaces.contract import CHECKS

    for check in CHECKS:
        check(MyGame)

A check returns nothing where the game keeps the contract, and raises an AssertionError that says
what the game did otherwise. The checks need no test framework.
"""

from shapley_coop.interfaces.contract.episodes import (
    declarations_agree,
    facts_and_masks_agree,
    pettingzoo_suites,
    pictures_are_drawn,
    same_seed_same_episode,
    statements_match_their_kinds,
)
from shapley_coop.interfaces.contract.moments import copies_go_on, moments_come_back
from shapley_coop.interfaces.contract.plays import Factory
from shapley_coop.interfaces.contract.worths import (
    plan_reaches_worth,
    realised_is_played,
    removal_is_played,
    replay_is_replay,
    security_holds,
)

__all__ = ["CHECKS", "Factory"]

CHECKS = (
    pettingzoo_suites,
    declarations_agree,
    facts_and_masks_agree,
    statements_match_their_kinds,
    same_seed_same_episode,
    moments_come_back,
    copies_go_on,
    pictures_are_drawn,
    security_holds,
    plan_reaches_worth,
    removal_is_played,
    replay_is_replay,
    realised_is_played,
)
"""Every check, in the order in which their failures are easiest to understand."""
