"""The worth kinds by name: every kind is a plug-in, our own too."""

from __future__ import annotations

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.worth.failures import name_failures
from shapley_coop.errors import PluginError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.plugins import load, place_of
from shapley_coop.interfaces.worth_method import WorthMethod
from shapley_coop.records import Absence


def worth_method(kind: str) -> WorthMethod:
    """Return the method of a worth kind: a registered name, or a `module:attribute` path.

    Raises:
        PluginError: there is no such kind, or it is no `WorthMethod`.
    """
    factory = load("worths", kind)
    with name_failures(kind, f"to make {place_of(factory)}"):
        method = factory()
    # A path given by hand may lead to anything, so what was made is looked at.
    if not isinstance(method, WorthMethod):
        raise PluginError(
            f"worth kind {kind!r} made {method!r}; its class must extend "
            f"shapley_coop.interfaces.worth_method.WorthMethod",
            field="worth.kind",
        )
    return method


def absence_of(game: Game, settings: WorthSettings) -> Absence | None:
    """Return what replaces absent seats, or None where the worth kind decides that itself.

    Raises:
        ConfigError: the game or the kind does not support the absence rule that the settings name.
        PluginError: there is no such worth kind.
    """
    return worth_method(settings.kind).absence(game, settings)


def sentence(kind: str) -> str:
    """Return what a report says about a worth kind.

    A report is read where it was not written, so a kind that is not installed here is no error.
    """
    try:
        return worth_method(kind).sentence
    except PluginError:
        return f"The worth kind {kind!r} is not installed here."
