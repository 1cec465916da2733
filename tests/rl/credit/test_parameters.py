"""What a spec may say of each method, and numbers of any precision, with or without gradient."""

import dataclasses
import inspect
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from shapley_coop.rl.credit import (
    grpo,
    min_form_rloo,
    no_concat_gae,
    spo_chain,
    spo_tree,
)
from shapley_coop.rl.credit.bi_level_gae import TwoLevels, bi_level_gae
from shapley_coop.rl.credit.gae import gae
from shapley_coop.rl.credit.gigpo import GigpoSettings
from shapley_coop.rl.credit.methods import METHODS
from shapley_coop.rl.credit.min_form import MinFormSettings
from shapley_coop.rl.credit.parameters import PARAMETERS
from shapley_coop.rl.credit.spec import assign_credit, parse_spec
from shapley_coop.rl.trajectories.batch import Row, Trajectories, from_rows
from tests.rl.conftest import evidence_for

OWN = {
    "gae": gae,
    "grpo": grpo.grpo,
    "gigpo": GigpoSettings,
    "bi_level_gae": TwoLevels,
    "turn_wise_gae": TwoLevels,
    "no_concat_gae": no_concat_gae.no_concat_gae,
    "min_form": MinFormSettings,
    "min_form_rloo": min_form_rloo.min_form_rloo,
    "spo_chain": spo_chain.spo_chain,
    "spo_tree": spo_tree.spo_tree,
}


def test_every_parameter_of_every_method_is_listed() -> None:
    assert PARAMETERS.keys() == METHODS.keys() == OWN.keys() | {"shapley"}
    for name, function in OWN.items():
        signature = inspect.signature(function).parameters.values()
        settings = inspect.isclass(function)
        own = {p.name for p in signature if settings or p.kind is p.KEYWORD_ONLY}
        assert own | {"reference"} == PARAMETERS[name].keys() | {"reference"}, name


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
        ("no_concat_gae(anchor=middle)", "choose last, first"),
        ("min_form_rloo(form=foo)", "choose soft, strict, sum"),
        ("min_form_rloo(temperature=0)", "must be a number above 0"),
        ("min_form_rloo(padded_length=2.5)", "must be a whole number from 1 or none"),
        ("spo_chain(probability_mask=maybe)", "must be true or false"),
        ("shapley(form=foo)*gae", "choose shaped, return"),
        ("gae" * 1000, "has 3000 characters"),
    ],
)
def test_a_spec_that_says_too_much_is_refused(spec: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_spec(spec)


def test_none_is_a_word_or_nothing_as_the_method_takes_it() -> None:
    assert parse_spec("min_form(baseline=none)").time.parameters == {"baseline": "none"}
    assert parse_spec("gigpo (similarity = none)").time.parameters == {
        "similarity": None
    }


def test_functions_refuse_words_that_they_do_not_know(batch: Trajectories) -> None:
    known = evidence_for(batch)
    with pytest.raises(ValueError, match="anchor 'middle'"):
        bi_level_gae(batch, anchor="middle")  # type: ignore[arg-type]  # the word is the test
    with pytest.raises(ValueError, match="anchor 'middle'"):
        no_concat_gae.no_concat_gae(batch, anchor="middle")  # type: ignore[arg-type]  # as above
    assert known.process_reward_R is not None
    assert known.outcome_N is not None
    with pytest.raises(ValueError, match="temperature must be above 0"):
        min_form_rloo.min_form_rloo(
            batch, known.process_reward_R, known.outcome_N, temperature=0.0
        )


@pytest.mark.parametrize(
    "spec", [*sorted(METHODS.keys() - {"spo_tree"}), "shapley*gigpo"]
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
