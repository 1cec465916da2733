"""An honest seat over-claims nothing, in every shipped game and every shipped variant of it."""

import pytest

from shapley_coop.interfaces.plugins import load, names
from tests.fixtures.plays import configured, played

CASES = [
    (name, dict(parameters))
    for name in names("games")
    for parameters in ({}, *load("games", name).variants)
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
