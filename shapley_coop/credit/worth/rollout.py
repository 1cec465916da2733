"""Worth by rollout: the members of a coalition play again, live."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.sampling import Basis, affordable_seats
from shapley_coop.credit.worth.live_sample import sample_live
from shapley_coop.credit.worth.rounds import play_in_rounds, stop_of
from shapley_coop.credit.worth.shapes import (
    table_of_draws,
    worth_of_draws,
    worth_of_table,
)
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.waiting import run_together_in_order
from shapley_coop.interfaces.worth import CoalitionWorth
from shapley_coop.interfaces.worth_method import (
    CoalitionPlay,
    Replayer,
    Scene,
    WorthMethod,
)
from shapley_coop.records import Absence, Coalition, Credit, Seat
from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import named_coalitions, table_indices
from shapley_coop.shapley.evaluation.stopping import StoppingRule
from shapley_coop.shapley.exact_values.values import table_weights


class RolloutWorth(WorthMethod):
    """The members of S play again, live and under the same seed, for every coalition S.

    Of more seats than `exact_seats` allows, a sample of coalitions plays. A limit of the run that
    is met meanwhile ends the run as it does anywhere else: what was answered is recorded, so the
    same command under a higher limit goes on without asking again.
    """

    name = "rollout"
    sentence = (
        "The members of a coalition negotiate and play again under the same seed, and v(S) is "
        "the total reward of every seat that exists then."
    )
    absent_player = "agents"
    counted = "everybody"
    plays_live = True
    stops_early = True

    def refusal(self, game: Game, settings: WorthSettings) -> str | None:
        """Refuse an absence rule that the game lacks, and a sample that is too small."""
        # A rule that the game lacks is an error of its own, which names those that exist.
        self.absence(game, settings)
        seats = len(game.seats)
        least = seats + 2
        if seats <= affordable_seats(settings):
            return None
        if settings.stops_early:
            return (
                f"worth.ranking and worth.width end the plays of all coalitions, and those of "
                f"{seats} seats are sampled; raise worth.exact_seats, or leave the two out"
            )
        if settings.evaluations >= least:
            return None
        return (
            f"credit of {seats} seats is estimated from at least {least} coalitions, and "
            f"worth.evaluations is {settings.evaluations}; raise it"
        )

    async def worth(self, scene: Scene) -> CoalitionWorth | Credit:
        """Return the values of all coalitions, or credit from a sample of them.

        Coalitions are played several times where chance has a say in them.
        """
        if scene.replayer is None:
            raise ConfigError(
                "worth.kind=rollout plays again, but nobody can be asked here; use "
                "worth.kind=replay or oracle",
                field="worth.kind",
            )
        seats, replicates = scene.game.seats, scene.live_replicates
        twin_of = partial(twin, scene.game, scene.absence)
        if len(seats) <= affordable_seats(scene.settings):
            return await rollout(
                seats,
                scene.replayer,
                replicates=replicates,
                twin_of=twin_of,
                stop=stop_of(scene.settings),
            )
        if scene.rng is None:
            raise ValueError(
                f"rollout of {len(seats)} seats is sampled; give the scene an rng"
            )
        replayer = scene.replayer

        async def play(coalition: Coalition) -> tuple[CoalitionPlay, ...]:
            return await play_replicates(replayer, twin_of(coalition), replicates)

        return await sample_live(
            seats,
            play,
            budget=scene.settings.evaluations,
            rng=scene.rng,
            basis=Basis(self.name, scene.absence),
        )


def twin(game: Game, rule: Absence | None, coalition: Coalition) -> Coalition:
    """Return the coalition whose plays stand for those of another, by the rules of the game."""
    # Who stands in for an absent seat may change what all earn.
    if rule != "removed" or not coalition:
        return coalition
    members = [seat for seat in game.seats if seat in coalition]
    return frozenset(game.worth_twin(members))


async def rollout(
    seats: Sequence[Seat],
    play: Replayer,
    *,
    replicates: int = 1,
    twin_of: Callable[[Coalition], Coalition] = frozenset,
    stop: StoppingRule | None = None,
) -> CoalitionWorth:
    """Return the worth of every coalition by live play, all coalitions at once.

    Args:
        seats: the n seats.
        play: plays a coalition under the game's own seed. All coalitions of one replicate draw
            the same random numbers.
        replicates: how often a coalition is played where chance has a say.
        twin_of: a coalition to the one that is played for it. Each of these plays once.
        stop: when enough is known of the credit of all seats, so that plays end early and are
            made where they help most. None means `replicates` plays each.
    """
    twins = [twin_of(members) for members in named_coalitions(seats)]
    distinct = list(dict.fromkeys(twins))
    stopped_by = None
    outcomes: Sequence[Sequence[CoalitionPlay]]
    # All coalitions are played at once: most of the time goes into waiting for models.
    if stop is None:
        outcomes = await run_together_in_order(
            *(play_replicates(play, members, replicates) for members in distinct)
        )
    else:
        weights = _weights_of(twins, distinct, len(seats))
        outcomes, stopped_by = await play_in_rounds(
            distinct, play, weights, replicates=replicates, stop=stop
        )
    plays_of = dict(zip(distinct, outcomes, strict=True))
    plays = [plays_of[members] for members in twins]
    table = table_of_draws(plays)
    if table.shape[1]:
        worth = worth_of_draws(seats, table)
    else:
        worth = worth_of_table(seats, np.array([first.worth for first, *_ in plays]))
    numbers = np.array([len(made) for made in plays])
    return replace(
        worth,
        plays=lambda matrix: numbers[table_indices(matrix)],
        stopped_by=stopped_by,
    )


def _weights_of(
    twins: Sequence[Coalition], distinct: Sequence[Coalition], seats: int
) -> Floats:
    """Return with which weight each coalition that is played enters the credit of each seat."""
    place_of = {members: place for place, members in enumerate(distinct)}
    weights = np.zeros((seats, len(distinct)))
    columns = table_weights(seats)
    for row, members in enumerate(twins):
        weights[:, place_of[members]] += columns[:, row]
    return weights


async def play_replicates(
    play: Replayer, coalition: Coalition, replicates: int
) -> tuple[CoalitionPlay, ...]:
    """Return the plays of a coalition: one, or as many as wanted where chance has a say."""
    first = await play(coalition, 0)
    if not first.chance:
        return (first,)
    others = [play(coalition, number) for number in range(1, replicates)]
    return (first, *await run_together_in_order(*others))
