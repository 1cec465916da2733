"""A play as worth kinds see it, with all that they may play again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from shapley_coop.config.sections import Config
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

CoalitionPlayer = Callable[[int, Coalition, int], Awaitable[CoalitionPlay]]
"""Plays a coalition of an episode again: (episode, members, replicate) to what that was worth."""


async def play_coalition(
    game: Game,
    cast: Cast,
    config: Config,
    episode: int,
    coalition: Coalition,
    replicate: int,
) -> CoalitionPlay:
    """Play a coalition of an episode again, live and under the episode's seed.

    All that it draws follows from these arguments, so that it is the same play wherever it is made.

    Args:
        game: any instance of the game.
        cast: makes the agents.
        config: what is negotiated, and what replaces absent seats.
        episode: the number of the episode.
        coalition: the members, at least one where absent seats are removed.
        replicate: which of several plays it is.

    Raises:
        EpisodeError: the game or an agent broke.
        ModelError: a model could not be asked.
    """
    there: Game | None = game.fresh()
    if absence_of(game, config.worth) == "removed":
        there = game.restrict([seat for seat in game.seats if seat in coalition])
    if there is None:
        raise GameError(
            f"game {game.name!r}: restrict() returned None, though absences lists 'removed'"
        )
    # Nothing of these plays is recorded: they only show what a coalition is worth.
    live = Stage(
        there,
        cast,
        config,
        episode,
        NullRecorder(),
        present=coalition,
        replicate=replicate,
    )
    await live.negotiate_and_act()
    # The game's own dice are the episode's in every replicate, so they make no difference.
    total = sum(live.raw().values())
    return CoalitionPlay(float(total), chance=live.dice.drew_chance)


def scene_of(
    stage: Stage,
    cast: Cast,
    deal: Deal | None = None,
    player: CoalitionPlayer | None = None,
) -> Scene:
    """Return a play as the worth kind sees it, at this moment.

    Args:
        stage: the play.
        cast: makes the agents of those that play again.
        deal: what was signed, and what would have been done had all kept it.
        player: plays coalitions again. None means that they are played here.
    """
    settings = stage.config.worth
    rule = absence_of(stage.game, settings)

    async def play_again(coalition: Coalition, replicate: int) -> CoalitionPlay:
        # Without any seat there is nobody who could play.
        if rule == "removed" and not coalition:
            return CoalitionPlay(stage.game.worth_of_nobody(), chance=False)
        if player is not None:
            return await player(stage.index, coalition, replicate)
        return await play_coalition(
            stage.game, cast, stage.config, stage.index, coalition, replicate
        )

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
