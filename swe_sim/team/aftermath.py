"""What is known of a team's work once it is over: what passed, and who approved what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shapley_coop.interfaces.game import Game
from shapley_coop.records import Seat, Step
from swe_sim.judge import Verdict
from swe_sim.team import judging
from swe_sim.team.game import software_team


class Approvals(NamedTuple):
    """How often a seat approved a program, and how often that program failed hidden tests."""

    given: int
    wrong: int


class Aftermath(NamedTuple):
    """A play of the software team, looked at from its end."""

    verdict: Verdict
    turns: int
    """Turns in which some seat did something: what a programmer alone may use too."""
    approvals: dict[Seat, Approvals]
    """Of each seat that can approve."""


def aftermath(game: Game, seed: int, steps: Sequence[Step]) -> Aftermath:
    """Return what is known of a play, which is taken again without anybody being asked.

    Args:
        game: any instance of the game, with the parameters of the play. It is left alone.
        seed: the seed of the play.
        steps: all that was done.

    Raises:
        ConfigError: the game is no software team.
    """
    stage = software_team(game.fresh())
    stage.start(seed)
    for step in steps:
        stage.apply(step.deeds)
    desk = stage.desk
    approvals = {}
    for seat in stage.seats:
        if "approve" not in stage.role(seat).moves:
            continue
        given = [one for one in desk.approvals if one.seat == seat]
        wrong = 0
        for approval in given:
            verdict = judging.hidden_verdict(
                stage.task, approval.tree, unsafe=stage.unsafe
            )
            wrong += not all(verdict.tests.values())
        approvals[seat] = Approvals(len(given), wrong)
    return Aftermath(stage.verdict(), sum(desk.turns.values()), approvals)
