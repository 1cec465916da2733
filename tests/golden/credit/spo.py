"""Runners of the golden methods of SPO: chain, tree and loss."""

import torch

from shapley_coop.rl.credit import spo_chain as chain
from shapley_coop.rl.credit.spo_tree import Node, spo_tree, tree_values
from shapley_coop.rl.losses.spo import LossSettings, TokenLogs, spo_loss
from shapley_coop.rl.trajectories.batch import Row, from_rows
from tests.golden.credit.segments import Rollout, boundary_value, equal_starts
from tests.golden.credit.values import Fields, cut, numbers, ragged


def run_chain(_: str | None, __: Fields, given: Fields, ___: Fields) -> Fields:
    probability = numbers(given["token_probs"])
    count = probability.numel()
    whole = torch.tensor([0, count])
    if given["partition"] == "equal":
        start = equal_starts(whole, given["segments"], reference=True)
    else:
        start = chain.cutpoint_starts(
            probability, whole, given["interval"], reference=True
        )
    boundaries = (start - 1).tolist()
    values = [
        boundary_value([Rollout(r["reward"], r["truncated"]) for r in rollouts])
        for rollouts in (given["rollouts"][str(b)] for b in boundaries)
    ]
    batch = from_rows(
        [Row(0, 0, values=[0.0] * count, logprobs=probability.log().tolist())]
    )
    credit = chain.spo_chain(
        batch,
        start,
        numbers(values),
        numbers([given["score"]]),
        chain.SpoChainSettings(probability_mask=given["partition"] != "equal"),
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
        "node_values": {
            n.path: {"value": n.value, "std": n.std} for n in tree_values(root)
        },
        "edges": [edge._asdict() for edge in edges],
    }


def run_loss(_: str | None, params: Fields, given: Fields, __: Fields) -> Fields:
    rows = given["rows"]

    def column(name: str) -> torch.Tensor:
        return torch.cat([numbers(row[name]) for row in rows])

    new = column("new_logprobs").requires_grad_()
    offsets = ragged([row["advantages"] for row in rows])
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
        "trained": cut(terms.trained_K, offsets),
        "whitened": cut(terms.whitened_K, offsets),
        "loss": terms.loss.item(),
        "grad_new_logprobs": cut(new.grad, offsets),
        "clip_fraction": terms.clip_fraction.item(),
        "skipped": terms.skipped,
    }
