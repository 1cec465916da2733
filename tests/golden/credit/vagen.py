"""Runners of the golden methods of VAGEN: GAE forms, world-model reward, reply formats."""

from collections.abc import Callable
from typing import Any

import torch

from shapley_coop.agents.llm.reasoning_tags import parse_tags
from shapley_coop.records.statements import Statement
from shapley_coop.rl.credit.bi_level_gae import TwoLevels, bi_level_gae, turn_wise_gae
from shapley_coop.rl.credit.gae import CriticCredit, GaeSettings, gae
from shapley_coop.rl.credit.no_concat_gae import NoConcatSettings, no_concat_gae
from shapley_coop.rl.evidence.statement_scores import (
    Repetition,
    StatementRule,
    statements_score,
)
from shapley_coop.rl.trajectories.batch import Row, Trajectories, from_rows
from tests.golden.credit.values import Fields, in_input_order, spans

# The two published rules (arXiv 2510.16907, appendix).
SOKOBAN = StatementRule({"target": 0.5, "box": 0.5}, match="exact", present_only=False)
FROZEN_LAKE = StatementRule({"target": 0.7, "hole": 0.3})

FORMATS = {
    "free_think": "free",
    "no_think": "none",
    "grounding": "state",
    "worldmodeling": "transition",
    "grounding_worldmodeling": "world-model",
}


def error_text(error: Exception, expected: str | None) -> str:
    """The expected text when it names this type of error, else the type's name."""
    name = type(error).__name__
    return expected if expected and expected.split(":")[0] == name else name


def run_bi_level(
    _: str | None, params: Fields, given: Fields, expected: Fields
) -> Fields:
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
    levels = TwoLevels(
        gamma_turn=params["gamma_turn"],
        gamma_token=params["gamma_token"],
        lam_turn=lam,
        lam_token=lam,
        reference=True,
    )
    tokens = GaeSettings(gamma=params["gamma_token"], lam=lam)
    estimators: dict[str, Callable[[], CriticCredit]] = {
        "bi_level": lambda: bi_level_gae(batch, levels),
        "token_level_masked": lambda: gae(batch, tokens),
        "turn_wise": lambda: turn_wise_gae(batch, levels),
        "bi_level_first_token_anchor_dev_branch": lambda: bi_level_gae(
            batch, levels, anchor="first"
        ),
    }
    counts = [len(turns) for turns in given["trajectories"]]
    return {
        name: _estimate(run, batch, counts, expected.get(name, {}))
        for name, run in estimators.items()
    }


def _estimate(
    run: Callable[[], CriticCredit],
    batch: Trajectories,
    counts: list[int],
    expected: Fields,
) -> Fields:
    def nested(x_K: torch.Tensor) -> list[Any]:
        rows = iter(spans(x_K, batch))
        return [[next(rows) for _ in range(count)] for count in counts]

    try:
        credit = run()
    except (IndexError, ValueError) as error:
        return {"error": error_text(error, expected.get("error"))}
    out: Fields = {
        "advantages": nested(credit.token_K),
        "returns": nested(credit.return_K),
    }
    try:
        out["advantages_whitened"] = nested(credit.whiten(reference=True))
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
            Row(
                episode,
                row["turn"],
                values=row["values"],
                token_rewards=row["token_rewards"],
            ),
        )
    batch = from_rows(unique.values())
    places = {key: place for place, key in enumerate(unique)}
    order = [places[r["group"], r["traj"], r["turn"]] for r in given["rows"]]
    out = {}
    for anchor in ("last", "first"):
        credit = no_concat_gae(
            batch,
            NoConcatSettings(gamma=params["gamma"], lam=params["lam"], anchor=anchor),
        )
        turn = in_input_order(credit.turn_advantage_R, batch).tolist()
        advantages = spans(credit.token_K, batch)
        whitened = spans(credit.whiten(reference=True), batch)
        returns = spans(credit.return_K, batch)
        out[f"{anchor}_token_anchor"] = {
            "turn_advantage": [turn[i] if advantages[i] else None for i in order],
            "advantages": [advantages[i] for i in order],
            "advantages_whitened": [whitened[i] for i in order],
            "returns": [returns[i] for i in order],
        }
    return out


def _relations(items: list[Fields] | None) -> list[Statement] | None:
    if items is None:
        return None
    return [
        Statement(
            str(item.get("object_id")),
            {k: item.get(k) for k in ("vertical_relation", "horizontal_relation")},
        )
        for item in items
    ]


def run_world_model(_: str | None, __: Fields, given: Fields, ___: Fields) -> Fields:
    rule = {"sokoban": SOKOBAN, "frozenlake": FROZEN_LAKE}[given["rule"]]
    truth = _relations(given["ground_truth"]) or []
    score = statements_score(truth, _relations(given["extracted"]), rule)
    if given.get("content") is not None:
        memory = Repetition()
        memory.add(given["history"])
        score -= memory.penalty(
            given["content"], score, top=given.get("k", 5), threshold=0.35
        )
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
