"""Reward for knowing the world: stated facts against the game's own, before and after."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from scipy.optimize import linear_sum_assignment

from shapley_coop.records.statements import PREDICTS, STATES, Reasoning, Statement

Match = Literal["exact", "soft"]
"""`exact` needs all fields to agree. `soft` counts the share of fields that agree."""


FREQUENT = 5
"""Sentences, the most frequent ones, that count as repeated."""
PENALTY = 0.1
"""Taken for a repeated sentence that is wrong, in reward units."""
TOO_LITTLE = 0.7
"""Score below which a sentence is wrong."""


@dataclass(frozen=True, slots=True)
class StatementRule:
    """How statements of several kinds are scored."""

    weights: Mapping[str, float] = field(default_factory=dict)
    """Weight of each kind. Kinds not named here count 0, and an empty mapping counts all alike.
    Weights that sum to more than 1 are shares of their sum."""
    match: Match = "soft"
    present_only: bool = True
    """Normalise over the kinds present in either list, so that silence about nothing scores 1."""

    def __post_init__(self) -> None:
        """Raise ValueError on a weight below 0, or one that is no number."""
        for kind, weight in self.weights.items():
            if not 0.0 <= weight < math.inf:
                raise ValueError(
                    f"the weight of {kind!r} is {weight}; it must be a number from 0"
                )


Claim: TypeAlias = Sequence[Statement] | str | None
JudgeOfText: TypeAlias = Callable[[str, Sequence[Statement]], float]
"""A judge model's score in [0, 1] of free text against the game's statements."""


def statement_f1(
    truth: Sequence[Statement], claim: Sequence[Statement], match: Match = "soft"
) -> float:
    """F1 of one-to-one matched statements of one kind, 0 if either list is empty.

    F1 is 2 m / (|truth| + |claim|), where m is the largest total of match scores over all
    assignments. Time n^3.
    """
    if not truth or not claim:
        return 0.0
    # The best assignment pairs statements so that their agreement is largest in sum.
    score = np.array(
        [[_agreement(true, said, match) for said in claim] for true in truth]
    )
    rows, columns = linear_sum_assignment(score, maximize=True)
    best = float(score[rows, columns].sum())
    return 2.0 * best / (len(truth) + len(claim))


def statements_score(
    truth: Sequence[Statement], claim: Sequence[Statement] | None, rule: StatementRule
) -> float:
    """Weighted F1 over the kinds, in [0, 1]. A missing claim counts as an empty one."""
    said = claim or ()
    present = {statement.kind for statement in (*truth, *said)}
    weights = dict(rule.weights)
    if not weights:
        weights = dict.fromkeys(present, 1.0)
    if rule.present_only:
        weights = {kind: weights[kind] for kind in weights if kind in present}
        total = sum(weights.values())
    else:
        total = max(1.0, sum(weights.values()))
    # No kind that counts is present, so there was nothing to get wrong.
    if not total:
        return 1.0
    earned = 0.0
    for kind, weight in weights.items():
        true_of_kind = [statement for statement in truth if statement.kind == kind]
        said_of_kind = [statement for statement in said if statement.kind == kind]
        earned += weight * statement_f1(true_of_kind, said_of_kind, rule.match)
    return float(earned / total)


class Repetition:
    """Sentences an agent has used, most frequent first, whatever they mean."""

    def __init__(self, memory: int = 1000) -> None:
        """Remember at most `memory` different sentences."""
        self._memory = memory
        self._count: Counter[str] = Counter()

    def add(self, sentences: Sequence[str]) -> None:
        """Count a batch of sentences, then forget the rarest beyond the limit."""
        self._count.update(sentences)
        if len(self._count) > self._memory:
            # What was said rarely is no repetition, so it is forgotten first.
            self._count = Counter(dict(self._count.most_common(self._memory)))

    def penalty(
        self,
        sentence: str,
        score: float,
        *,
        top: int = FREQUENT,
        amount: float = PENALTY,
        threshold: float = TOO_LITTLE,
        least: int = 1,
    ) -> float:
        """Return `amount` for a sentence among the `top` most frequent that scored too little.

        The amount is to be subtracted from the score, not paid in its place. Decided by us, since
        no known case shows a charged sentence with a score above 0: the paper adds it to the other
        rewards as a penalty, and scores down to -0.1 follow from either reading.

        Args:
            sentence: what was said.
            score: its score in [0, 1].
            top: how many sentences count as frequent.
            amount: the penalty, in reward units.
            threshold: scores below it are too little. The released code compares the sum of two F1
                scores with the same threshold, which is twice this score: pass 0.35 for that.
            least: how often a sentence must have been used to count.
        """
        if score >= threshold:
            return 0.0
        # Frequent sentences alone are charged, and among them only those that are wrong.
        for text, count in self._count.most_common(top):
            if text == sentence and count >= least:
                return amount
        return 0.0


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
    rule: StatementRule,
    mode: Reasoning,
    *,
    well_formed: bool,
    weights: WorldModelWeights = WorldModelWeights(),
    judge: JudgeOfText | None = None,
) -> float:
    """Pay the fields of the mode: the observation against `before`, the prediction against `after`.

    Nothing is paid in a turn that is not well formed. Text needs a judge, typed statements need
    none. Source: Wang et al. 2025, arXiv 2510.16907, section 4.
    """
    if not well_formed:
        return 0.0
    pay = 0.0
    if mode in STATES:
        pay += weights.state * _claim_score(claims.observation, before, rule, judge)
    if mode in PREDICTS:
        pay += weights.transition * _claim_score(claims.prediction, after, rule, judge)
    return pay


def _claim_score(
    claim: Claim,
    truth: Sequence[Statement],
    rule: StatementRule,
    judge: JudgeOfText | None,
) -> float:
    if claim is None:
        return 0.0
    if not isinstance(claim, str):
        return statements_score(truth, claim, rule)
    if judge is None:
        raise ValueError(
            f"the claim {claim[:60]!r} is free text: give typed facts or a judge"
        )
    score = judge(claim, truth)
    if not 0.0 <= score <= 1.0:
        raise ValueError(f"a judge's score must lie in [0, 1], got {score}")
    return score


def _agreement(truth: Statement, claim: Statement, match: Match) -> float:
    """Share of the true statement's fields that the claim states alike, or 0 or 1 if exact."""
    names = truth.fields.keys()
    if not names:
        return 1.0
    agreeing = [
        name
        for name in names
        if name in claim.fields and claim.fields[name] == truth.fields[name]
    ]
    share = len(agreeing) / len(names)
    if match == "exact":
        return float(share == 1.0)
    return share
