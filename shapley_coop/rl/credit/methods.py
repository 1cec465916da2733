"""Every credit method behind one signature: (batch, evidence, parameters) -> credit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import torch
from torch import Tensor

from shapley_coop.rl.credit import gae as gae_module
from shapley_coop.rl.credit import grpo as grpo_module
from shapley_coop.rl.credit import shapley as shapley_module
from shapley_coop.rl.credit import spo_chain as chain
from shapley_coop.rl.credit import spo_tree as tree
from shapley_coop.rl.credit.bi_level_gae import TwoLevels
from shapley_coop.rl.credit.bi_level_gae import bi_level_gae as two_levels
from shapley_coop.rl.credit.bi_level_gae import turn_wise_gae as turn_level
from shapley_coop.rl.credit.gigpo import GigpoSettings
from shapley_coop.rl.credit.gigpo import gigpo as group_in_group
from shapley_coop.rl.credit.min_form import MinFormSettings
from shapley_coop.rl.credit.min_form import min_form as min_form_steps
from shapley_coop.rl.credit.min_form_rloo import min_form_rloo as min_form_tokens
from shapley_coop.rl.credit.no_concat_gae import no_concat_gae as separate_turns
from shapley_coop.rl.credit.result import TurnCredit
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.ragged import span_sum


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a method may need beyond the batch; a missing field is named in the error."""

    final_credit_N: Tensor | None = None
    """Seat credit of each trajectory, reward units."""
    prefix_credit_R: Tensor | None = None
    """Seat credit of the prefix that ends with each row."""
    start_credit_N: Tensor | None = None
    """Seat credit of the empty prefix; 0 if missing."""
    process_reward_R: Tensor | None = None
    """Process reward of each row, in (-1, 1)."""
    outcome_N: Tensor | None = None
    """Outcome of each trajectory; the sum of its rewards if missing."""
    segment_start_M: Tensor | None = None
    """First own token of each segment; the turns if missing."""
    segment_value_M: Tensor | None = None
    """Monte-Carlo value before each segment."""
    texts: Sequence[str] | None = None
    """State of each row as text, for similarity grouping."""
    trees: Mapping[int, tree.Node] | None = None
    """Sampled tree of each task group."""
    node_R: Sequence[str] | None = None
    """Path of the tree node ("root/0/1") that each row is."""


Field = TypeVar("Field")
Method: TypeAlias = Callable[..., TurnCredit]
"""(batch, evidence, **parameters) -> credit."""


def gae(batch: Trajectories, _: Evidence, **parameters: Any) -> TurnCredit:
    """Plain token GAE: gamma, lam."""
    return gae_module.gae(batch, **parameters)


def grpo(batch: Trajectories, _: Evidence, **parameters: Any) -> TurnCredit:
    """GRPO: divide, epsilon, reference."""
    return grpo_module.grpo(batch, **parameters)


def gigpo(
    batch: Trajectories,
    evidence: Evidence,
    *,
    reference: bool = False,
    **parameters: Any,
) -> TurnCredit:
    """GiGPO: the fields of GigpoSettings, reference."""
    texts = list(evidence.texts) if evidence.texts is not None else None
    return group_in_group(
        batch, GigpoSettings(**parameters), texts=texts, reference=reference
    )


def bi_level_gae(
    batch: Trajectories, _: Evidence, *, reference: bool = False, **parameters: Any
) -> TurnCredit:
    """Bi-Level GAE: the fields of TwoLevels, reference."""
    return two_levels(batch, TwoLevels(**parameters), reference=reference)


def turn_wise_gae(
    batch: Trajectories, _: Evidence, *, reference: bool = False, **parameters: Any
) -> TurnCredit:
    """Turn-wise GAE: the fields of TwoLevels, reference."""
    return turn_level(batch, TwoLevels(**parameters), reference=reference)


def no_concat_gae(batch: Trajectories, _: Evidence, **parameters: Any) -> TurnCredit:
    """GAE between turns that are samples of their own: gamma, lam, anchor."""
    return separate_turns(batch, **parameters)


def min_form(
    batch: Trajectories,
    evidence: Evidence,
    *,
    reference: bool = False,
    **parameters: Any,
) -> TurnCredit:
    """Min form with a baseline of its cohort: the fields of MinFormSettings, reference."""
    process = _need(evidence.process_reward_R, "process_reward_R", "min_form")
    settings = MinFormSettings(**parameters)
    return min_form_steps(
        batch, process, _outcome(batch, evidence), settings, reference=reference
    )


def min_form_rloo(
    batch: Trajectories, evidence: Evidence, **parameters: Any
) -> TurnCredit:
    """Min form less one constant an answer: form, temperature, padded_length, reference."""
    process = _need(evidence.process_reward_R, "process_reward_R", "min_form_rloo")
    return min_form_tokens(batch, process, _outcome(batch, evidence), **parameters)


def spo_chain(batch: Trajectories, evidence: Evidence, **parameters: Any) -> TurnCredit:
    """SPO-chain over the segments of the evidence, or over turns: probability_mask."""
    value_M = _need(evidence.segment_value_M, "segment_value_M", "spo_chain")
    start_M = evidence.segment_start_M
    if start_M is None:
        start_M = chain.turn_starts(batch)
    return chain.spo_chain(
        batch, start_M, value_M, _outcome(batch, evidence), **parameters
    )


def spo_tree(batch: Trajectories, evidence: Evidence, **parameters: Any) -> TurnCredit:
    """SPO-tree, rows being segments: kind, drop_zero, reference. A dropped edge earns 0."""
    trees = _need(evidence.trees, "trees", "spo_tree")
    nodes = _need(evidence.node_R, "node_R", "spo_tree")
    gains = {
        group: {
            edge.child: edge.advantage for edge in tree.spo_tree(root, **parameters)
        }
        for group, root in trees.items()
    }
    pairs = zip(batch.group_R.tolist(), nodes, strict=True)
    row_R = torch.tensor(
        [gains[g].get(node, 0.0) for g, node in pairs], dtype=torch.float64
    )
    return TurnCredit(row_R, batch.broadcast(row_R))


def shapley(
    batch: Trajectories, evidence: Evidence, *, form: str = "shaped"
) -> TurnCredit:
    """Seat credit to go: `shaped` from prefix credits, or the final credit as a `return`."""
    return shapley_module.shapley_credit(seat_rewards(batch, evidence, form=form))


def seat_rewards(
    batch: Trajectories, evidence: Evidence, *, form: str = "shaped"
) -> Trajectories:
    """Return the batch with seat credit in the place of its rewards."""
    if form == "shaped":
        prefix = _need(
            evidence.prefix_credit_R, "prefix_credit_R", "shapley(form=shaped)"
        )
        start = evidence.start_credit_N
        return shapley_module.with_seat_credit(batch, prefix_R=prefix, start_N=start)
    if form == "return":
        final = _need(evidence.final_credit_N, "final_credit_N", "shapley(form=return)")
        return shapley_module.with_seat_credit(batch, final_N=final)
    raise ValueError(f"form {form!r} is unknown: choose shaped or return")


METHODS: dict[str, Method] = {
    "gae": gae,
    "grpo": grpo,
    "gigpo": gigpo,
    "bi_level_gae": bi_level_gae,
    "turn_wise_gae": turn_wise_gae,
    "no_concat_gae": no_concat_gae,
    "min_form": min_form,
    "min_form_rloo": min_form_rloo,
    "spo_chain": spo_chain,
    "spo_tree": spo_tree,
    "shapley": shapley,
}


def _outcome(batch: Trajectories, evidence: Evidence) -> Tensor:
    if evidence.outcome_N is not None:
        return evidence.outcome_N
    return span_sum(batch.reward_R, batch.starts)


def _need(field: Field | None, name: str, method: str) -> Field:
    if field is None:
        raise ValueError(f"{method} needs evidence.{name}, which was not given")
    return field
