"""Reinforcement of recurrent policies: what they learn, how courses go on, what stops them."""

from itertools import combinations

import numpy as np
import pytest
import torch

from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.errors import ConfigError, ModelError
from shapley_coop.llm.backends.policy import CARD_FILE, card_of
from shapley_coop.negotiation import NegotiatedGame
from shapley_coop.rl.evidence.prefixes import realised_credit_over_time
from shapley_coop.rl.policies.recurrent.folder import WEIGHTS_FILE, TrainedPolicy
from shapley_coop.rl.training.checkpoint import STATE_FILE
from shapley_coop.rl.training.ppo import PpoLearner
from shapley_coop.rl.training.reinforcement import lessons
from shapley_coop.rl.training.reinforcement.course import reinforce
from shapley_coop.rl.training.reinforcement.pays import PAYS
from shapley_coop.simulation.worker import open_game
from tests.rl.training.recurrent import order, silent

ODD = "tests.rl.training.odd_games"
TALKED = PROTOCOLS["shapley-coop"].model_dump(mode="json")


def weights(folder):
    return torch.load(folder / WEIGHTS_FILE, weights_only=True)


def total_of(folder):
    return card_of(folder)["curve"][-1]["mean_total"]


def test_shapley_pay_opens_the_door_where_individual_pay_does_not(tmp_path):
    paid_shapley = reinforce(order(1600), tmp_path, silent)
    paid_alone = reinforce(order(1600, pay="individual"), tmp_path, silent)
    assert total_of(paid_shapley) > 0.95 * 9
    assert total_of(paid_alone) < 3


def test_a_course_that_was_cut_ends_with_the_weights_of_a_whole_one(
    tmp_path, monkeypatch
):
    asked = order(96, opponents="past")
    whole = reinforce(asked, tmp_path / "whole", silent)

    updates = []
    update = PpoLearner._count

    def cut_after_three(self, plays, lessons):
        update(self, plays, lessons)
        updates.append(self)
        self.keep()
        if len(updates) == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(PpoLearner, "_count", cut_after_three)
        with pytest.raises(KeyboardInterrupt):
            reinforce(asked, tmp_path / "cut", silent)
    told = []
    cut = reinforce(asked, tmp_path / "cut", told.append)
    assert "after episode 48" in told[0]
    again = weights(cut)
    for name, tensor in weights(whole).items():
        assert torch.equal(tensor, again[name]), name
    assert card_of(whole)["curve"] == card_of(cut)["curve"]
    assert not (cut / STATE_FILE).exists()


def test_a_course_that_was_cut_in_its_last_look_does_not_learn_again(tmp_path):
    looks = []

    def cut(folder):
        looks.append(card_of(folder))
        raise KeyboardInterrupt

    asked = order(32)
    with pytest.raises(KeyboardInterrupt):
        reinforce(asked, tmp_path, silent, cut)
    (first,) = tmp_path.iterdir()
    before = weights(first)
    told = []
    again = reinforce(asked, tmp_path, told.append, looks.append)
    assert again == first
    assert told == [f"continuing {first} after episode 32"]
    assert looks[1] == first
    for name, tensor in weights(again).items():
        assert torch.equal(tensor, before[name]), name
    # Now it is over, so the same order is a new course.
    assert reinforce(asked, tmp_path, silent) != first


def test_a_loss_that_is_no_number_leaves_the_last_good_checkpoint(
    tmp_path, monkeypatch
):
    lessons_of = lessons.lessons_of
    calls = []

    def broken_at_last(spec, plays, scale):
        calls.append(scale)
        learned = lessons_of(spec, plays, scale)
        if len(calls) < 3:
            return learned
        return learned._replace(target_R=learned.target_R * torch.nan)

    monkeypatch.setattr("shapley_coop.rl.training.ppo.lessons_of", broken_at_last)
    monkeypatch.setattr(
        "shapley_coop.rl.training.ppo.time.perf_counter",
        lambda: 100.0 * len(calls),
    )
    with pytest.raises(ModelError, match="last good checkpoint"):
        reinforce(order(), tmp_path, silent)
    (folder,) = tmp_path.iterdir()
    state = torch.load(folder / STATE_FILE)
    assert state["progress"]["episodes"] == 32
    assert all(tensor.isfinite().all() for tensor in state["network"].values())
    assert not (folder / CARD_FILE).exists()


def test_a_step_that_memory_cannot_hold_is_cut_and_learns_the_same(
    tmp_path, monkeypatch
):
    whole = reinforce(order(32), tmp_path / "whole", silent)
    loss_of = PpoLearner._loss

    def short_of_memory(self, packed, line_n, entropy):
        if len(line_n) > 5:
            raise torch.OutOfMemoryError
        return loss_of(self, packed, line_n, entropy)

    monkeypatch.setattr(PpoLearner, "_loss", short_of_memory)
    told = []
    cut = reinforce(order(32), tmp_path / "cut", told.append)
    cuts = [text for text in told if "out of memory" in text]
    assert cuts[-1].endswith("cut into 4 parts")
    again = weights(cut)
    for name, tensor in weights(whole).items():
        assert torch.allclose(tensor, again[name], atol=1e-4), name


def test_a_resumed_course_does_not_try_again_what_did_not_fit(tmp_path, monkeypatch):
    asked = order(32)
    loss_of, count = PpoLearner._loss, PpoLearner._count

    def short_of_memory(self, packed, line_n, entropy):
        if len(line_n) > 5:
            raise torch.OutOfMemoryError
        return loss_of(self, packed, line_n, entropy)

    def cut(self, plays, lessons):
        count(self, plays, lessons)
        self.keep()
        raise KeyboardInterrupt

    monkeypatch.setattr(PpoLearner, "_loss", short_of_memory)
    with monkeypatch.context() as patch:
        patch.setattr(PpoLearner, "_count", cut)
        with pytest.raises(KeyboardInterrupt):
            reinforce(asked, tmp_path, silent)
    told = []
    reinforce(asked, tmp_path, told.append)
    assert told[0].startswith("continuing")
    assert not [text for text in told if "out of memory" in text]


@pytest.mark.parametrize("protocol", ["solo", "shapley-coop"])
def test_every_pay_teaches_something_else_with_and_without_negotiation(
    tmp_path, protocol
):
    table = PROTOCOLS[protocol].model_dump(mode="json")
    learned = {}
    for pay in PAYS:
        folder = reinforce(order(16, pay=pay, protocol=table), tmp_path, silent)
        card = card_of(folder)
        assert card["episodes"] == 16
        assert set(card["curve"][-1]["mean_by_seat"]) == {"player_0", "player_1"}
        learned[pay] = torch.cat([part.flatten() for part in weights(folder).values()])
    for one, other in combinations(PAYS, 2):
        assert not torch.equal(learned[one], learned[other]), (one, other)


@pytest.mark.parametrize(
    "spec",
    [
        "grpo",
        "gigpo",
        "min_form",
        "bi_level_gae",
        "shapley",
        "shapley*gae(lam=0.9)",
        "shapley(form=return)*grpo",
    ],
)
def test_credit_methods_of_the_registry_train(tmp_path, spec):
    folder = reinforce(order(32, credit=spec), tmp_path, silent)
    network = TrainedPolicy(folder).network
    assert all(part.isfinite().all() for part in network.parameters())


@pytest.mark.parametrize("game", ["stag-hunt", "trust", "raid", "escape-room"])
def test_credit_of_decisions_adds_up_to_shapley_pay(game):
    env = NegotiatedGame(open_game(game, {}), "solo")
    rng = np.random.default_rng(3)
    for episode in range(4):
        seen, _ = env.reset(seed=episode)
        while env.agents:
            actions = {}
            for seat, sight in seen.items():
                actions[seat] = int(rng.choice(sight["action_mask"].nonzero()[0]))
            seen = env.step(actions)[0]
        credit = realised_credit_over_time(
            env.game, env.seed, env.steps, rule=env.absence()
        )
        paid = env.credit("shapley").values
        assert dict(zip(env.game.seats, credit[-1].tolist(), strict=True)) == (
            pytest.approx(paid)
        )


@pytest.mark.parametrize("game", ["stag-hunt", "trust"])
def test_seat_credit_trains_where_absent_seats_reply_worst(tmp_path, game):
    asked = order(16, game=game, parameters={}, pay="individual", credit="shapley*gae")
    card = card_of(reinforce(asked, tmp_path, silent))
    assert card["episodes"] == 16


def test_seat_credit_of_too_many_seats_is_refused_before_a_folder_is_made(tmp_path):
    asked = order(credit="shapley*gae", parameters={"seats": 13, "levers": 1})
    with pytest.raises(ConfigError, match="at most 12 seats"):
        reinforce(asked, tmp_path, silent)
    assert list(tmp_path.iterdir()) == []


def test_networks_and_critics_are_a_choice(tmp_path):
    def trained(**fields):
        return TrainedPolicy(reinforce(order(16, **fields), tmp_path, silent)).network

    own = trained()
    assert (len(own.seats), own.sees_all) == (2, False)
    assert len(trained(networks="shared").seats) == 1
    assert trained(critic="central").sees_all


@pytest.mark.parametrize("opponents", ["past", "rational"])
def test_opponents_change_what_is_learned(tmp_path, opponents):
    among_selves = weights(reinforce(order(32), tmp_path, silent))
    among_others = weights(reinforce(order(32, opponents=opponents), tmp_path, silent))
    assert any(
        not torch.equal(tensor, among_others[name])
        for name, tensor in among_selves.items()
    )


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"pay": "shapely"}, "shapley"),
        ({"credit": "spo_chain"}, "needs branch values"),
        ({"credit": "gea"}, "no method 'gea'"),
        ({"device": "tpu"}, "auto, cpu, cuda"),
        ({"game": f"{ODD}:Still", "parameters": {}}, "several actions to choose"),
        ({"game": f"{ODD}:Huge", "parameters": {}}, "payoffs of huge reach 4e.30"),
        # What could be trained and could not sit at a table is refused before.
        ({"game": "software-team", "parameters": {}, "protocol": TALKED}, "oracle"),
    ],
)
def test_what_cannot_be_trained_is_told(tmp_path, fields, says):
    with pytest.raises(ConfigError, match=says):
        reinforce(order(**fields), tmp_path, silent)
    assert not list(tmp_path.iterdir())
