"""Worth as realised: what the members of a coalition earned themselves by what they did."""

from __future__ import annotations

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.worth.replay import (
    check_repeats,
    refuse_live_play,
    replayed_absence,
    worth_of_history,
)
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import History, Worth, history_of
from shapley_coop.interfaces.worth_method import Policies, Scene, WorthMethod
from shapley_coop.records import Absence


class RealisedWorth(WorthMethod):
    """The members of S repeat their recorded actions, and v(S) is what they earn themselves.

    Absent seats do what the game's own oracle assumes of them, unless the settings name another
    rule: they are removed, idle, or reply in hindsight so that S earns least. So v(nobody) is 0
    and v(everyone) is what the game paid, in every game: credit divides the pot as it is. It
    follows the realised return of Shapley-Coop (2025, eq. 7 to 9).
    """

    name = "realised"
    sentence = (
        "The members of a coalition repeat their recorded actions, and v(S) is what the members "
        "earn themselves."
    )
    absent_player = "policy"

    def refusal(self, game: Game, settings: WorthSettings) -> str | None:
        """Refuse an absence rule that the game lacks, or that asks a model."""
        rule = self.absence(game, settings)
        refuse_live_play(rule)
        if rule != "worst-reply":
            return None
        nothing_played = dict.fromkeys(game.seats, ())
        if game.realised_oracle(nothing_played) is None:
            return (
                f"{game.name} assumes the worst reply of absent seats but does not work it out; "
                f"name another rule in worth.absence: {', '.join(game.absences)}"
            )
        return None

    def absence(self, game: Game, settings: WorthSettings) -> Absence:
        """Return the chosen rule, or what the game's oracle assumes of absent seats."""
        assumed = game.oracle_absence
        if assumed is not None and settings.absence in (None, assumed):
            return assumed
        return replayed_absence(game, settings.absence)

    async def worth(self, scene: Scene) -> Worth | None:
        """Return what coalitions earned in the recorded play.

        None means that absent seats should keep what they signed, and nothing was signed.

        Raises:
            ConfigError: there is no policy for `baseline`.
            GameError: the game does not repeat itself under its seed.
        """
        game = scene.game
        rule = scene.absence or self.absence(game, scene.settings)
        if rule == "agreed" and scene.kept_profile is None:
            return None
        check_repeats(game, scene.seed, scene.steps)
        return realised_worth(
            game,
            scene.seed,
            history_of(game.seats, scene.steps),
            rule=rule,
            policies=scene.policies,
            replicates=scene.replicates,
            kept_profile=scene.kept_profile,
        )


REALISED = RealisedWorth()
"""What rules divide a pot by, whatever credit is measured by."""


def realised_worth(
    game: Game,
    seed: int,
    history: History,
    *,
    rule: Absence,
    policies: Policies | None = None,
    replicates: int = 1,
    kept_profile: History | None = None,
) -> Worth:
    """Return what coalitions earned themselves by any history, whole or not.

    Where the history stops before the game does, members go on by the game's fallback.

    Args:
        game: any instance of the game; it is left alone.
        seed: the seed that the history was played under.
        history: each seat's actions in order.
        rule: what replaces absent seats, as `worth_of_history` or the game's oracle knows it.
        policies: who plays absent seats under `baseline`.
        replicates: how often a coalition is played whose absent seats draw.
        kept_profile: what absent seats do under `agreed`.

    Raises:
        ConfigError: what the rule plays absent seats by is missing.
    """
    if rule == game.oracle_absence:
        formula = game.realised_oracle(history)
        if formula is not None:
            return formula
    return worth_of_history(
        game,
        seed,
        history,
        rule=rule,
        policies=policies,
        replicates=replicates,
        kept_profile=kept_profile,
        earners="members",
    )
