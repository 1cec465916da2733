"""Credit on any device: the same numbers, none made elsewhere, and no waiting row by row."""

import dataclasses
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from shapley_coop.rl.assignment.evidence import Evidence, Node
from shapley_coop.rl.assignment.result import TurnCredit
from shapley_coop.rl.assignment.spec import assign_credit
from shapley_coop.rl.credit.bi_level_gae import turn_wise_gae
from shapley_coop.rl.credit.gae import gae
from shapley_coop.rl.credit.min_form import min_form
from shapley_coop.rl.credit.min_form_rloo import min_form_rloo
from shapley_coop.rl.credit.spo_chain import cutpoint_starts
from shapley_coop.rl.evidence.process_reward import outcome_shares
from shapley_coop.rl.forecast.cell import CellWeights
from shapley_coop.rl.forecast.forcing import Forcing, ForcingRule, masked_loss, unroll
from shapley_coop.rl.losses.spo import LossSettings, TokenLogs, spo_loss
from shapley_coop.rl.trajectories.batch import Trajectories, from_rows
from tests.rl.conftest import evidence_for, random_rows
from tests.rl.far_device import FarDevice, far_from, near_from

SPECS = [
    "gae",
    "gae(gamma=0.9, lam=0.8)",
    "grpo",
    "grpo(reference=true)",
    "gigpo",
    "gigpo(norm=mean_std_norm, statistics=row)",
    "gigpo(similarity=0.9)",
    "gigpo(reference=true)",
    "shapley",
    "shapley(form=return)",
    "shapley*gigpo",
    "spo_chain",
    "spo_tree",
    "bi_level_gae",
    "bi_level_gae(gamma_turn=0.9, lam_token=0.8, reference=true)",
    "turn_wise_gae",
    "no_concat_gae",
    "no_concat_gae(anchor=last)",
    "min_form",
    "min_form(form=strict, baseline=step)",
    "min_form(reference=true)",
    "min_form_rloo",
    "min_form_rloo(form=strict)",
    "min_form_rloo(form=strict, reference=true)",
]
RULES: list[ForcingRule] = ["bptt", "error_forcing", "teacher_forcing", "rflo"]
Move = Callable[[Tensor], Tensor]


def known_for(batch: Trajectories) -> Evidence:
    """Evidence for every method: a tree of two children a group, where rows are by turns."""
    nodes = [f"root/{row % 2}" for row in range(batch.reward_R.numel())]
    root = Node("", (Node("0", reward=1.0), Node("1", reward=0.0)))
    trees = dict.fromkeys(batch.group_R.tolist(), root)
    return dataclasses.replace(evidence_for(batch), trees=trees, node_R=nodes)


def moved(batch: Trajectories, move: Move) -> Trajectories:
    """Return the batch with every tensor moved."""
    columns = dataclasses.fields(batch)
    return Trajectories(**{c.name: move(getattr(batch, c.name)) for c in columns})


def evidence_moved(evidence: Evidence, move: Move) -> Evidence:
    """Return the evidence with every tensor moved."""
    tensors = {
        field.name: move(getattr(evidence, field.name))
        for field in dataclasses.fields(evidence)
        if isinstance(getattr(evidence, field.name), Tensor)
    }
    return dataclasses.replace(evidence, **tensors)


def tensors_of(credit: TurnCredit) -> dict[str, Tensor]:
    """Return all tensors that a method gives, those of stages behind it included."""
    found = {}
    for field in dataclasses.fields(credit):
        value = getattr(credit, field.name)
        if isinstance(value, Tensor):
            found[field.name] = value
        elif dataclasses.is_dataclass(value):
            for stage in dataclasses.fields(value):
                found[stage.name] = getattr(value, stage.name)
    return found


def require_equal(credit: TurnCredit, expected: TurnCredit, back: Move) -> None:
    """Compare every tensor of two results, after moving those of the first back."""
    wanted = tensors_of(expected)
    for name, value in tensors_of(credit).items():
        near, want = back(value), wanted[name]
        assert near.dtype == want.dtype, name
        assert torch.allclose(
            near.double(), want.double(), atol=1e-9, rtol=0, equal_nan=True
        )


@pytest.mark.parametrize("spec", SPECS)
def test_a_device_gives_the_same_and_makes_nothing_elsewhere(spec: str) -> None:
    batch = from_rows(random_rows())
    known = known_for(batch)
    expected = assign_credit(spec, batch, known)
    with FarDevice():
        far = moved(batch, far_from)
        credit = assign_credit(spec, far, evidence_moved(known, far_from))
        from_here = assign_credit(spec, far, known)
    require_equal(credit, expected, near_from)
    require_equal(from_here, expected, near_from)


@pytest.mark.parametrize("spec", SPECS)
def test_evidence_of_a_device_serves_a_batch_of_the_processor(spec: str) -> None:
    batch = from_rows(random_rows())
    known = known_for(batch)
    expected = assign_credit(spec, batch, known)
    with FarDevice():
        credit = assign_credit(spec, batch, evidence_moved(known, far_from))
    require_equal(credit, expected, lambda x: x)


@pytest.mark.parametrize("spec", SPECS)
def test_the_processor_never_waits_for_a_device_row_by_row(spec: str) -> None:
    waits = []
    for episodes in (8, 80):
        batch = from_rows(random_rows(episodes=episodes))
        known = known_for(batch)
        with FarDevice() as device:
            assign_credit(spec, moved(batch, far_from), evidence_moved(known, far_from))
        waits.append(device.waits)
    assert waits[0] == waits[1]
    assert 0 < waits[0].total() < 120


def test_a_batch_on_two_devices_is_refused() -> None:
    batch = from_rows(random_rows())
    with (
        FarDevice(),
        pytest.raises(ValueError, match=r"value_K is on meta, and offsets on cpu"),
    ):
        dataclasses.replace(batch, value_K=far_from(batch.value_K))


def test_a_batch_goes_to_a_device_as_a_whole() -> None:
    batch = from_rows(random_rows())
    with FarDevice():
        far = batch.to("meta")
        assert far.device.type == "meta"
    assert torch.equal(near_from(far.value_K), batch.value_K)


def after_credit(batch: Trajectories, known: Evidence) -> list[Tensor]:
    """Return what trainers make of credit: whitened, normalised, cut into segments, as a loss."""
    starts = cutpoint_starts(batch.logprob_K.exp(), batch.offsets[batch.starts])
    credit = gae(batch)
    process_R, outcome_N = known.process_reward_R, known.outcome_N
    assert process_R is not None
    assert outcome_N is not None
    lone = min_form(batch, process_R, outcome_N)
    logs = TokenLogs(batch.logprob_K - 0.1, batch.logprob_K, batch.logprob_K)
    loss = spo_loss(credit.token_K, logs, batch.offsets, LossSettings(kl_coef=0.1))
    return [
        starts,
        credit.whiten(),
        credit.whiten(reference=True),
        turn_wise_gae(batch).whiten(),
        lone.normalise(),
        lone.normalise(reference=True),
        min_form_rloo(batch, process_R, outcome_N).whiten(),
        loss.loss,
        loss.whitened_K,
        outcome_shares(batch, batch.per_trajectory(outcome_N, "outcome_N")),
    ]


def test_a_device_keeps_what_is_made_of_credit() -> None:
    batch = from_rows(random_rows())
    known = known_for(batch)
    expected = after_credit(batch, known)
    with FarDevice():
        far = after_credit(moved(batch, far_from), evidence_moved(known, far_from))
    for value, wanted in zip(far, expected, strict=True):
        assert torch.allclose(near_from(value).double(), wanted.double(), atol=1e-12)


def cell(rule: ForcingRule, move: Move) -> tuple[Tensor, Tensor]:
    """Return loss and forced states of a small cell whose tensors were moved."""
    generator = torch.Generator().manual_seed(0)

    def draw(*size: int) -> Tensor:
        return move(torch.randn(size, generator=generator, dtype=torch.float64))

    weights = CellWeights(draw(6, 6), draw(2, 6), draw(6), draw(6, 2), draw(2))
    x, target = draw(3, 4, 2), draw(3, 4, 2)
    mask = (draw(3, 4) > 0).double()
    ran = unroll(weights, x, target, mask, Forcing(rule, 0.5), alpha=0.1)
    return masked_loss(ran.output_BTO, target, mask), ran.hidden_BTN


@pytest.mark.parametrize("rule", RULES)
def test_a_device_forces_as_the_processor_does(rule: ForcingRule) -> None:
    expected = cell(rule, lambda x: x)
    with FarDevice():
        far = cell(rule, far_from)
    for value, wanted in zip(far, expected, strict=True):
        assert torch.allclose(near_from(value), wanted, atol=1e-12, rtol=0)


GPU = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="torch finds no CUDA device here"
)


def to_gpu(x: Tensor) -> Tensor:
    return x.to("cuda")


def from_gpu(x: Tensor) -> Tensor:
    assert x.is_cuda
    return x.cpu()


@GPU
@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("episodes", [4, 200])
def test_a_gpu_gives_the_same(spec: str, episodes: int) -> None:
    batch = from_rows(random_rows(episodes=episodes))
    known = known_for(batch)
    expected = assign_credit(spec, batch, known)
    near_evidence = assign_credit(spec, batch.to("cuda"), known)
    require_equal(near_evidence, expected, from_gpu)
    there = evidence_moved(known, to_gpu)
    require_equal(assign_credit(spec, batch.to("cuda"), there), expected, from_gpu)
    require_equal(assign_credit(spec, batch, there), expected, lambda x: x)


@GPU
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_a_gpu_takes_numbers_of_any_precision(dtype: torch.dtype) -> None:
    batch = from_rows(random_rows())
    there = batch.to("cuda")
    value_K = there.value_K.to(dtype)
    credit = assign_credit("gae", dataclasses.replace(there, value_K=value_K))
    rounded = dataclasses.replace(batch, value_K=value_K.cpu())
    require_equal(credit, assign_credit("gae", rounded), from_gpu)


@GPU
def test_a_gpu_keeps_what_is_made_of_credit() -> None:
    batch = from_rows(random_rows())
    known = known_for(batch)
    there = after_credit(batch.to("cuda"), evidence_moved(known, to_gpu))
    for value, wanted in zip(there, after_credit(batch, known), strict=True):
        assert torch.allclose(from_gpu(value).double(), wanted.double(), atol=1e-9)


@GPU
def test_an_empty_batch_on_a_gpu_has_no_credit() -> None:
    batch = from_rows([]).to("cuda")
    for spec in ("gae", "grpo", "gigpo", "shapley*gae"):
        known = evidence_for(from_rows([]))
        assert assign_credit(spec, batch, known).row_R.numel() == 0


@GPU
@pytest.mark.parametrize("rule", RULES)
def test_a_gpu_forces_as_the_processor_does(rule: ForcingRule) -> None:
    expected = cell(rule, lambda x: x)
    for value, wanted in zip(cell(rule, to_gpu), expected, strict=True):
        assert torch.allclose(from_gpu(value), wanted, atol=1e-9, rtol=0)
