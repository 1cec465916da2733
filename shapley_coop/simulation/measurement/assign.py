"""The credit of an episode: from the configured worth to a value for every seat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from shapley_coop.agents.replay_policy import policies
from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.config.sections import WorthSettings
from shapley_coop.config.seeds import generator
from shapley_coop.credit.measure import CreditIndex, measure
from shapley_coop.credit.worth.failures import name_failures, worth_of
from shapley_coop.credit.worth.kinds import worth_method
from shapley_coop.credit.worth.linked import communicating
from shapley_coop.credit.worth.realised import REALISED
from shapley_coop.errors import ConfigError, GameError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.plugins import place_of
from shapley_coop.interfaces.worth import CountWorth, Worth
from shapley_coop.interfaces.worth_method import Policies, Scene, WorthMethod
from shapley_coop.negotiation.division import check_division
from shapley_coop.negotiation.procedure import may_divide_by_credit
from shapley_coop.records import Absence, Credit

REPLICATES = 16
"""How often a coalition is played where chance has a say and the settings leave it open."""


class MeasuredCredit(NamedTuple):
    """The credit of a play, and what else is worked out from the same values."""

    credit: Credit | None
    """Credit by the configured worth kind. None if nothing could be measured."""
    myerson: Credit | None = None
    """Where the game has links: credit if only linked seats work together (Myerson, 1977)."""


def baseline_policies(
    game: Game, settings: WorthSettings, seed: int, episode: int
) -> Policies | None:
    """Return who plays absent seats in the replays of an episode, or None if nobody has to.

    Args:
        game: any instance of the game.
        settings: the worth kind, and what replaces absent seats.
        seed: the run's seed.
        episode: the number of the episode.

    Pots are divided by a replay whatever the worth kind is.

    Raises:
        PluginError: there is no such agent or worth kind.
        ConfigError: the agent needs a model.
    """
    method = worth_method(settings.kind)
    # Live play seats real agents for the absent. Only a replay needs a function instead.
    rules: set[Absence | None] = {REALISED.absence(game, _for_division(settings))}
    if method.absent_player == "policy":
        rules.add(method.absence(game, settings))
    if "baseline" not in rules:
        return None
    return policies(settings.baseline, seed, episode)


def check_worth(
    game: Game, settings: WorthSettings, protocol: NegotiationProtocol
) -> None:
    """Refuse credit that cannot be measured as configured, before anything is paid.

    Raises:
        ConfigError: the game, the settings or the protocol do not fit the worth kind.
        PluginError: there is no such worth kind.
    """
    method = worth_method(settings.kind)
    if settings.stops_early and not method.stops_early:
        field = "ranking" if settings.ranking is not None else "width"
        raise ConfigError(
            f"worth.{field} ends live plays of coalitions, and worth.kind={method.name} makes "
            f"none; use worth.kind=rollout, or leave it out",
            field=f"worth.{field}",
        )
    # The kind judges the game, and what it needs of the protocol is judged here for all kinds.
    with name_failures(method.name, f"{place_of(method)}.refusal"):
        reason = method.refusal(game, settings)
    if reason is not None:
        raise ConfigError(reason, field="worth.kind")
    _check_division(game, settings, protocol)
    states_beliefs = protocol.short_term or protocol.long_term
    if method.needs_beliefs and not states_beliefs:
        raise ConfigError(
            f"worth.kind={method.name} needs seats that state beliefs; protocol "
            f"{protocol.name!r} has neither short_term nor long_term on",
            field="worth.kind",
        )


def _check_division(
    game: Game, settings: WorthSettings, protocol: NegotiationProtocol
) -> None:
    """Refuse a division of the pot that could not be carried out after play."""
    check_division(game, protocol, _for_division(settings))
    if not may_divide_by_credit(protocol):
        return
    reason = REALISED.refusal(game, _for_division(settings))
    if reason is not None:
        raise ConfigError(reason, field="protocol.split")


async def measure_scene(
    method: WorthMethod,
    scene: Scene,
    *,
    seed: int,
    episode: int,
    count_calls: Callable[[], int],
) -> MeasuredCredit:
    """Measure the credit of a play.

    Args:
        method: the worth kind.
        scene: the play, at its end.
        seed: the seed of the run, from which sampled coalitions are drawn.
        episode: the number of the episode.
        count_calls: says how many model calls the episode came to so far.

    Raises:
        ConfigError: credit cannot be measured as configured.
        GameError: the game broke, or does not repeat itself.
        WorthError: the worth kind broke.
    """
    seats, settings = scene.game.seats, scene.settings
    calls_before = count_calls()
    worth = await worth_of(method, scene)
    if worth is None:
        return MeasuredCredit(None)
    # Some kinds name the credit itself, because there is no single v(S) behind it.
    if isinstance(worth, Credit):
        calls = count_calls() - calls_before
        return MeasuredCredit(worth.model_copy(update={"calls": calls}))
    with name_failures(method.name, "to value coalitions"):
        credit = measure(
            worth,
            seats,
            settings,
            kind=method.name,
            absence=scene.absence,
            calls=count_calls() - calls_before,
            rng=generator(seed, episode, "credit"),
        )
    # What was sampled does not hold the values that links are judged by.
    every_coalition = isinstance(worth, CountWorth) or credit.method == "shapley"
    if not every_coalition:
        return MeasuredCredit(credit)
    myerson = _measure_links(worth, method, scene, generator(seed, episode, "myerson"))
    return MeasuredCredit(credit, myerson)


async def measure_division(
    scene: Scene, protocol: NegotiationProtocol, *, seed: int, episode: int
) -> Credit | None:
    """Return realised credit of a play, by the index that the protocol's rule divides by.

    Only v(nobody) = 0 and v(everyone) = pot make credit a division of the pot, so it is measured
    so whatever the worth kind is. None means that the game does not repeat itself, where the
    protocol can do without credit.

    Raises:
        GameError: the game broke, or does not repeat itself and a rule divides by credit.
    """
    settings = _for_division(scene.settings)
    rule = REALISED.absence(scene.game, settings)
    try:
        worth = await REALISED.worth(replace(scene, settings=settings, absence=rule))
    except GameError:
        if may_divide_by_credit(protocol):
            raise
        # An even split then takes every seat for one that changed something.
        return None
    if worth is None:
        return None
    index: CreditIndex = "banzhaf" if protocol.split == "banzhaf" else "shapley"
    return measure(
        worth,
        scene.game.seats,
        settings,
        kind=REALISED.name,
        absence=rule,
        index=index,
        rng=generator(seed, episode, "credit"),
    )


def _for_division(settings: WorthSettings) -> WorthSettings:
    """Return the settings under which the credit is measured that a pot is divided by."""
    # Of another kind's absence rules some need live play, and nobody plays for a division.
    if settings.kind == REALISED.name and settings.absence != "agreed":
        return settings
    return settings.model_copy(update={"kind": REALISED.name, "absence": None})


def _measure_links(
    worth: Worth, method: WorthMethod, scene: Scene, rng: np.random.Generator
) -> Credit | None:
    """Return the Myerson value, or None for a game without links.

    Every coalition of the worth is valued already, so this asks nobody anything.
    """
    links = scene.game.communication
    if links is None:
        return None
    seats = scene.game.seats
    return measure(
        communicating(worth, seats, links),
        seats,
        scene.settings,
        kind=method.name,
        absence=scene.absence,
        rng=rng,
    )
