"""A seat that can do nothing is worth nothing and is paid nothing, in any game by any rule."""

import numpy as np
import pytest

from shapley_coop.config.resolve import resolve
from shapley_coop.records import Episode
from tests.credit.random_games import MAKERS
from tests.fixtures.plays import played

GAMES = 500
RULES = ("shapley", "banzhaf", "equal", "proportional")
NOTHING = 1e-9


def absences(game):
    """Every absence rule that a replay of the game can take."""
    return [rule for rule in game.absences if rule != "swap"]


def worths(game, rng):
    """Every worth of a game, each as settings and who plays."""
    yield {"kind": "oracle"}, "random"
    yield {"kind": "realised"}, "random"
    for absence in absences(game):
        baseline = str(rng.choice(["selfish", "random"]))
        for kind in ("realised", "replay"):
            settings = {"kind": kind, "absence": absence, "baseline": baseline}
            yield {**settings, "replicates": 2}, "random"
    # Live play of all coalitions is slow, so it is left to the smaller games.
    if len(game.seats) <= 4:
        for agent in ("selfish", "rational"):
            yield {"kind": "rollout"}, agent


def episode_of(number: int) -> Episode:
    """Play a random game by a rule and a worth that go round as numbers rise."""
    rng = np.random.default_rng(number)
    game = MAKERS[number % len(MAKERS)](rng)
    choices = list(worths(game, rng))
    worth, agent = choices[int(rng.integers(len(choices)))]
    rule = RULES[int(rng.integers(len(RULES)))]
    config = resolve(
        {
            "game": {"id": "escape-room"},
            "agent": agent,
            "worth": worth,
            "run": {"seed": number},
            "protocol": {"name": "talk" if agent == "rational" else "solo"},
        },
        [f"protocol.split={rule}"],
    )
    episode, _ = played(config, game=game)
    return episode


@pytest.mark.parametrize("part", range(10))
def test_a_null_seat_gets_no_credit_and_no_money_in_random_games(part):
    for number in range(part, GAMES, 10):
        episode = episode_of(number)
        null = episode.seats[-1]
        assert null.startswith("null_")
        about = f"game {number}, worth {episode.credit.worth}, {episode.credit.absence}"
        assert abs(episode.credit.values[null]) <= NOTHING, about
        shares = [t for t in episode.transfers if t.reason == "division"]
        assert not [t for t in shares if null in (t.payer, t.payee)], about
        # A null seat may sign, and what it is then paid is a gift and no share of the pot.
        if not episode.contracts:
            assert episode.payoffs[null] == 0, about
