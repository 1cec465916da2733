"""An honest seat over-claims nothing, in every shipped game and every shipped variant of it."""

import pytest

from games.dilemmas.public_goods import PublicGoods
from shapley_coop.interfaces.deals.beliefs import beliefs_from
from shapley_coop.interfaces.plugins import load, names
from tests.fixtures.plays import configured, played

CASES = [
    (name, dict(parameters))
    for name in names("games")
    for parameters in ({}, *load("games", name).variants)
    # What software is worth nobody knows before it is written and tested.
    if load("games", name)().oracle() is not None
]


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=str)
def test_honest_seats_claim_what_the_rules_make_them_worth(name, parameters):
    # The planner is the honest rule of the one game without a plan.
    agent = "raid-planner" if name == "raid" else "rational"
    episode, _ = played(configured(name, parameters=parameters, agent=agent))
    for column in episode.columns.values():
        assert column.claimed is not None
        assert column.overclaim == pytest.approx(0, abs=1e-9)


def test_a_seat_without_a_vote_that_counts_claims_nothing():
    episode, tape = played(configured("weighted-voting"))
    assert episode.columns["luxembourg_5"].claimed == pytest.approx(0, abs=1e-9)
    (stated, *_) = tape.of("say")
    assert stated["beliefs"]["values"] == {}
    assert stated["beliefs"]["shares"] == stated["phi"]


class Untold(PublicGoods):
    """A public good whose worth the game does not tell."""

    def oracle(self):
        return None


class Giver:
    """Gives all it has, and knows that everybody's 10 grow to 20."""

    needs_model = False

    def __init__(self, place):
        self.seat = place.seat

    async def believe(self, view):
        sizes = {label: len(seats) for label, seats in view.coalitions.items()}
        # Alone a seat keeps its 10. Of k that give, each gets back half of the 10 k.
        values = {label: 10.0 * max(k, k * k / 2) for label, k in sizes.items()}
        return beliefs_from(values, self.seat, "half of all that is given")

    async def negotiate(self, view):
        return None

    async def act(self, view):
        return "give-all"


def test_without_an_oracle_a_claim_meets_the_replay_on_one_zero_point():
    config = configured(
        "public-goods",
        agent=f"{__name__}:Giver",
        worth={"kind": "replay", "absence": "idle"},
        protocol="short-term",
    )
    episode, _ = played(config, game=Untold())
    assert episode.credit.empty == 40
    assert episode.credit.grand == 80
    for column in episode.columns.values():
        assert column.potential is None
        assert (column.measured, column.claimed) == pytest.approx((10, 20))
        assert column.zero_shift == 10
        assert column.overclaim == pytest.approx(0)
