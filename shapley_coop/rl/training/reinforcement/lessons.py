"""The credit of decisions: plays become trajectories, and a spec says who earned what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from shapley_coop.errors import ConfigError
from shapley_coop.negotiation import NegotiatedGame
from shapley_coop.rl.assignment.evidence import Evidence
from shapley_coop.rl.assignment.spec import NO_EVIDENCE, Spec, assign_credit, paid_batch
from shapley_coop.rl.credit.gae import CriticCredit
from shapley_coop.rl.evidence.prefixes import (
    EXACT_SEATS,
    realised_credit_over_time,
)
from shapley_coop.rl.evidence.process_reward import from_prefix_credit, largest_gain
from shapley_coop.rl.training.reinforcement.rollout import Playthrough, SeatLine
from shapley_coop.rl.trajectories.batch import Row, Trajectories, from_rows
from shapley_coop.rl.trajectories.scans import sum_to_end

UNMET = ("branch values", "state texts")
"""What no training of recurrent policies gathers, since it would take plays of its own."""


class DecisionLessons(NamedTuple):
    """What an update learns from: lines of decisions, with numbers in their order."""

    lines: list[SeatLine]
    """Those that learn, by episode and seat, each with a decision."""
    advantage_R: Tensor
    """Credit of each decision, in reward units or as its method normalises it."""
    target_R: Tensor
    """What the critic should have expected at each decision, in reward units."""


def check_spec(spec: Spec, env: NegotiatedGame) -> None:
    """Raise ConfigError where a method needs what training cannot gather of a game."""
    for need in sorted(spec.time.method.needs):
        if need in UNMET:
            raise ConfigError(
                f"credit {spec.time.name!r} needs {need}, which training does not gather; take "
                "another method, such as gae, grpo, gigpo or shapley*gae",
                field="credit",
            )
    if _needs_seat_credit(spec):
        seats = len(env.game.seats)
        if seats > EXACT_SEATS:
            raise ConfigError(
                f"seat credit replays 2^{seats} coalitions of {seats} seats a step, and "
                f"at most {EXACT_SEATS} seats are allowed; use fewer seats, or a credit that "
                "values no coalitions, such as gae or grpo",
                field="credit",
            )
        env.absence()


def lessons_of(
    spec: Spec, plays: Sequence[Playthrough], scale: float
) -> DecisionLessons:
    """Return what is learned from plays under a spec.

    Args:
        spec: the credit method.
        plays: episodes that have ended.
        scale: what a critic's value of 1 is in reward units.
    """
    lines, rows = [], []
    for play in plays:
        for line in play.lines:
            if line.learns and line.decisions:
                lines.append(line)
                rows += _rows(line, play, scale)
    # Lines stand in the order that the batch sorts by, so that its numbers fit them.
    batch = from_rows(rows)
    evidence = NO_EVIDENCE
    if _needs_seat_credit(spec):
        evidence = _seat_credit(batch, plays, lines)
    credit = assign_credit(spec, batch, evidence)
    if isinstance(credit, CriticCredit):
        # One token a decision, so tokens are rows. Some methods supervise not all of them.
        target_R = credit.return_K.nan_to_num(0.0).where(
            credit.return_K.isfinite(), batch.value_K
        )
    else:
        paid = paid_batch(spec, batch, evidence, None)
        target_R = sum_to_end(paid.reward_R, paid.starts)
    return DecisionLessons(lines, credit.row_R, target_R)


def _needs_seat_credit(spec: Spec) -> bool:
    needs = spec.time.method.needs & {"seat credit", "process rewards"}
    return spec.seat is not None or bool(needs)


def _rows(line: SeatLine, play: Playthrough, scale: float) -> list[Row]:
    """Return the decisions of a line as rows of one token."""
    rows = []
    # Episodes whose seats see the same at the opening are plays of one task.
    opening = tuple(
        other.decisions[0].seen_F.tobytes() for other in play.lines if other.decisions
    )
    for turn, decision in enumerate(line.decisions):
        row = Row(
            line.episode,
            turn,
            reward=decision.reward,
            seat=line.seat,
            group=opening,
            anchor=decision.seen_F.tobytes(),
            values=(decision.value * scale,),
            logprobs=(decision.logprob,),
        )
        rows.append(row)
    return rows


def _seat_credit(
    batch: Trajectories, plays: Sequence[Playthrough], lines: Sequence[SeatLine]
) -> Evidence:
    """Return the Shapley credit of every prefix of the plays, by replay."""
    credit = {play.lines[0].episode: _credit_over_time(play.env) for play in plays}
    prefix: list[float] = []
    start: list[float] = []
    final: list[float] = []
    for line in lines:
        of_seat = credit[line.episode][:, line.seat].tolist()
        steps = [decision.step for decision in line.decisions]
        # A decision has earned what is credited until the next one, and the last all the rest.
        prefix += [of_seat[step] for step in steps[1:]]
        prefix.append(of_seat[-1])
        start.append(of_seat[steps[0]])
        final.append(of_seat[-1])
    prefix_R = torch.tensor(prefix, dtype=torch.float64)
    start_N = torch.tensor(start, dtype=torch.float64)
    gain = largest_gain(batch, prefix_R, start_N)
    return Evidence(
        final_credit_N=torch.tensor(final, dtype=torch.float64),
        prefix_credit_R=prefix_R,
        start_credit_N=start_N,
        process_reward_R=from_prefix_credit(batch, prefix_R, start_N, gain),
    )


def _credit_over_time(env: NegotiatedGame) -> Tensor:
    """Return the credit of every seat after every step of the play that an environment holds."""
    # As it divides a pot itself, so that credit of a decision is a part of Shapley pay.
    return realised_credit_over_time(env.game, env.seed, env.steps, rule=env.absence())
