"""Forcing rules: geometry of the correction, gradients, RFLO traces, training, forecasting."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.random import SeedSequence, default_rng
from torch import Tensor

from shapley_coop.rl.forecast.cell import (
    CellShape,
    CellWeights,
    draw_weights,
    leak,
    read_out,
)
from shapley_coop.rl.forecast.forcing import (
    Forcing,
    error_forcing,
    masked_loss,
    pseudo_inverse,
    unroll,
)
from shapley_coop.rl.forecast.forecaster import (
    ForecasterSettings,
    fit_forecaster,
    load_forecaster,
)
from shapley_coop.rl.forecast.tasks import (
    DelayedXor,
    EvidenceIntegration,
    SineGeneration,
)
from shapley_coop.rl.forecast.training import TrainingSettings, stack, train

SHAPE = CellShape(inputs=2, outputs=2, units=6, tau=4.0)


def cell(seed: int = 0, shape: CellShape = SHAPE) -> CellWeights:
    """One cell in float64 with an output bias that is not 0."""
    drawn = draw_weights(shape, [default_rng(seed)], torch.float64)
    rng = default_rng(seed + 100)
    weights = CellWeights(*(w[0] for w in drawn))
    return weights._replace(
        bias=torch.from_numpy(rng.normal(0, 0.2, shape.units)),
        b_out=torch.from_numpy(rng.normal(0, 0.5, shape.outputs)),
    )


def sequences(seed: int = 1, steps: int = 5) -> tuple[Tensor, Tensor, Tensor]:
    rng = default_rng(seed)
    x = torch.from_numpy(rng.normal(size=(3, steps, 2)))
    target = torch.from_numpy(rng.normal(size=(3, steps, 2)))
    return x, target, torch.from_numpy((rng.random((3, steps)) > 0.3).astype(float))


RULES = ["bptt", "error_forcing", "teacher_forcing", "rflo"]


@pytest.mark.parametrize("rule", RULES)
def test_what_stands_where_no_target_is_changes_nothing(rule: str) -> None:
    x, target, mask = sequences()
    blank = torch.where(mask.unsqueeze(-1) > 0, target, torch.nan)
    assert blank.isnan().any()
    results = []
    for wanted in (target, blank):
        weights = CellWeights(*(w.requires_grad_() for w in cell()))
        ran = unroll(weights, x, wanted, mask, Forcing(rule, 0.5), alpha=0.25)
        loss = masked_loss(ran.output_BTO, wanted, mask)
        loss.backward()
        results.append([loss, ran.hidden_BTN, weights.w_rec.grad])
    for one, other in zip(*results, strict=True):
        assert one.isfinite().all()
        assert torch.equal(one, other)


def test_sequences_of_no_step_are_refused() -> None:
    x, target, mask = sequences(steps=0)
    with pytest.raises(ValueError, match="sequences of no step"):
        unroll(cell(), x, target, mask, Forcing(), alpha=0.25)


@pytest.mark.parametrize("rule", ["error_forcing", "teacher_forcing"])
@pytest.mark.parametrize("seed", range(5))
def test_full_strength_reaches_the_target(rule: str, seed: int) -> None:
    weights, (x, target, _) = cell(seed), sequences(seed)
    ran = unroll(
        weights, x, target, torch.ones(3, 5), Forcing(rule, 1.0), alpha=SHAPE.alpha
    )
    reached = read_out(ran.hidden_BTN, weights)
    assert torch.allclose(reached, target, atol=1e-6, rtol=0)


@pytest.mark.parametrize("rule", ["error_forcing", "teacher_forcing"])
@pytest.mark.parametrize("seed", range(5))
def test_full_strength_reaches_the_target_in_single_precision(
    rule: str, seed: int
) -> None:
    weights = CellWeights(*(w.float() for w in cell(seed)))
    x, target = (s.float() for s in sequences(seed)[:2])
    ran = unroll(
        weights, x, target, torch.ones(3, 5), Forcing(rule, 1.0), alpha=SHAPE.alpha
    )
    assert torch.allclose(read_out(ran.hidden_BTN, weights), target, atol=1e-6, rtol=0)


def test_alike_outputs_share_the_correction() -> None:
    column = cell().w_out[:, :1].float()
    inverse = pseudo_inverse(torch.cat([column, column], 1))
    assert torch.allclose(column.mT @ inverse, torch.full((1, 2), 0.5), atol=1e-6)


def test_the_reference_of_teacher_forcing_misses_by_the_output_bias() -> None:
    weights, (x, target, _) = cell(), sequences()
    ran = unroll(
        weights,
        x,
        target,
        torch.ones(3, 5),
        Forcing("teacher_forcing", 1.0),
        alpha=SHAPE.alpha,
        reference=True,
    )
    missed = read_out(ran.hidden_BTN, weights) - target
    assert torch.allclose(missed, weights.b_out.expand_as(missed), atol=1e-6, rtol=0)


@pytest.mark.parametrize("seed", range(5))
def test_the_correction_is_orthogonal_to_the_null_space_of_the_read_out(
    seed: int,
) -> None:
    weights, (_, error, _) = cell(seed), sequences(seed)
    h = torch.zeros(3, 6, dtype=torch.float64)
    inverse = pseudo_inverse(weights.w_out)
    moved = error_forcing(h, error[:, 0], torch.ones(3), inverse, 0.7) - h
    null = torch.linalg.svd(weights.w_out.T).Vh[2:]
    assert null.shape == (4, 6)
    assert torch.allclose(null @ weights.w_out, torch.zeros(4, 2).double(), atol=1e-12)
    assert torch.allclose(moved @ null.T, torch.zeros(3, 4).double(), atol=1e-12)
    smallest = torch.linalg.pinv(weights.w_out.T) @ error[:, 0].T * 0.7
    assert torch.allclose(moved, smallest.T, atol=1e-6)


def loss_of(weights: CellWeights, forcing: Forcing, seed: int = 1) -> Tensor:
    x, target, mask = sequences(seed)
    ran = unroll(weights, x, target, mask, forcing, alpha=SHAPE.alpha)
    return masked_loss(ran.output_BTO, target, mask)


@pytest.mark.parametrize("rule", ["bptt", "teacher_forcing"])
def test_gradients_equal_finite_differences(rule: str) -> None:
    start = cell()

    def loss(w_rec: Tensor, bias: Tensor, w_out: Tensor, b_out: Tensor) -> Tensor:
        weights = CellWeights(w_rec, start.w_in, bias, w_out, b_out)
        return loss_of(weights, Forcing(rule, 0.4))

    inputs = [
        w.clone().requires_grad_() for w in (start.w_rec, start.bias, start.w_out)
    ]
    assert torch.autograd.gradcheck(
        loss, (*inputs, start.b_out.clone().requires_grad_())
    )


def corrections(weights: CellWeights, forcing: Forcing) -> Tensor:
    """What error forcing adds to the state at each step: [B, T, N]."""
    x, target, mask = sequences()
    ran = unroll(weights, x, target, mask, forcing, alpha=SHAPE.alpha)
    step = (target - ran.output_BTO) @ pseudo_inverse(weights.w_out).T
    return forcing.strength * mask[:, :, None] * step


def test_the_gradient_of_error_forcing_is_that_of_a_network_with_fixed_corrections() -> (
    None
):
    start, forcing = cell(), Forcing("error_forcing", 0.4)
    fixed = corrections(start, forcing)
    x, target, mask = sequences()

    def frozen(w_rec: Tensor, bias: Tensor) -> Tensor:
        weights = start._replace(w_rec=w_rec, bias=bias)
        h, outputs = torch.zeros(3, 6, dtype=torch.float64), []
        for t in range(x.shape[1]):
            h = leak(h, x[:, t], weights, SHAPE.alpha)
            outputs.append(read_out(h, weights))
            h = h + fixed[:, t]
        return masked_loss(torch.stack(outputs, 1), target, mask)

    inputs = (start.w_rec.clone().requires_grad_(), start.bias.clone().requires_grad_())
    assert torch.autograd.gradcheck(frozen, inputs)
    expected = torch.autograd.grad(frozen(*inputs), inputs)
    got = torch.autograd.grad(
        loss_of(start._replace(w_rec=inputs[0], bias=inputs[1]), forcing), inputs
    )
    for a, b in zip(got, expected, strict=True):
        assert torch.allclose(a, b, atol=1e-12)


def test_rflo_gradients_equal_forward_traces() -> None:
    start, forcing = cell(), Forcing("rflo", 0.4)
    x, target, mask = sequences()
    learned = start._replace(
        w_rec=start.w_rec.clone().requires_grad_(),
        bias=start.bias.clone().requires_grad_(),
    )
    ran = unroll(learned, x, target, mask, forcing, alpha=SHAPE.alpha)
    masked_loss(ran.output_BTO, target, mask).backward()
    alpha, count = SHAPE.alpha, mask.sum() * 2
    error = mask[:, :, None] * 2 * (ran.output_BTO.detach() - target) / count
    before = torch.zeros(3, 6, dtype=torch.float64)
    trace = torch.zeros(3, 6, 6, dtype=torch.float64)
    trace_bias = torch.zeros(3, 6, dtype=torch.float64)
    w_rec, bias = torch.zeros(6, 6).double(), torch.zeros(6).double()
    for t in range(x.shape[1]):
        rate = torch.tanh(before)
        decay = (1 - alpha) + alpha * start.w_rec.diagonal() * (1 - rate**2)
        trace = decay[:, :, None] * trace + alpha * rate[:, None, :]
        trace_bias = decay * trace_bias + alpha
        signal = error[:, t] @ start.w_out.T
        w_rec += (signal[:, :, None] * trace).sum(0)
        bias += (signal * trace_bias).sum(0)
        before = ran.hidden_BTN[:, t].detach()
    assert torch.allclose(learned.w_rec.grad, w_rec, atol=1e-12)
    assert torch.allclose(learned.bias.grad, bias, atol=1e-12)


def test_without_strength_every_rule_runs_freely() -> None:
    weights, (x, target, mask) = cell(), sequences()
    free = unroll(weights, x, target, mask, Forcing("bptt"), alpha=SHAPE.alpha)
    for rule in ("error_forcing", "teacher_forcing", "rflo"):
        ran = unroll(weights, x, target, mask, Forcing(rule, 0.0), alpha=SHAPE.alpha)
        assert torch.allclose(ran.hidden_BTN, free.hidden_BTN, atol=1e-12)
    with pytest.raises(ValueError, match=r"strength must lie in \[0, 1\], got 2"):
        Forcing("bptt", 2)
    with pytest.raises(ValueError, match="unknown rule 'magic'"):
        Forcing("magic")


def test_parallel_cells_do_not_influence_each_other() -> None:
    task, settings = DelayedXor(5), TrainingSettings(epochs=2, updates=3, batch=8)
    seeds = SeedSequence(3).spawn(3)
    shape = CellShape(2, 1, units=10)
    together = train(task, shape, Forcing("error_forcing", 0.2), settings, seeds)
    again = [SeedSequence(3).spawn(3)[1]]
    alone = train(task, shape, Forcing("error_forcing", 0.2), settings, again)
    assert torch.allclose(
        together.validation_loss[:, 1], alone.validation_loss[:, 0], atol=1e-5
    )
    assert torch.equal(together.weights.w_in[1], alone.weights.w_in[0])


def test_training_solves_a_short_task() -> None:
    settings = TrainingSettings(
        epochs=12, batch=32, learning_rate=5e-3, threshold=0.1, patience=2
    )
    done = train(
        DelayedXor(5), CellShape(2, 1, units=30), Forcing(), settings, [SeedSequence(0)]
    )
    (epoch,) = done.first_solved(settings)
    assert epoch is not None
    assert done.validation_loss[0, 0] > 0.5


@pytest.mark.parametrize(
    "task", [DelayedXor(7), EvidenceIntegration(), SineGeneration(steps=40)]
)
def test_tasks_have_the_stated_answers(task: object) -> None:
    batch = task.sample(16, default_rng(0))
    x, target, mask = (part.numpy() for part in batch)
    assert x.shape[2] == task.inputs
    assert target.shape == (*x.shape[:2], task.outputs)
    if isinstance(task, DelayedXor):
        truth = x[:, 0, 0] * x[:, task.cue, 1]
        assert (target[:, -1, 0] == truth).all()
        assert mask.sum(1).tolist() == [task.cue] * 16
    elif isinstance(task, EvidenceIntegration):
        truth = np.sign(x[:, :, 1].sum(1) - x[:, :, 0].sum(1))
        assert (target[:, -1, 0] == truth).all()
    else:
        assert mask.all()
        assert np.allclose((target**2).sum(2), 1, atol=1e-5)
    assert stack(task, 4, [default_rng(0), default_rng(0)]).x_BTI.shape[:2] == (2, 4)


def made_up_episodes(count: int, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Each step shows one seat's contribution. The final credit is the sum of a seat's."""
    rng = default_rng(seed)
    episodes, credit = [], np.zeros((count, 2))
    for e in range(count):
        steps = np.zeros((int(rng.integers(4, 9)), 2))
        for t in range(len(steps)):
            steps[t, rng.integers(0, 2)] = rng.normal(1.0, 0.5)
        episodes.append(steps)
        credit[e] = steps.sum(0)
    return episodes, credit


@pytest.mark.parametrize("rule", ["bptt", "error_forcing", "teacher_forcing"])
def test_the_forecaster_learns_and_knows_its_error(rule: str, tmp_path: Path) -> None:
    episodes, credit = made_up_episodes(300, 0)
    strength = 0.0 if rule == "bptt" else 0.1
    settings = ForecasterSettings(
        members=3, units=16, updates=150, batch=32, forcing=Forcing(rule, strength)
    )
    model = fit_forecaster(episodes, credit, settings, SeedSequence(1))
    fresh, truth = made_up_episodes(60, 9)
    error = np.array([model.now(e).mean - c for e, c in zip(fresh, truth, strict=True)])
    prior = truth - credit.mean(0)
    assert np.sqrt((error**2).mean()) < 0.5 * np.sqrt((prior**2).mean())
    first = np.array(
        [model.now(e[:1]).mean - c for e, c in zip(fresh, truth, strict=True)]
    )
    assert (error**2).mean() < (first**2).mean()
    z = np.array(
        [
            (model.now(e).mean - c) / model.now(e).std
            for e, c in zip(fresh, truth, strict=True)
        ]
    )
    assert 0.4 < np.sqrt((z**2).mean()) < 2.0
    ran = model.forecast(fresh[0])
    assert np.allclose(ran.mean[1], model.now(fresh[0][:2]).mean)
    model.save(tmp_path / "model.npz")
    assert np.array_equal(
        load_forecaster(tmp_path / "model.npz").now(fresh[0]).mean, ran.mean[-1]
    )


def test_the_forecaster_refuses_what_does_not_fit() -> None:
    episodes, credit = made_up_episodes(10, 0)
    with pytest.raises(ValueError, match="at least 5 episodes, got 2"):
        fit_forecaster(episodes[:2], credit[:2], ForecasterSettings(), SeedSequence(0))
    with pytest.raises(ValueError, match=r"expected \(10, seats\)"):
        fit_forecaster(episodes, credit[:4], ForecasterSettings(), SeedSequence(0))
    small = ForecasterSettings(members=1, units=4, updates=1)
    model = fit_forecaster(episodes, credit, small, SeedSequence(0))
    with pytest.raises(ValueError, match=r"expected \(steps, 2\)"):
        model.now(np.zeros((3, 5)))
