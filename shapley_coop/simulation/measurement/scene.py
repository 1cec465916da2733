"""A play as worth kinds see it, with all that they may play again."""

from __future__ import annotations

from shapley_coop.config.seeds import generator
from shapley_coop.credit.worth.kinds import absence_of
from shapley_coop.errors import GameError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth_method import CoalitionPlay, Scene
from shapley_coop.records import Coalition
from shapley_coop.runs.store import NullRecorder
from shapley_coop.simulation.cast import Cast
from shapley_coop.simulation.measurement.assign import REPLICATES, baseline_policies
from shapley_coop.simulation.measurement.deal import Deal
from shapley_coop.simulation.stage import Stage


def scene_of(stage: Stage, cast: Cast, deal: Deal | None = None) -> Scene:
    """Return a play as the worth kind sees it, at this moment."""
    settings = stage.config.worth
    rule = absence_of(stage.game, settings)

    async def play_again(coalition: Coalition, replicate: int) -> CoalitionPlay:
        there: Game | None = stage.game.fresh()
        if rule == "removed":
            if not coalition:
                return CoalitionPlay(stage.game.worth_of_nobody(), chance=False)
            members = [seat for seat in stage.game.seats if seat in coalition]
            there = stage.game.restrict(members)
        if there is None:
            raise GameError(
                f"game {stage.game.name!r}: restrict() returned None, though absences lists "
                "'removed'"
            )
        # Nothing of these plays is recorded: they only show what a coalition is worth.
        live = Stage(
            there,
            cast,
            stage.config,
            stage.index,
            NullRecorder(),
            present=coalition,
            replicate=replicate,
        )
        await live.negotiate_and_act()
        # The game's own dice are the episode's in every replicate, so they make no difference.
        total = sum(live.raw().values())
        return CoalitionPlay(float(total), chance=live.dice.drew_chance)

    # Nobody's money or time is spent sixteen times over without being asked for.
    is_asked_for = settings.stops_early
    live = REPLICATES if is_asked_for or not cast.decides_unseeded else 1
    return Scene(
        game=stage.game,
        seed=stage.seed,
        settings=settings,
        steps=tuple(stage.steps),
        beliefs=dict(stage.beliefs),
        absence=rule,
        policies=baseline_policies(
            stage.game, settings, stage.config.run.seed, stage.index
        ),
        replicates=settings.replicates or REPLICATES,
        live_replicates=settings.replicates or live,
        rng=generator(stage.config.run.seed, stage.index, "credit"),
        replayer=play_again,
        kept_profile=None if deal is None else deal.kept,
    )
