"""Runners of the golden methods of PURE: the transform and both advantage codes."""

import torch

from shapley_coop.rl.credit.min_form import (
    MinFormSettings,
    min_form,
    soft_min,
)
from shapley_coop.rl.credit.min_form_rloo import RlooSettings, min_form_rloo
from shapley_coop.rl.trajectories.batch import Row, from_rows
from shapley_coop.rl.trajectories.scans import min_to_end, sum_to_end
from tests.golden.credit.values import Fields, cut, numbers, ragged


def from_logits(logit_R2: torch.Tensor) -> torch.Tensor:
    """Process rewards p(right) - p(wrong) in (-1, 1) from the judge's logits [wrong, right]."""
    return torch.tanh((logit_R2[:, 1] - logit_R2[:, 0]) / 2)


def judge_agreement(
    outcome_N: torch.Tensor, solved_N: torch.Tensor, known_N: torch.Tensor
) -> torch.Tensor:
    """1 where a positive outcome agrees with the verified one, else 0. -1 if unknown."""
    agrees_N = ((outcome_N > 0) == (solved_N > 0.5)).to(outcome_N.dtype)
    return torch.where(known_N, agrees_N, -1.0)


def run_transform(_: str | None, params: Fields, given: Fields, __: Fields) -> Fields:
    answers = given["step_logits"]
    offsets = ragged(answers)
    raw = from_logits(numbers([step for answer in answers for step in answer]))
    temperature = params["temperature"] if params.get("weighted", True) else None
    transformed = soft_min(raw, offsets, temperature)
    to_go = sum_to_end(transformed, offsets)
    return {
        "process_reward": cut(raw, offsets),
        "transformed": cut(transformed, offsets),
        "outcome": [sum(x) for x in cut(transformed, offsets)],
        "return_to_go": cut(to_go, offsets),
        "strict_min_to_go": cut(min_to_end(raw, offsets), offsets),
    }


def run_openrlhf(_: str | None, params: Fields, given: Fields, __: Fields) -> Fields:
    answers = [
        (group, answer)
        for group, answers in enumerate(given["groups"])
        for answer in answers
    ]
    rows = []
    for episode, (group, answer) in enumerate(answers):
        kl, start = answer["kl"], 0
        for turn, content in enumerate(answer["steps"]):
            count = content + 1
            penalty = [-params["kl_coef"] * x for x in kl[start : start + count]]
            rows.append(
                Row(
                    episode,
                    turn,
                    group=group,
                    values=[0.0] * count,
                    token_rewards=penalty,
                )
            )
            start += count
    batch = from_rows(rows)
    settings = MinFormSettings(
        # Their rewards come transformed.
        form="sum",
        baseline=params["reward_baseline"],
        outcome_weight=params["verifiable_reward_coef"]
        if "VR" in params["reward_mode"]
        else 0.0,
        use_process="PRM" in params["reward_mode"],
        mask_step_ends=params["mask_step_end_tokens"],
        reference=True,
    )
    solved = numbers([answer["solved"] for _, answer in answers])
    process = numbers([r for _, answer in answers for r in answer["rewards"]])
    credit = min_form(batch, process, solved, settings)
    known = torch.tensor([answer["have_answer"] for _, answer in answers])
    tokens = batch.offsets[batch.starts]
    return {
        "baselined_reward": cut(credit.baselined_R, batch.starts),
        "advantages": cut(credit.token_K, tokens),
        "outcome_reward": credit.outcome_N.tolist(),
        "judge_agreement": judge_agreement(credit.outcome_N, solved, known).tolist(),
        "advantages_normalised": cut(credit.normalise(reference=True), tokens),
    }


def run_verl(_: str | None, params: Fields, given: Fields, __: Fields) -> Fields:
    answers = given["answers"]
    rows = [
        Row(episode, turn, group=answer["group"], values=[0.0] * count)
        for episode, answer in enumerate(answers)
        for turn, count in enumerate(answer["steps"])
    ]
    batch = from_rows(rows)
    raw = from_logits(
        numbers([step for answer in answers for step in answer["step_logits"]])
    )
    assignment = params["credit_assignment"]
    forms = {"gamma-decay": "sum", "strict min-form": "strict"}
    soft = not isinstance(assignment, str)
    credit = min_form_rloo(
        batch,
        raw,
        params["verifiable_reward_coef"]
        * numbers([answer["solved"] for answer in answers]),
        RlooSettings(
            form="soft" if soft else forms[assignment],
            temperature=assignment if soft else 0.1,
            padded_length=params["padded_length"],
            reference=True,
        ),
    )
    tokens = batch.offsets[batch.starts]
    return {
        "step_scores": cut(credit.step_score_R, batch.starts),
        "advantages": cut(credit.token_K, tokens),
        "advantages_normalised": cut(credit.whiten(reference=True), tokens),
    }
