"""Every check of an episode that is quick, and why the others were left out."""

from __future__ import annotations

from typing import NamedTuple

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.config.sections import Config
from shapley_coop.errors import GameError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import Worth
from shapley_coop.negotiation.checks.attainable import TEXTS
from shapley_coop.negotiation.checks.conventions import others_continue, pessimistic
from shapley_coop.negotiation.checks.core import core, value_of_nobody
from shapley_coop.negotiation.checks.equilibrium import equilibrium
from shapley_coop.negotiation.checks.plays import DivisorOf
from shapley_coop.negotiation.checks.rationality import absent_reason, rationality
from shapley_coop.records import (
    TOLERANCE,
    Check,
    Checks,
    Core,
    CoreConvention,
    Episode,
    Equilibrium,
)
from shapley_coop.records.words import number

QUICK = 256
"""Plays that each part of a check of every episode may take."""


class _Skipped(NamedTuple):
    """A check that was not made, and why."""

    reason: str


def check_episode(
    game: Game,
    episode: Episode,
    config: Config,
    potential: Worth | None,
    divisor_of: DivisorOf,
) -> Checks:
    """Return every check of an episode that is quick, and why the others were left out.

    Args:
        game: any instance of the game. It is left alone.
        episode: with its columns and payoffs.
        config: the protocol, and what an objecting coalition expects of the others.
        potential: the game's own worth. None means that it has none.
        divisor_of: tells the credit by which a rule would have divided the pot of another play.
    """
    skipped: dict[Check, str] = {}
    rational = rationality(episode)
    if rational is None:
        skipped["rationality"] = absent_reason(episode)
    stable = _equilibrium(game, episode, config.protocol, divisor_of)
    if isinstance(stable, _Skipped):
        skipped["equilibrium"] = stable.reason
    division = _core(game, episode, potential, config.worth.core)
    if isinstance(division, _Skipped):
        skipped["core"] = division.reason
    return Checks(
        rationality=rational,
        equilibrium=None if isinstance(stable, _Skipped) else stable,
        core=None if isinstance(division, _Skipped) else division,
        skipped=skipped,
    )


def _equilibrium(
    game: Game,
    episode: Episode,
    protocol: NegotiationProtocol,
    divisor_of: DivisorOf,
) -> Equilibrium | _Skipped:
    if protocol.split_on_beliefs:
        return _Skipped("what seats stated divides the pot, and is not compared")
    if game.writes:
        return _Skipped(TEXTS)
    # A game may fail on lines of play that nobody took. That is no fault of the episode.
    try:
        verdict = equilibrium(game, episode, protocol, divisor_of, most=QUICK)
    except GameError as error:
        return _Skipped(str(error))
    return verdict or _Skipped(f"more than {QUICK} lines of play to compare")


def _core(
    game: Game,
    episode: Episode,
    potential: Worth | None,
    convention: CoreConvention,
) -> Core | _Skipped:
    # Coalitions are valued when they are asked for, by plays in which a game may fail too.
    try:
        worth = _worth(game, episode, potential, convention)
        if isinstance(worth, _Skipped):
            return worth
        nobody = value_of_nobody(worth)
        # Whatever nobody has is not what the members of a coalition make by themselves.
        if abs(nobody) > TOLERANCE:
            return _Skipped(
                f"v(nobody) is {number(nobody)}, so v counts more than its members' own"
            )
        verdict = core(worth, episode.payoffs, convention=convention)
    except GameError as error:
        return _Skipped(str(error))
    return verdict or _Skipped("too many coalitions")


def _worth(
    game: Game,
    episode: Episode,
    potential: Worth | None,
    convention: CoreConvention,
) -> Worth | _Skipped:
    """Return v(S) under a convention: of the rewards that the members of S get themselves."""
    worth = potential
    if convention == "pessimistic":
        worth = pessimistic(game, episode.seed)
    elif convention == "others-continue":
        worth = others_continue(game, episode.seed, episode.steps)
    elif potential is None:
        return _Skipped(f"{game.name} has no worth oracle; see worth.core")
    elif game.externalities:
        return _Skipped(
            "what a coalition can make depends on what the others do; see worth.core"
        )
    if worth is None and game.writes:
        return _Skipped(TEXTS)
    if worth is None:
        return _Skipped(f"too many histories to go through for worth.core={convention}")
    return worth
