"""What a spec may say of each method, and numbers of any precision, with or without gradient."""

import dataclasses
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from shapley_coop.errors import PluginError
from shapley_coop.interfaces.plugins import load, names
from shapley_coop.rl.assignment.evidence import Evidence
from shapley_coop.rl.assignment.method import CreditMethod, MethodSettings
from shapley_coop.rl.assignment.result import TurnCredit
from shapley_coop.rl.assignment.spec import assign_credit, parse_spec
from shapley_coop.rl.credit.bi_level_gae import bi_level_gae
from shapley_coop.rl.credit.gigpo import GigpoSettings
from shapley_coop.rl.credit.min_form import MinFormSettings
from shapley_coop.rl.trajectories.batch import Row, Trajectories, from_rows
from tests.rl.conftest import evidence_for


class ScaledSettings(MethodSettings):
    by: float = 2.0


class Scaled(CreditMethod[ScaledSettings]):
    """Every row earns its reward times a number."""

    Settings = ScaledSettings

    def __call__(self, batch: Trajectories, evidence: Evidence) -> TurnCredit:
        row_R = batch.reward_R * self.settings.by
        return TurnCredit(row_R, batch.broadcast(row_R))


@pytest.mark.parametrize("name", names("credit"))
def test_a_registered_method_says_what_it_is_and_takes_its_defaults(name: str) -> None:
    kind = load("credit", name)
    assert kind.__doc__
    assert parse_spec(name).time.method.settings == kind.Settings()


def test_a_method_from_elsewhere_works_like_our_own(batch: Trajectories) -> None:
    place = f"{__name__}:Scaled"
    assert torch.equal(assign_credit(place, batch).row_R, batch.reward_R * 2)
    credit = assign_credit(f"shapley*{place}(by=-1)", batch, evidence_for(batch))
    alone = assign_credit("shapley", batch, evidence_for(batch))
    assert torch.equal(credit.row_R, -alone.reward_R)
    with pytest.raises(ValueError, match=r"by of .* is 'x'; it must be a number"):
        parse_spec(f"{place}(by=x)")
    with pytest.raises(PluginError, match="must be a class that inherits"):
        parse_spec(f"{__name__}:evidence_for")


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("gigpo(bogus=1)", "no parameter 'bogus': use gamma, step_weight"),
        ("gigpo(gamma=0.9, gamma=0.8)", "given twice"),
        (
            "gigpo(gamma=1e999)",
            "gamma of gigpo is inf; it must be a number from 0 to 1",
        ),
        ("gigpo(gamma=nan)", "must be a number from 0 to 1"),
        ("gigpo(gamma=true)", "must be a number from 0 to 1"),
        ("gae(lam=-1)", "must be a number from 0 to 1"),
        ("no_concat_gae(anchor=middle)", "must be one of last, first"),
        ("min_form_rloo(form=foo)", "must be one of soft, strict, sum"),
        ("min_form_rloo(temperature=0)", "must be a number above 0"),
        ("min_form_rloo(padded_length=2.5)", "must be a whole number from 1 or none"),
        ("spo_chain(probability_mask=maybe)", "must be true or false"),
        ("shapley(form=foo)*gae", "must be one of shaped, return"),
        ("gae" * 1000, "has 3000 characters"),
    ],
)
def test_a_spec_that_says_too_much_is_refused(spec: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_spec(spec)


def test_none_is_a_word_or_nothing_as_the_method_takes_it() -> None:
    without = parse_spec("min_form(baseline=none)").time.method
    assert without.settings == MinFormSettings(baseline="none")
    by_key = parse_spec("gigpo (similarity = none)").time.method
    assert by_key.settings == GigpoSettings(similarity=None)


def test_functions_refuse_words_that_they_do_not_know(batch: Trajectories) -> None:
    with pytest.raises(ValueError, match="unknown anchor 'middle'"):
        bi_level_gae(batch, anchor="middle")  # type: ignore[arg-type]  # the word is the test


@pytest.mark.parametrize(
    "spec", [*sorted(set(names("credit")) - {"spo_tree"}), "shapley*gigpo"]
)
@pytest.mark.parametrize(
    ("convert", "tolerance"),
    [
        (Tensor.float, 1e-4),
        (Tensor.bfloat16, 0.2),
        (lambda x: x.clone().requires_grad_(), 1e-12),
        (lambda x: torch.stack([x, x], 1)[:, 0], 1e-12),
    ],
    ids=["float32", "bfloat16", "gradient", "strided"],
)
def test_numbers_of_any_kind_serve(
    batch: Trajectories,
    spec: str,
    convert: Callable[[Tensor], Tensor],
    tolerance: float,
) -> None:
    known = evidence_for(batch)
    expected = assign_credit(spec, batch, known)
    names = ("reward_R", "value_K", "logprob_K", "token_reward_K")
    other = dataclasses.replace(batch, **{n: convert(getattr(batch, n)) for n in names})
    fields = ("final_credit_N", "prefix_credit_R", "process_reward_R", "outcome_N")
    told = dataclasses.replace(
        known, **{n: convert(getattr(known, n)) for n in (*fields, "segment_value_M")}
    )
    got = assign_credit(spec, other, told)
    assert not got.row_R.requires_grad
    assert not got.token_K.requires_grad
    assert torch.allclose(got.row_R.double(), expected.row_R, atol=tolerance, rtol=0)
    assert torch.allclose(
        got.token_K.double(), expected.token_K, atol=tolerance, rtol=0
    )


@pytest.mark.parametrize("row", [Row(0, 0, seat=-1), Row(-1, 0), Row(0, -1)])
def test_numbers_below_zero_are_refused(row: Row) -> None:
    with pytest.raises(ValueError, match="number them from 0"):
        from_rows([row])


@pytest.mark.parametrize(
    "spec",
    [
        *sorted(set(names("credit")) - {"spo_tree"}),
        "min_form_rloo(form=strict, reference=true)",
    ],
)
@pytest.mark.parametrize("dtype", [torch.int64, torch.int8, torch.bool, torch.uint8])
def test_whole_numbers_and_truth_values_are_read_as_data(
    batch: Trajectories, spec: str, dtype: torch.dtype
) -> None:
    known = evidence_for(batch)

    def as_type(x: Tensor) -> Tensor:
        return (x > 0).to(dtype)

    numbers = ("reward_R", "value_K", "token_reward_K")
    fields = ("final_credit_N", "prefix_credit_R", "process_reward_R", "outcome_N")
    told = {n: as_type(getattr(known, n)) for n in (*fields, "segment_value_M")}
    read = {n: as_type(getattr(batch, n)) for n in numbers}
    other = dataclasses.replace(batch, **read, mask_K=batch.mask_K.to(torch.int64))
    exact = dataclasses.replace(batch, **{n: x.double() for n, x in read.items()})
    known_exact = dataclasses.replace(known, **{n: x.double() for n, x in told.items()})
    got = assign_credit(spec, other, dataclasses.replace(known, **told))
    expected = assign_credit(spec, exact, known_exact)
    assert got.row_R.dtype == got.token_K.dtype == torch.float64
    assert torch.equal(got.row_R, expected.row_R)
    assert torch.equal(got.token_K, expected.token_K)


def test_whole_numbers_and_fractions_may_stand_side_by_side() -> None:
    batch = from_rows([Row(0, 0, values=[0.0]), Row(0, 1, values=[0.0])])
    known = Evidence(
        prefix_credit_R=torch.tensor([1, 2]), start_credit_N=torch.tensor([0.5])
    )
    assert assign_credit("shapley", batch, known).row_R.tolist() == [1.5, 1.0]


@pytest.mark.parametrize(
    ("field", "spec"),
    [
        ("final_credit_N", "shapley(form=return)"),
        ("prefix_credit_R", "shapley"),
        ("start_credit_N", "shapley"),
        ("process_reward_R", "min_form"),
        ("process_reward_R", "min_form_rloo"),
        ("outcome_N", "min_form"),
        ("outcome_N", "spo_chain"),
    ],
)
def test_evidence_that_is_no_number_or_of_another_size_is_refused(
    batch: Trajectories, field: str, spec: str
) -> None:
    known = dataclasses.replace(
        evidence_for(batch), start_credit_N=torch.zeros(batch.starts.numel() - 1)
    )
    column = getattr(known, field).clone()
    column[1] = torch.nan
    with pytest.raises(ValueError, match=f"{field} is nan in episode 0, seat [01]"):
        assign_credit(spec, batch, dataclasses.replace(known, **{field: column}))
    with pytest.raises(ValueError, match=f"{field} has shape"):
        assign_credit(spec, batch, dataclasses.replace(known, **{field: column[:1]}))


def test_a_bonus_is_one_number_a_row(batch: Trajectories) -> None:
    with pytest.raises(ValueError, match=r"bonus_R has shape \(1,\) for"):
        assign_credit("gae", batch, bonus_R=torch.ones(1))
    whole = torch.ones(batch.reward_R.numel(), dtype=torch.int64)
    paid = assign_credit("grpo(divide=false)", batch, bonus_R=whole)
    more = dataclasses.replace(batch, reward_R=batch.reward_R + 1)
    assert torch.equal(paid.row_R, assign_credit("grpo(divide=false)", more).row_R)


def test_fractions_are_no_numbers_of_rows(batch: Trajectories) -> None:
    with pytest.raises(ValueError, match=r"seat_R holds torch.float32; give whole"):
        dataclasses.replace(batch, seat_R=batch.seat_R.float())


@pytest.mark.parametrize("spec", ["grpo", "gigpo", "gae", "shapley", "no_concat_gae"])
def test_sums_beyond_the_largest_number_are_refused(spec: str) -> None:
    rows = [
        Row(episode, turn, reward=sign * 1e308, values=[0.0])
        for episode, sign in enumerate((1, -1))
        for turn in range(2)
    ]
    batch = from_rows(rows)
    known = Evidence(prefix_credit_R=batch.reward_R * torch.tensor([1, -1, 1, -1]))
    with pytest.raises(ValueError, match="must be finite"):
        assign_credit(spec, batch, known)
