"""Supervised training: it learns, it goes on where it was cut, and it survives what it can."""

import math

import pytest
import torch

from shapley_coop.errors import ModelError
from shapley_coop.rl.policies.low_rank import adapter_tensors
from shapley_coop.rl.training import supervised
from shapley_coop.rl.training.checkpoint import STATE_FILE
from shapley_coop.rl.training.supervised import Trainer, TrainingSchedule, answer_loss
from shapley_coop.rl.training.token_rows import make_batch
from tests.rl.training.tiny import fail_once, some_rows, tiny_student

SCHEDULE = TrainingSchedule(passes=4, most_tokens=60, rate=0.02, warm_up=2)


def trainer(folder, schedule=SCHEDULE, tell=print):
    student = tiny_student()
    return Trainer(
        student.model,
        student.adapters,
        some_rows(),
        schedule,
        seed=3,
        folder=folder,
        tell=tell,
    )


def quiet(progress):
    pass


def test_the_loss_falls_and_every_token_is_counted(tmp_path):
    learning = trainer(tmp_path)
    done = learning.train(quiet)
    assert done.losses[-1] < 0.7 * done.losses[0]
    assert done.tokens == 4 * some_rows().ends[-1]
    assert done.steps == len(done.losses)


def test_an_interrupted_run_ends_with_equal_weights(tmp_path):
    whole = trainer(tmp_path)
    whole.train(quiet)

    class CutError(Exception):
        pass

    def stop(progress):
        if progress.steps == 7:
            raise CutError

    cut = trainer(tmp_path)
    with pytest.raises(CutError):
        cut.train(stop)
    cut.keep()
    again = trainer(tmp_path)
    again.resume()
    done = again.train(quiet)
    assert done.losses == whole.progress.losses
    expected = adapter_tensors(whole.adapters)
    for name, tensor in adapter_tensors(again.adapters).items():
        assert torch.equal(tensor, expected[name]), name


def test_only_answers_are_learned():
    student = tiny_student()
    rows = some_rows(2)
    batch = make_batch(rows, [0, 1])
    loss = answer_loss(student.model, batch, torch.device("cpu"))
    logits = student.model(torch.from_numpy(batch.tokens)).logits
    flat = logits.reshape(-1, logits.shape[-1])[batch.positions]
    expected = torch.nn.functional.cross_entropy(
        flat, torch.from_numpy(batch.targets), reduction="sum"
    )
    torch.testing.assert_close(loss, expected)


def test_a_step_that_does_not_fit_is_cut_in_parts_and_that_is_told(
    tmp_path, monkeypatch
):
    real, told = answer_loss, []

    def short_of_memory(model, batch, device):
        if len(batch.tokens) > 2:
            raise torch.OutOfMemoryError
        return real(model, batch, device)

    whole = trainer(tmp_path)
    whole.train(quiet)
    monkeypatch.setattr(supervised, "answer_loss", short_of_memory)
    cut = trainer(tmp_path, tell=told.append)
    done = cut.train(quiet)
    assert done.split > 1
    assert "cut into" in told[0]
    # The parts of a step add up to the step.
    assert done.losses[0] == pytest.approx(whole.progress.losses[0], rel=1e-4)
    assert done.losses[-1] == pytest.approx(whole.progress.losses[-1], rel=0.1)


def test_a_model_that_is_once_out_of_memory_learns_on_with_smaller_parts(tmp_path):
    told = []
    learning = trainer(tmp_path, tell=told.append)
    fail_once(learning.model)
    done = learning.train(quiet)
    assert done.split == 2
    assert done.steps == learning.steps
    assert told == ["out of memory; each step is now cut into 2 parts"]


def test_a_row_that_does_not_fit_alone_is_no_endless_course(tmp_path, monkeypatch):
    def no_memory(model, batch, device):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(supervised, "answer_loss", no_memory)
    with pytest.raises(torch.OutOfMemoryError):
        trainer(tmp_path).train(quiet)


def test_a_loss_that_is_no_number_stops_and_leaves_the_last_checkpoint(
    tmp_path, monkeypatch
):
    learning = trainer(tmp_path)
    learning.keep()
    before = (tmp_path / STATE_FILE).read_bytes()

    def broken(model, batch, device):
        return real(model, batch, device) * math.nan

    real = answer_loss
    monkeypatch.setattr(supervised, "answer_loss", broken)
    with pytest.raises(ModelError, match="loss of step 0 is nan"):
        learning.train(quiet)
    assert (tmp_path / STATE_FILE).read_bytes() == before


def test_time_ends_training_with_the_rate_at_nothing(tmp_path, monkeypatch):
    clock = iter(range(10_000))
    monkeypatch.setattr(supervised.time, "perf_counter", lambda: float(next(clock)))
    schedule = TrainingSchedule(passes=1000, most_tokens=60, warm_up=1, seconds=60.0)
    rates = []
    told = []
    learning = trainer(tmp_path, schedule, told.append)

    def note(progress):
        rates.append(learning.optimizer.param_groups[0]["lr"])

    done = learning.train(note)
    assert done.steps < learning.steps
    assert rates[0] > 0.9 * schedule.rate
    assert rates[-1] < 0.1 * schedule.rate
    end = f"training ends after step {done.steps} of {learning.steps}"
    assert told == [f"60 seconds are over: {end}"]
