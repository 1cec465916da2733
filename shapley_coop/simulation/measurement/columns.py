"""What each seat claimed, agreed to, could be worth, was worth and got, side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from shapley_coop.config.seeds import generator
from shapley_coop.credit.beliefs import stated_credit, stated_zero
from shapley_coop.interfaces.worth_method import Scene
from shapley_coop.negotiation.ledger import Settlement
from shapley_coop.negotiation.procedure import binding, may_divide_by_rule, settle
from shapley_coop.negotiation.promises import play_profile
from shapley_coop.records import Contract, Credit, Seat, SeatCredit
from shapley_coop.simulation.measurement.assign import measure_division
from shapley_coop.simulation.measurement.deal import Deal, deviation
from shapley_coop.simulation.stage import Stage


class Ending(NamedTuple):
    """A play that is over, with all that was signed, measured and paid."""

    scene: Scene
    """The play as worth kinds see it."""
    credit: Credit | None
    """Credit by the configured worth kind."""
    potential: Credit | None
    """What the rules make seats worth."""
    deal: Deal | None
    """What was signed before and during play."""
    division: Contract | None
    """What was signed after it."""
    divisor: Credit | None
    """The credit that a rule divides by."""
    settlement: Settlement
    """What was paid."""


async def seat_columns(stage: Stage, ending: Ending) -> dict[Seat, SeatCredit]:
    """Return what each seat claimed, agreed to, could be worth, was worth and got."""
    game = stage.game
    measured, potential = ending.credit, ending.potential
    agreed = await _agreed(stage, ending)
    deviations: dict[Seat, float] = {}
    if ending.deal is not None:
        rng = generator(stage.config.run.seed, stage.index, "deviation")
        deviations = deviation(ending.scene, ending.deal, rng)
    claimed: dict[Seat, float] = {}
    zero_shifts: dict[Seat, float] = {}
    for seat, beliefs in stage.beliefs.items():
        claimed[seat] = stated_credit(beliefs, game.seats)[seat]
        # Claims and credit sum to v(everyone) - v(nobody), so they compare on one v(nobody) alone.
        if measured is not None:
            apart = measured.empty - stated_zero(beliefs)
            zero_shifts[seat] = apart / len(game.seats)
    columns = {}
    for seat in game.seats:
        secure = stage.outside[seat]
        columns[seat] = SeatCredit(
            claimed=claimed.get(seat),
            agreed=agreed.get(seat),
            potential=potential.values[seat] if potential else None,
            potential_stderr=potential.stderr[seat] if potential else 0.0,
            potential_draws=potential.draws if potential else None,
            potential_freedom=potential.freedom_of(seat) if potential else None,
            measured=measured.values[seat] if measured else None,
            stderr=measured.stderr[seat] if measured else 0.0,
            zero_shift=zero_shifts.get(seat, 0.0),
            deviation=deviations.get(seat),
            final=ending.settlement.payoffs[seat],
            outside=secure.value if secure else None,
        )
    return columns


async def _agreed(stage: Stage, ending: Ending) -> dict[Seat, float]:
    """Return what every seat would get if all kept what they signed, whatever was played.

    Empty where nothing was signed, which is not the same as a promise of 0.
    """
    deal, division = ending.deal, ending.division
    if deal is None and division is None:
        return {}
    # Where all kept their parts, what was agreed is what was played.
    if deal is None or not deal.strayed:
        return stage.settle(division, ending.divisor, as_agreed=True).payoffs
    game, steps = play_profile(stage.game, stage.seed, deal.kept)
    protocol = stage.config.protocol
    credit = None
    # A rule divides what would have been earned, by what would have been done.
    if may_divide_by_rule(protocol):
        kept_scene = replace(ending.scene, steps=steps)
        credit = await measure_division(
            kept_scene,
            protocol,
            seed=stage.config.run.seed,
            episode=stage.index,
        )
    settlement = settle(
        game,
        binding(protocol),
        stage.contracts,
        steps,
        division=division,
        credit=credit,
        deadlock=stage.deadlock,
        beliefs=stage.beliefs,
        payers=stage.payers,
    )
    return settlement.payoffs
