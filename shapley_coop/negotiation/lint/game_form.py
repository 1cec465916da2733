"""A registered game as a table, by playing it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from shapley_coop.errors import ConfigError, GameError
from shapley_coop.interfaces.deals.money import micro
from shapley_coop.interfaces.deals.schedule import actions_at
from shapley_coop.interfaces.game import Game
from shapley_coop.negotiation.lint.game_plays import GamePlays, Offers
from shapley_coop.negotiation.lint.normal_form import (
    MOST_PLAYS,
    NormalForm,
    ProfilePlay,
    Progress,
    plays_alone,
    profile_of,
    security,
    show_nothing,
)
from shapley_coop.negotiation.lint.units import PayoffTable, whole_kind
from shapley_coop.records import TOLERANCE, Line, Seat

MICRO_DECIMALS = 6
"""Decimals of the millionths in which runs are settled."""
MOST_SEATS = 16
"""Seats up to which every profile is played, since an array has at most 32 axes, two a seat."""
MOST_STEPS = 100
"""Steps of a game up to which plans are written out, also where nobody has a choice."""
MOST_ALONE = 20_000
"""Plans of all seats together up to which each seat is played leaving the goal alone."""


def of_game(
    game: Game,
    goal: Mapping[Seat, Sequence[str]],
    seed: int = 0,
    progress: Progress = show_nothing,
) -> NormalForm:
    """Return a game as a table, by playing every profile of plans.

    Plans name every action that a seat may be offered at a step. One that is not legal where it
    comes becomes the game's fallback. Outside options are the game's own where it knows them. Where
    profiles are too many, only those are played in which one seat alone leaves the goal.

    Args:
        game: any instance. It is left alone.
        goal: what seats are to do. Who has no line in it, or one that ends early, goes on as in
            the game's own plan of greatest total.
        seed: the seed of its dice.
        progress: is told of the plays.

    Raises:
        ConfigError: there are too many profiles, chance decides how the game goes, actions take
            texts, or the game knows no plan.
    """
    _require_actions_without_texts(game)
    opening = game.fresh()
    secure = [_secure_units(opening, seat) for seat in game.seats]
    is_whole = len(game.seats) <= MOST_SEATS and _fits(game, game.seats, MOST_PLAYS)
    if not is_whole:
        _require_comparable_alone(game, None not in secure)
    _require_few_steps(game)
    # Asked after the counting, since the plan of a long game is as long as the game.
    goal = _with_own_plan(opening, goal)
    offers = _offers(game)
    plans = tuple(tuple(product(*own)) for own in offers)
    wanted = profile_of(game.seats, plans, _whole_lines(game.seats, offers, goal))
    counts = [len(lines) for lines in plans]
    total = math.prod(counts) if is_whole else sum(counts)
    plays = GamePlays(game, offers, seed, progress, total)
    cells = None
    try:
        if is_whole:
            cells = plays.of_all()
            alone = plays_alone(cells, wanted)
        else:
            alone = plays.of_each_alone(plans, wanted)
    except GameError as error:
        raise ConfigError(f"{game.name} cannot be compared: {error}") from error
    table = _table(game, plays.known)
    outside = []
    for player, known in enumerate(secure):
        sure = security(table.units[cells], player) if known is None else known
        outside.append(sure)
    return NormalForm(
        seats=game.seats,
        plans=plans,
        goal=wanted,
        table=table,
        play=plays.known.__getitem__,
        alone=alone,
        cells=cells,
        outside=tuple(outside),
        noise=micro(TOLERANCE),
    )


def _require_actions_without_texts(game: Game) -> None:
    if game.writes:
        raise ConfigError(
            f"{game.name} cannot be written as a table: its actions take texts, which nobody "
            "can go through",
            field="game.id",
        )


def _require_few_steps(game: Game) -> None:
    # Plans without a choice are few, and may be of any length.
    if game.horizon > MOST_STEPS:
        raise ConfigError(
            f"{game.name} has {game.horizon:,} steps, and plans of at most {MOST_STEPS} are "
            "compared; choose fewer steps",
            field="game.id",
        )


def _offers(game: Game) -> Offers:
    steps = range(game.horizon)
    return [
        [actions_at(game.schedule, game.actions, seat, step) for step in steps]
        for seat in game.seats
    ]


def _require_comparable_alone(game: Game, has_outside_options: bool) -> None:
    """Refuse a game of too many profiles in which seats cannot be gone through alone either."""
    reason = ""
    if not has_outside_options:
        reason = "it does not say what each seat is sure of"
    elif not all(
        _fits(game, (seat,), MOST_ALONE // len(game.seats)) for seat in game.seats
    ):
        reason = f"its seats have more than {MOST_ALONE:,} plans"
    if reason:
        raise ConfigError(
            f"{game.name} has more than {MOST_PLAYS:,} profiles of plans or {MOST_SEATS} seats, "
            f"which is too many to compare them all, and {reason}, so that leaving alone cannot "
            "be compared either; choose fewer seats, steps or actions",
            field="game.id",
        )


def _secure_units(opening: Game, seat: Seat) -> int | None:
    secure = opening.security(seat)
    # Whoever can lose without end is sure of nothing, and of more in the plays that there are.
    if secure is None or math.isinf(secure.value):
        return None
    return micro(secure.value)


def _table(game: Game, plays: Sequence[ProfilePlay]) -> PayoffTable:
    # Runs are settled in millionths, and all that is said of them forgives the same noise.
    rows = [[micro(play.raw[seat]) for seat in game.seats] for play in plays]
    largest = max(abs(units) for row in rows for units in row)
    kind = whole_kind(largest, len(game.seats))
    return PayoffTable(np.array(rows, kind), MICRO_DECIMALS, exact=False)


def _with_own_plan(
    opening: Game, goal: Mapping[Seat, Sequence[str]]
) -> dict[Seat, Line]:
    """Return what every seat is to do, where needed by the game's own plan."""
    plan = opening.plan() or {}
    whole = {}
    for seat in opening.seats:
        line = tuple(goal.get(seat, ()))
        if not line and seat not in plan:
            raise ConfigError(
                f"{opening.name} knows no plan of greatest total; give clauses with a plan "
                f"for {seat}",
                field="clauses",
            )
        whole[seat] = (*line, *plan.get(seat, ())[len(line) :])
    return whole


def _fits(game: Game, seats: Sequence[Seat], most: int) -> bool:
    """Return whether some seats have at most so many profiles of plans together."""
    # Counted before they are made: there may be more than a machine can hold.
    turn = max(len(game.schedule), 1)
    # Each turn of a schedule that leaves a choice doubles them at least, and one that leaves none
    # leaves none in any turn.
    steps = min(game.horizon, turn * (max(1, most).bit_length() + 1))
    count = 1
    for step in range(steps):
        for seat in seats:
            count *= len(actions_at(game.schedule, game.actions, seat, step))
            if count > most:
                return False
    return True


def _whole_lines(
    seats: Sequence[Seat], offers: Offers, goal: Mapping[Seat, Sequence[str]]
) -> dict[Seat, Line]:
    whole = {}
    for seat, own in zip(seats, offers, strict=True):
        line = tuple(goal.get(seat, ()))
        # A plan may end before the horizon, and whatever is named after it is never played.
        rest = tuple(actions[0] for actions in own[len(line) :])
        whole[seat] = (*line, *rest)
    return whole
