"""Best responses: what a seat gains by leaving a policy, where theory knows it."""

import pytest

from shapley_coop.config.seeds import episode_seed
from shapley_coop.errors import InputError
from shapley_coop.rl.training.reinforcement import best_response
from shapley_coop.rl.training.reinforcement.best_response import best_responses
from shapley_coop.rl.training.reinforcement.course import reinforce
from tests.rl.training.recurrent import order, silent


@pytest.mark.parametrize(("pay", "gain"), [("team", 2), ("individual", 0)])
def test_cooperators_of_the_dilemma_lose_to_a_defector_and_defectors_to_nobody(
    tmp_path, pay, gain
):
    asked = order(1600, game="prisoners-dilemma", parameters={}, pay=pay)
    folder = reinforce(asked, tmp_path, silent)
    told = []
    found = best_responses(folder, training=1600, episodes=100, tell=told.append)
    assert [response.seat for response in found] == ["player_0", "player_1"]
    assert len(told) == 2
    for response in found:
        assert response.gain.value == pytest.approx(gain, abs=0.2)
        assert response.response - response.own == pytest.approx(response.gain.value)


def test_a_critic_of_all_seats_does_not_keep_responses_from_being_trained(tmp_path):
    folder = reinforce(order(32, critic="central"), tmp_path, silent)
    found = best_responses(folder, training=32, episodes=10, tell=silent)
    again = best_responses(folder, training=32, episodes=10, tell=silent)
    assert found == again
    assert all(response.gain.n == 10 for response in found)


def test_a_folder_without_a_policy_is_told(tmp_path):
    with pytest.raises(InputError, match="no trained policy"):
        best_responses(tmp_path, training=1, tell=silent)


def test_no_episode_that_measures_is_one_that_training_may_come_to():
    far = {episode_seed(3, number) for number in range(1_000_000, 1_000_200)}
    near = {episode_seed(3, number) for number in range(200)}
    measured = {best_response._held_out_seed(3, number) for number in range(200)}
    assert len(measured) == 200
    assert not measured & (near | far)
