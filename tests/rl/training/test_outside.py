"""Learners of other libraries train on negotiated games as they are."""

import pytest

from benchmarks.rl.outside import outside_pace
from shapley_coop.negotiation import NegotiatedGame
from shapley_coop.simulation.worker import open_game


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", ["ippo", "mappo"])
def test_skrl_learns_to_open_the_door_for_shapley_pay(method, monkeypatch):
    pytest.importorskip("skrl", reason="skrl is no part of this environment")
    steps = []
    real = NegotiatedGame.step

    def counted(env, actions):
        steps.append(env)
        return real(env, actions)

    monkeypatch.setattr(NegotiatedGame, "step", counted)
    pace, total = outside_pace(method, 1024)
    learning = [env for env in steps if env is steps[0]]
    assert pace.steps == len(learning)
    assert total > 0


def test_the_state_is_what_all_seats_see():
    env = NegotiatedGame(open_game("stag-hunt", {}), "talk")
    seen, _ = env.reset(seed=0)
    state = env.state()
    assert env.state_space.contains(state)
    width = env.width
    for number, seat in enumerate(env.possible_agents):
        own = state[number * width : (number + 1) * width]
        assert (own == seen[seat]["observation"]).all()
