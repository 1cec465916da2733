"""Reward for knowing the world: stated facts against the game's own, before and after."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from scipy.optimize import linear_sum_assignment

from shapley_coop.records.statements import Reasoning, Statement

Match = Literal["exact", "soft"]


@dataclass(frozen=True, slots=True)
class FactRule:
    """How stated facts of several kinds are scored."""

    weights: Mapping[str, float] = field(default_factory=dict)
    """Weight of each kind; kinds not named here count 0. Empty: all kinds alike."""
    match: Match = "soft"
    """`exact`: all fields agree; `soft`: the share of agreeing fields."""
    present_only: bool = True
    """Normalise over the kinds present in either list, so that silence about nothing scores 1."""


SOKOBAN = FactRule({"target": 0.5, "box": 0.5}, match="exact", present_only=False)
FROZEN_LAKE = FactRule({"target": 0.7, "hole": 0.3})
"""The two published rules (arXiv 2510.16907, appendix)."""

Claim: TypeAlias = Sequence[Statement] | str | None
Judge: TypeAlias = Callable[[str, Sequence[Statement]], float]
"""A judge model's score in [0, 1] of free text against the game's facts."""


def fact_f1(
    truth: Sequence[Statement], claimed: Sequence[Statement], match: Match = "soft"
) -> float:
    """F1 of one-to-one matched facts of one kind: 2 m / (|truth| + |claimed|); 0 if both are empty.

    m is the largest total of match scores over all assignments. Time n^3.
    """
    if not truth or not claimed:
        return 0.0
    score = np.array([[_agreement(t, c, match) for c in claimed] for t in truth])
    rows, columns = linear_sum_assignment(score, maximize=True)
    return 2.0 * float(score[rows, columns].sum()) / (len(truth) + len(claimed))


def facts_score(
    truth: Sequence[Statement], claimed: Sequence[Statement] | None, rule: FactRule
) -> float:
    """Weighted F1 over the kinds, in [0, 1]; a missing claim counts as an empty one."""
    told = claimed or ()
    present = {fact.kind for fact in (*truth, *told)}
    weights = dict(rule.weights) or dict.fromkeys(present, 1.0)
    kinds = [k for k in weights if k in present] if rule.present_only else list(weights)
    total = sum(weights[kind] for kind in kinds) if rule.present_only else 1.0
    if not total:
        return 1.0
    earned = sum(
        weights[kind]
        * fact_f1(
            [f for f in truth if f.kind == kind],
            [f for f in told if f.kind == kind],
            rule.match,
        )
        for kind in kinds
    )
    return float(earned / total)


class Repetition:
    """Sentences an agent has used, most frequent first; knows nothing of what they mean."""

    def __init__(self, kept: int = 1000) -> None:
        """`kept`: how many different sentences are remembered."""
        self._kept = kept
        self._count: Counter[str] = Counter()

    def add(self, sentences: Sequence[str]) -> None:
        """Count a batch of sentences, then forget the rarest beyond the limit."""
        self._count.update(sentences)
        if len(self._count) > self._kept:
            self._count = Counter(dict(self._count.most_common(self._kept)))

    def penalty(
        self,
        sentence: str,
        score: float,
        *,
        top: int = 5,
        amount: float = 0.1,
        threshold: float = 0.7,
        least: int = 1,
    ) -> float:
        """`amount` for one of the `top` most frequent sentences whose score is below `threshold`.

        least: how often it must have been used to count. score: in [0, 1]; the released code
        compares the sum of two F1 scores with the same threshold, which is twice this score: pass
        threshold=0.35 for that. The amount is to be subtracted from the score, not paid in its
        place. Decided by us, since no known case shows a charged sentence with a score above 0:
        the paper adds it to the other rewards as a penalty, and scores down to -0.1 follow from
        either reading.
        """
        frequent = {
            text for text, count in self._count.most_common(top) if count >= least
        }
        return amount if sentence in frequent and score < threshold else 0.0


class TurnClaims(NamedTuple):
    """What an agent stated in a turn: the state it saw and the state it expects."""

    observation: Claim = None
    prediction: Claim = None


@dataclass(frozen=True, slots=True)
class WorldModelWeights:
    """Pay of a perfect state estimate and of a perfect prediction, in reward units."""

    state: float = 0.5
    transition: float = 0.5


def world_model_reward(
    claims: TurnClaims,
    before: Sequence[Statement],
    after: Sequence[Statement],
    rule: FactRule,
    mode: Reasoning,
    *,
    well_formed: bool,
    weights: WorldModelWeights = WorldModelWeights(),
    judge: Judge | None = None,
) -> float:
    """Pay the fields of the mode: the observation against `before`, the prediction against `after`.

    Nothing is paid in a turn that is not well formed. Text needs a judge; typed facts need none.
    Source: Wang et al. 2025, arXiv 2510.16907, section 4.
    """
    if not well_formed:
        return 0.0
    paid = 0.0
    if mode in ("state", "world-model"):
        paid += weights.state * _claim_score(claims.observation, before, rule, judge)
    if mode in ("transition", "world-model"):
        paid += weights.transition * _claim_score(claims.prediction, after, rule, judge)
    return paid


def _claim_score(
    claim: Claim, truth: Sequence[Statement], rule: FactRule, judge: Judge | None
) -> float:
    if not isinstance(claim, str):
        return facts_score(truth, claim, rule) if claim is not None else 0.0
    if judge is None:
        raise ValueError(
            f"the claim {claim[:60]!r} is free text: give typed facts or a judge"
        )
    score = judge(claim, truth)
    if not 0.0 <= score <= 1.0:
        raise ValueError(f"a judge's score must lie in [0, 1], got {score}")
    return score


def _agreement(truth: Statement, claim: Statement, match: Match) -> float:
    """Share of the true fact's fields that the claim states alike (all or nothing if exact)."""
    names = truth.fields.keys()
    if not names:
        return 1.0
    share = sum(claim.fields.get(n, _ABSENT) == truth.fields[n] for n in names) / len(
        names
    )
    return share if match == "soft" else float(share == 1.0)


_ABSENT = object()
