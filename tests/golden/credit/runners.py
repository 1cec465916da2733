"""One runner per golden method: from a case's params and input to the fields it should hold."""

from collections.abc import Callable

import numpy as np
import torch

from shapley_coop.rl.credit import gigpo as gigpo_module
from shapley_coop.rl.forecast.cell import CellWeights
from shapley_coop.rl.forecast.forcing import Forcing, masked_loss, unroll
from shapley_coop.rl.trajectories.anchors import intern_anchors, state_key
from tests.golden.credit.pure import run_openrlhf, run_transform, run_verl
from tests.golden.credit.spo import run_chain, run_loss, run_tree
from tests.golden.credit.vagen import (
    run_bi_level,
    run_format,
    run_no_concat,
    run_world_model,
)
from tests.golden.credit.values import Fields, numbers


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
        reference=True,
    )
    texts = [str(o) for o in observed]
    scores = gigpo_module.gigpo_rows(rows, settings, texts=texts)
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


RULES = {
    "error_forcing": "error_forcing",
    "generalised_teacher_forcing": "teacher_forcing",
    "error_forcing_delayed": "rflo",
    "none": "bptt",
}


def run_forcing(kind: str | None, params: Fields, given: Fields, _: Fields) -> Fields:
    trained = {
        name: numbers(given[name]).requires_grad_()
        for name in ("W_rec", "bias", "W_out")
    }
    weights = CellWeights(
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
        weights,
        x,
        target,
        mask,
        forcing,
        alpha=params["alpha"],
        h0_BN=start,
        reference=True,
    )
    if one_step:
        return {
            "output": ran.output_BTO[:, 0].tolist(),
            "h_next": ran.hidden_BTN[:, 0].tolist(),
        }
    loss = masked_loss(ran.output_BTO, target, mask)
    loss.backward()
    return {
        "output": ran.output_BTO.tolist(),
        "hidden": ran.hidden_BTN.tolist(),
        "loss": loss.item(),
        "grad": {
            name: w.grad.tolist() for name, w in trained.items() if w.grad is not None
        },
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
