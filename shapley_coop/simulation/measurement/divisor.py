"""The credit that a pot is divided by, and that seats see where they divide it themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shapley_coop.config.sections import Config
from shapley_coop.credit.worth.realised import REALISED
from shapley_coop.interfaces.waiting import run_without_waiting
from shapley_coop.interfaces.worth_method import Scene
from shapley_coop.negotiation.checks.plays import DivisorOf
from shapley_coop.negotiation.procedure import may_divide_by_rule, split_table
from shapley_coop.records import TOLERANCE, Credit, Step
from shapley_coop.simulation.measurement.assign import measure_division


async def find_divisor(
    scene: Scene, credit: Credit | None, config: Config, index: int
) -> Credit | None:
    """Return the credit that the pot is divided by, and that is shown where seats divide it.

    Rules divide by realised credit. Where seats divide the pot themselves they are shown what was
    measured if it is a division of the pot, or if the game does not repeat itself, and realised
    credit otherwise.

    Raises:
        GameError: a rule is to divide by credit, and the game does not repeat itself.
    """
    protocol = config.protocol
    by_rule = may_divide_by_rule(protocol)
    if not by_rule and split_table(protocol) is None:
        return credit
    if not by_rule and credit is not None and _divides(credit, scene):
        return credit
    # What was measured as played need not be measured again.
    is_realised = credit is not None and credit.worth == REALISED.name
    if is_realised and protocol.split != "banzhaf" and scene.absence != "agreed":
        return credit
    divisor = await measure_division(
        scene, protocol, seed=config.run.seed, episode=index
    )
    return credit if divisor is None and not by_rule else divisor


def _divides(credit: Credit, scene: Scene) -> bool:
    """Return whether credit is a division of the pot: v(nobody) is 0, v(everyone) is the pot."""
    pot = sum(sum(step.rewards.values()) for step in scene.steps)
    return abs(credit.empty) <= TOLERANCE and abs(credit.grand - pot) <= TOLERANCE


def divisor_of_plays(scene: Scene, config: Config, index: int) -> DivisorOf:
    """Return what tells the credit by which the pot of any other play would be divided."""

    def divisor_of(steps: Sequence[Step]) -> Credit | None:
        # Pots are divided by repeated actions, which nobody is asked for.
        return run_without_waiting(
            measure_division(
                replace(scene, steps=tuple(steps)),
                config.protocol,
                seed=config.run.seed,
                episode=index,
            )
        )

    return divisor_of
