"""One runner per golden method: from a case's params and input to the fields it should hold."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from shapley_coop.rl.credit import gigpo as gigpo_module
from shapley_coop.rl.credit import spo_chain as chain
from shapley_coop.rl.credit.anchors import state_key
from shapley_coop.rl.credit.bi_level_gae import TwoLevels, bi_level_gae, turn_wise_gae
from shapley_coop.rl.credit.gae import CriticCredit, gae
from shapley_coop.rl.credit.min_form import (
    MinFormSettings,
    from_logits,
    judge_agreement,
    min_form,
    soft_min,
)
from shapley_coop.rl.credit.min_form_rloo import min_form_rloo
from shapley_coop.rl.credit.no_concat_gae import no_concat_gae
from shapley_coop.rl.credit.ragged import min_to_end, sum_to_end
from shapley_coop.rl.credit.spo_loss import LossSettings, TokenLogs, spo_loss
from shapley_coop.rl.credit.spo_tree import Node, spo_tree, tree_values
from shapley_coop.rl.credit.tags import parse_tags
from shapley_coop.rl.credit.trajectory import Row, Trajectories, from_rows, intern_anchors
from shapley_coop.rl.credit.world_model import (
    FROZEN_LAKE,
    SOKOBAN,
    Fact,
    Repetition,
    facts_score,
)
from shapley_coop.rl.forcing.cell import Weights
from shapley_coop.rl.forcing.force import Forcing, masked_loss, unroll

Fields = dict[str, Any]
FORMATS = {
    "free_think": "free",
    "no_think": "none",
    "grounding": "state",
    "worldmodeling": "transition",
    "grounding_worldmodeling": "world-model",
}


def numbers(values: Any) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def error_text(error: Exception, expected: str | None) -> str:
    """The expected text when it names this type of error, else the type's name."""
    name = type(error).__name__
    return expected if expected and expected.split(":")[0] == name else name


def spans(x_K: torch.Tensor, batch: Trajectories) -> list[list[float | None]]:
    """Own tokens of each row in input order; NaN is None."""
    values, mask, edges = x_K.tolist(), batch.mask_K.tolist(), batch.offsets.tolist()
    rows: list[list[float | None]] = [[] for _ in edges[1:]]
    for place, start, end in zip(batch.source_R.tolist(), edges, edges[1:], strict=False):
        own = [values[k] for k in range(start, end) if mask[k]]
        rows[place] = [None if v is None or math.isnan(v) else v for v in own]
    return rows


def run_gigpo(_: str | None, params: Fields, given: Fields, __: Fields) -> Fields:
    steps = given["steps"]
    as_array = params.get("obs_as_array", False)
    observed = [np.array(s["obs"]) if as_array else s["obs"] for s in steps]
    rows = gigpo_module.StepRows(
        intern_anchors([s["group"] for s in steps]),
        intern_anchors([(s["group"], s["traj"]) for s in steps]),
        torch.tensor([s["step"] for s in steps]),
        intern_anchors([state_key(o, reference=True) for o in observed]),
        numbers([s["reward"] for s in steps]),
        torch.tensor([s["valid"] for s in steps]),
    )
    settings = gigpo_module.GigpoSettings(
        gamma=params["gamma"],
        step_weight=params["step_advantage_w"],
        norm=params["mode"],
        statistics="row" if params["stats_over_steps"] else "trajectory",
        invalid_penalty=params["invalid_action_penalty_coef"],
        similarity=params["similarity_thresh"] if params["enable_similarity"] else None,
        epsilon=params["epsilon"],
    )
    texts = [str(o) for o in observed]
    scores = gigpo_module.gigpo_rows(rows, settings, texts=texts, reference=True)
    partition: dict[int, list[int]] = {}
    for row, group in enumerate(scores.step_group.tolist()):
        partition.setdefault(group, []).append(row)
    width = max(s.get("n_tokens", 1) for s in steps)
    joint = scores.joint_advantage.tolist()
    return {
        "discounted_return": scores.discounted_return.tolist(),
        "episode_return": scores.episode_return.tolist(),
        "episode_score_after_penalty": scores.episode_score.tolist(),
        "step_score_after_penalty": scores.step_score.tolist(),
        "episode_advantage": scores.episode_advantage.tolist(),
        "step_advantage": scores.step_advantage.tolist(),
        "step_groups": sorted(partition.values()),
        "joint_advantage": joint,
        "token_level_advantage": [
            [a] * s.get("n_tokens", 1) + [0.0] * (width - s.get("n_tokens", 1))
            for a, s in zip(joint, steps, strict=True)
        ],
    }


def run_bi_level(_: str | None, params: Fields, given: Fields, expected: Fields) -> Fields:
    rows = [
        Row(
            episode,
            place,
            reward=turn["turn_reward"],
            values=[9.0] * turn["n_obs"] + turn["values"],
            token_rewards=[0.0] * turn["n_obs"] + turn["token_rewards"],
            mask=[False] * turn["n_obs"] + [True] * len(turn["values"]),
            ended=not turn.get("no_end_mark", False),
        )
        for episode, turns in enumerate(given["trajectories"])
        for place, turn in enumerate(turns)
    ]
    batch = from_rows(rows)
    lam = params["lam"]
    levels = TwoLevels(params["gamma_turn"], params["gamma_token"], lam, lam)
    estimators: dict[str, Callable[[], CriticCredit]] = {
        "bi_level": lambda: bi_level_gae(batch, levels, reference=True),
        "token_level_masked": lambda: gae(batch, gamma=params["gamma_token"], lam=lam),
        "turn_wise": lambda: turn_wise_gae(batch, levels, reference=True),
        "bi_level_first_token_anchor_dev_branch": lambda: bi_level_gae(
            batch, levels, anchor="first", reference=True
        ),
    }
    counts = [len(turns) for turns in given["trajectories"]]
    return {
        name: _estimate(run, batch, counts, expected.get(name, {}))
        for name, run in estimators.items()
    }


def _estimate(
    run: Callable[[], CriticCredit], batch: Trajectories, counts: list[int], expected: Fields
) -> Fields:
    def nested(x_K: torch.Tensor) -> list[Any]:
        rows = iter(spans(x_K, batch))
        return [[next(rows) for _ in range(count)] for count in counts]

    try:
        credit = run()
    except (IndexError, ValueError) as error:
        return {"error": error_text(error, expected.get("error"))}
    out: Fields = {"advantages": nested(credit.token_K), "returns": nested(credit.return_K)}
    try:
        out["advantages_whitened"] = nested(credit.whitened(reference=True))
    except ValueError as error:
        out["advantages_whitened_error"] = error_text(
            error, expected.get("advantages_whitened_error", expected.get("error"))
        )
        out["error"] = out["advantages_whitened_error"]
    return out


def run_no_concat(_: str | None, params: Fields, given: Fields, __: Fields) -> Fields:
    episodes: dict[tuple[Any, Any], int] = {}
    unique: dict[tuple[Any, Any, Any], Row] = {}
    for row in given["rows"]:
        key = (row["group"], row["traj"], row["turn"])
        episode = episodes.setdefault(key[:2], len(episodes))
        unique.setdefault(
            key,
            Row(episode, row["turn"], values=row["values"], token_rewards=row["token_rewards"]),
        )
    batch = from_rows(unique.values())
    places = {key: place for place, key in enumerate(unique)}
    order = [places[r["group"], r["traj"], r["turn"]] for r in given["rows"]]
    out = {}
    for anchor in ("last", "first"):
        credit = no_concat_gae(batch, gamma=params["gamma"], lam=params["lam"], anchor=anchor)
        turn = batch.in_input_order(credit.turn_advantage_R).tolist()
        advantages = spans(credit.token_K, batch)
        whitened = spans(credit.whitened(reference=True), batch)
        returns = spans(credit.return_K, batch)
        out[f"{anchor}_token_anchor"] = {
            "turn_advantage": [turn[i] if advantages[i] else None for i in order],
            "advantages": [advantages[i] for i in order],
            "advantages_whitened": [whitened[i] for i in order],
            "returns": [returns[i] for i in order],
        }
    return out


def _relations(items: list[Fields] | None) -> list[Fact] | None:
    if items is None:
        return None
    return [
        Fact(
            str(item.get("object_id")),
            {k: item.get(k) for k in ("vertical_relation", "horizontal_relation")},
        )
        for item in items
    ]


def run_world_model(_: str | None, __: Fields, given: Fields, ___: Fields) -> Fields:
    rule = {"sokoban": SOKOBAN, "frozenlake": FROZEN_LAKE}[given["rule"]]
    truth = _relations(given["ground_truth"]) or []
    score = facts_score(truth, _relations(given["extracted"]), rule)
    if given.get("content") is not None:
        memory = Repetition()
        memory.add(given["history"])
        score -= memory.penalty(given["content"], score, top=given.get("k", 5), threshold=0.35)
    return {"score": score}


def run_format(_: str | None, __: Fields, given: Fields, ___: Fields) -> Fields:
    out = {}
    for name, mode in FORMATS.items():
        reply = parse_tags(given["response"], mode, reference=True)
        out[name] = {
            "format_correct": reply.well_formed,
            "actions": list(reply.actions),
            "observation_content": reply.observation,
            "prediction_content": reply.prediction,
            "reasoning_content": reply.reasoning,
        }
    return out


def _ragged(lists: list[list[Any]]) -> torch.Tensor:
    return torch.tensor([0, *np.cumsum([len(x) for x in lists]).tolist()])


def _cut(x: torch.Tensor, offsets: torch.Tensor) -> list[list[float]]:
    values, edges = x.tolist(), offsets.tolist()
    return [values[a:b] for a, b in itertools.pairwise(edges)]


def run_transform(_: str | None, params: Fields, given: Fields, __: Fields) -> Fields:
    answers = given["step_logits"]
    offsets = _ragged(answers)
    raw = from_logits(numbers([step for answer in answers for step in answer]))
    temperature = params["temperature"] if params.get("weighted", True) else None
    transformed = soft_min(raw, offsets, temperature)
    to_go = sum_to_end(transformed, offsets)
    return {
        "process_reward": _cut(raw, offsets),
        "transformed": _cut(transformed, offsets),
        "outcome": [sum(x) for x in _cut(transformed, offsets)],
        "return_to_go": _cut(to_go, offsets),
        "strict_min_to_go": _cut(min_to_end(raw, offsets), offsets),
    }


def run_openrlhf(_: str | None, params: Fields, given: Fields, __: Fields) -> Fields:
    answers = [
        (group, answer) for group, answers in enumerate(given["groups"]) for answer in answers
    ]
    rows = []
    for episode, (group, answer) in enumerate(answers):
        kl, start = answer["kl"], 0
        for turn, content in enumerate(answer["steps"]):
            count = content + 1
            penalty = [-params["kl_coef"] * x for x in kl[start : start + count]]
            rows.append(
                Row(episode, turn, group=group, values=[0.0] * count, token_rewards=penalty)
            )
            start += count
    batch = from_rows(rows)
    settings = MinFormSettings(
        baseline=params["reward_baseline"],
        outcome_weight=params["verifiable_reward_coef"] if "VR" in params["reward_mode"] else 0.0,
        use_process="PRM" in params["reward_mode"],
        mask_step_ends=params["mask_step_end_tokens"],
    )
    solved = numbers([answer["solved"] for _, answer in answers])
    process = numbers([r for _, answer in answers for r in answer["rewards"]])
    credit = min_form(batch, process, solved, settings, reference=True)
    known = torch.tensor([answer["have_answer"] for _, answer in answers])
    tokens = batch.offsets[batch.starts]
    return {
        "baselined_reward": _cut(credit.baselined_R, batch.starts),
        "advantages": _cut(credit.token_K, tokens),
        "outcome_reward": credit.outcome_N.tolist(),
        "judge_agreement": judge_agreement(credit.outcome_N, solved, known).tolist(),
        "advantages_normalised": _cut(credit.normalised(reference=True), tokens),
    }


def run_verl(_: str | None, params: Fields, given: Fields, __: Fields) -> Fields:
    answers = given["answers"]
    rows = [
        Row(episode, turn, group=answer["group"], values=[0.0] * count)
        for episode, answer in enumerate(answers)
        for turn, count in enumerate(answer["steps"])
    ]
    batch = from_rows(rows)
    raw = from_logits(numbers([step for answer in answers for step in answer["step_logits"]]))
    assignment = params["credit_assignment"]
    forms = {"gamma-decay": "sum", "strict min-form": "strict"}
    soft = not isinstance(assignment, str)
    credit = min_form_rloo(
        batch,
        raw,
        params["verifiable_reward_coef"] * numbers([answer["solved"] for answer in answers]),
        form="soft" if soft else forms[assignment],
        temperature=assignment if soft else 0.1,
        padded_length=params["padded_length"],
        reference=True,
    )
    tokens = batch.offsets[batch.starts]
    return {
        "step_scores": _cut(credit.step_score_R, batch.starts),
        "advantages": _cut(credit.token_K, tokens),
        "advantages_normalised": _cut(credit.whitened(reference=True), tokens),
    }


def run_chain(_: str | None, __: Fields, given: Fields, ___: Fields) -> Fields:
    probability = numbers(given["token_probs"])
    count = probability.numel()
    whole = torch.tensor([0, count])
    if given["partition"] == "equal":
        start = chain.equal_starts(whole, given["segments"], reference=True)
    else:
        start = chain.cutpoint_starts(probability, whole, given["interval"], reference=True)
    boundaries = (start - 1).tolist()
    values = [
        chain.boundary_value([chain.Rollout(r["reward"], r["truncated"]) for r in rollouts])
        for rollouts in (given["rollouts"][str(b)] for b in boundaries)
    ]
    batch = from_rows([Row(0, 0, values=[0.0] * count, logprobs=probability.log().tolist())])
    credit = chain.spo_chain(
        batch,
        start,
        numbers(values),
        numbers([given["score"]]),
        probability_mask=given["partition"] != "equal",
    )
    return {
        "boundaries": boundaries,
        "boundary_values": values,
        "token_advantages": credit.token_K.tolist(),
        "token_advantages_without_probability_mask": credit.unmasked_K.tolist(),
    }


def _node(tree: Fields) -> Node:
    children = tuple(_node(child) for child in tree.get("children", ()))
    return Node(tree.get("id", ""), children, None if children else tree["reward"])


def run_tree(_: str | None, params: Fields, given: Fields, __: Fields) -> Fields:
    root = _node(given["tree"])
    kind = {"rloo": "difference", "grpo": "normalised"}[params["adv_method"]]
    edges = spo_tree(root, kind=kind, drop_zero=params["drop_zero"], reference=True)
    return {
        "node_values": {n.path: {"value": n.value, "std": n.std} for n in tree_values(root)},
        "edges": [edge._asdict() for edge in edges],
    }


def run_loss(_: str | None, params: Fields, given: Fields, __: Fields) -> Fields:
    rows = given["rows"]

    def column(name: str) -> torch.Tensor:
        return torch.cat([numbers(row[name]) for row in rows])

    new = column("new_logprobs").requires_grad_()
    offsets = _ragged([row["advantages"] for row in rows])
    settings = LossSettings(
        probability_mask=params["use_prob_mask"],
        clip=params["cliprange"],
        kl_coef=params["kl_coef"] if params["kl_loss_type"] else 0.0,
        ratio_threshold=params["ratio_threshold"],
    )
    logs = TokenLogs(new, column("old_logprobs"), column("ref_logprobs"))
    terms = spo_loss(column("advantages"), logs, offsets, settings, reference=True)
    terms.loss.backward()
    assert new.grad is not None
    return {
        "trained": _cut(terms.trained_K, offsets),
        "whitened": _cut(terms.whitened_K, offsets),
        "loss": terms.loss.item(),
        "grad_new_logprobs": _cut(new.grad, offsets),
        "clip_fraction": terms.clip_fraction.item(),
        "skipped": terms.skipped,
    }


RULES = {
    "error_forcing": "error_forcing",
    "generalised_teacher_forcing": "teacher_forcing",
    "error_forcing_delayed": "rflo",
    "none": "bptt",
}


def run_forcing(kind: str | None, params: Fields, given: Fields, _: Fields) -> Fields:
    trained = {name: numbers(given[name]).requires_grad_() for name in ("W_rec", "bias", "W_out")}
    weights = Weights(
        trained["W_rec"],
        numbers(given["W_in"]),
        trained["bias"],
        trained["W_out"],
        numbers(given["b_out"]),
    )
    forcing = Forcing(RULES[params["rule"]], params["strength"], params["ridge"])
    one_step = kind == "one_step"
    x, target, mask = (numbers(given[name]) for name in ("x", "target", "mask"))
    start = numbers(given["h_prev" if one_step else "h0"])
    if one_step:
        x, target, mask = x[:, None], target[:, None], mask[:, None]
    elif mask.ndim == 1:
        mask = mask.expand(x.shape[0], -1)
    ran = unroll(
        weights, x, target, mask, forcing, alpha=params["alpha"], h0_BN=start, reference=True
    )
    if one_step:
        return {"output": ran.output_BTO[:, 0].tolist(), "h_next": ran.hidden_BTN[:, 0].tolist()}
    loss = masked_loss(ran.output_BTO, target, mask)
    loss.backward()
    return {
        "output": ran.output_BTO.tolist(),
        "hidden": ran.hidden_BTN.tolist(),
        "loss": loss.item(),
        "grad": {name: w.grad.tolist() for name, w in trained.items() if w.grad is not None},
    }


RUNNERS: dict[str, Callable[[str | None, Fields, Fields, Fields], Fields]] = {
    "GiGPO": run_gigpo,
    "VAGEN Bi-Level GAE": run_bi_level,
    "VAGEN no-concat turn GAE (current main branch)": run_no_concat,
    "VAGEN world-modelling reward: rule part after the judge": run_world_model,
    "VAGEN response formats": run_format,
    "PURE transformed process reward": run_transform,
    "PURE advantages, OpenRLHF implementation": run_openrlhf,
    "PURE advantages, verl implementation": run_verl,
    "SPO-chain segment advantages": run_chain,
    "SPO-tree segment advantages": run_tree,
    "SPO policy loss with probability mask": run_loss,
    "Error Forcing": run_forcing,
}
