"""A course of imitation as a whole, on a model so small that it ends in seconds."""

import pytest
import torch

from shapley_coop.errors import ConfigError, InputError
from shapley_coop.llm.backends.policy import ADAPTER_FILE, CARD_FILE, base_of, card_of
from shapley_coop.rl.training.checkpoint import STATE_FILE
from shapley_coop.rl.training.imitation.course import (
    ImitationOrder,
    imitate,
    loss_curve,
)
from shapley_coop.rl.training.supervised import Trainer
from tests.rl.training.scalars import scalars
from tests.rl.training.small import stand_in

ORDER = ImitationOrder(
    games=("escape-room",), episodes=2, passes=2, seed=1, device="cpu", batch=4000
)


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    pytest.importorskip("gguf")
    stand_in(monkeypatch, tmp_path)


def told(text):
    pass


def test_a_course_leaves_an_adapter_and_a_card_that_says_how(tmp_path):
    folder = imitate(ORDER, tmp_path, told)
    card = card_of(folder)
    assert (folder / ADAPTER_FILE).read_bytes()[:4] == b"GGUF"
    assert base_of(folder) == "smollm2"
    assert card["order"]["games"] == ["escape-room"]
    assert card["lessons"]["episodes"] == 2
    assert card["tokens"] == 2 * card["lessons"]["tokens"]
    assert card["curve"][-1]["step"] == card["steps"]
    assert "CPU" in card["device"]
    # Only what play needs and what tells how it came about is left.
    assert not (folder / STATE_FILE).exists()


def test_a_course_that_was_cut_is_continued_and_ends_alike(tmp_path, monkeypatch):
    whole = imitate(ORDER, tmp_path / "whole", told)

    class CutError(Exception):
        pass

    real = Trainer.train

    def cut(self, listen):
        def stop(progress):
            if progress.steps == 1:
                self.keep()
                raise CutError

        return real(self, stop)

    monkeypatch.setattr(Trainer, "train", cut)
    with pytest.raises(CutError):
        imitate(ORDER, tmp_path / "cut", told)
    monkeypatch.setattr(Trainer, "train", real)
    said = []
    again = imitate(ORDER, tmp_path / "cut", said.append)
    assert len(list((tmp_path / "cut").iterdir())) == 1
    assert said[0].startswith("continuing")
    one, other = (card_of(folder) for folder in (whole, again))
    assert one["curve"] == other["curve"]
    steps = [step for step, _ in scalars(again)["loss"]]
    assert steps == list(range(1, one["steps"] + 1))


def test_a_finished_course_is_left_alone(tmp_path):
    first = imitate(ORDER, tmp_path, told)
    before = (first / CARD_FILE).read_bytes()
    again = imitate(ORDER, tmp_path, told)
    assert again != first
    assert (again / CARD_FILE).is_file()
    assert (first / CARD_FILE).read_bytes() == before


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_told(tmp_path):
    order = ImitationOrder(games=("escape-room",), device="cuda")
    with pytest.raises(ConfigError, match="no GPU"):
        imitate(order, tmp_path, told)


def test_an_unknown_game_is_told(tmp_path):
    order = ImitationOrder(games=("escape-roam",), device="cpu", episodes=1)
    with pytest.raises(InputError, match="escape-room"):
        imitate(order, tmp_path, told)


def test_a_curve_has_few_points_and_ends_with_the_last_step():
    curve = loss_curve([float(n) for n in range(1001)])
    assert len(curve) <= 100
    assert curve[-1]["step"] == 1001
    assert loss_curve([2.0]) == [{"step": 1, "loss": 2.0}]
