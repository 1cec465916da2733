"""Worth by replay: members repeat their recorded actions, and nobody is asked again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.worth.shapes import value_replicates
from shapley_coop.errors import ConfigError, GameError, IllegalMove
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import CoalitionWorth, History, Worth, history_of
from shapley_coop.interfaces.worth_method import (
    CoalitionPlay,
    Earners,
    Policies,
    Policy,
    Scene,
    WorthMethod,
    supported_absence,
)
from shapley_coop.records import Absence, Coalition, Step


class ReplayWorth(WorthMethod):
    """The members of S repeat their recorded actions, and an absence rule plays the others."""

    name = "replay"
    sentence = (
        "The members of a coalition repeat their recorded actions, and v(S) is the total reward "
        "of every seat that exists then."
    )
    absent_player = "policy"

    def refusal(self, game: Game, settings: WorthSettings) -> str | None:
        """Refuse an absence rule that the game lacks, or that asks a model."""
        refuse_live_play(self.absence(game, settings))
        return None

    def absence(self, game: Game, settings: WorthSettings) -> Absence:
        """Return the chosen rule, or the first of the game."""
        return replayed_absence(game, settings.absence)

    async def worth(self, scene: Scene) -> Worth | None:
        """Return the worth of coalitions in the recorded play.

        None means that absent seats should keep what they signed, and nothing was signed.
        """
        rule = scene.absence or self.absence(scene.game, scene.settings)
        if rule == "agreed" and scene.kept_profile is None:
            return None
        return replay(
            scene.game,
            scene.seed,
            scene.steps,
            rule=rule,
            policies=scene.policies,
            replicates=scene.replicates,
            kept_profile=scene.kept_profile,
        )


def replayed_absence(game: Game, choice: Absence | None) -> Absence:
    """Return the absence rule of a replay. Seats of every game can keep what they signed.

    Raises:
        ConfigError: the game does not support the chosen rule.
    """
    return "agreed" if choice == "agreed" else supported_absence(game, choice)


def refuse_live_play(rule: Absence) -> None:
    """Raise ConfigError if absent seats would have to be asked live."""
    if rule == "swap":
        raise ConfigError(
            "absence rule 'swap' needs live play; use worth.kind=rollout",
            field="worth.absence",
        )


def replay(
    game: Game,
    seed: int,
    steps: Sequence[Step],
    *,
    rule: Absence,
    policies: Policies | None = None,
    replicates: int = 1,
    kept_profile: History | None = None,
) -> Worth:
    """Return the worth of coalitions in a recorded episode, by playing it again without a model.

    The members of S repeat their recorded actions under the same seed; the absence rule plays the
    rest. v(S) is the total reward of every seat that exists in that game; with all seats removed
    none exists, and v(∅) is what the game says of nobody, mostly 0. A member whose record is used
    up, or whose recorded action is not legal there, takes its idle or secure action.

    Args:
        game: any instance of the game; it is left alone.
        seed: the seed that the episode was played under.
        steps: the recorded play.
        rule: `removed`, `idle`, `baseline` or `agreed`.
        policies: who plays absent seats under `baseline`, by the number of the replicate.
        replicates: how often a coalition is played whose absent seats draw. v(S) is then a mean.
        kept_profile: what absent seats do under `agreed`.

    Raises:
        ConfigError: the rule needs a live model, or what it plays absent seats by is missing.
        GameError: the game does not repeat itself under its seed.
    """
    refuse_live_play(rule)
    check_repeats(game, seed, steps)
    history = history_of(game.seats, steps)
    # Some games know a formula for their replays, which holds for a thousand seats too.
    if rule == "removed":
        formula = game.replay_oracle(history)
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
    )


def check_repeats(game: Game, seed: int, steps: Sequence[Step]) -> None:
    """Raise GameError if a game does not repeat a whole play under its seed.

    Credit of such a game by replay would be noise.
    """
    for _moment in repeat_steps(game, seed, steps, whole=True):
        pass


def repeat_steps(
    game: Game, seed: int, steps: Sequence[Step], *, whole: bool = False
) -> Iterator[Game]:
    """Yield one game as it stood before each recorded step, and after the last.

    It is a copy of `game` that the next moment changes: read it or take its `snapshot()` at
    once.

    Args:
        game: any instance of the game; it is left alone.
        seed: the seed that the steps were played under.
        steps: the recorded play, or the first steps of it.
        whole: whether the game has to be over after the last step.

    Raises:
        GameError: the same actions under the seed lead to other rewards, or to another end.
    """
    stage = game.fresh()
    stage.start(seed)
    yield stage
    for number, step in enumerate(steps):
        if not _repeats(stage, step):
            raise _difference(game, seed, number)
        yield stage
    if whole and stage.agents:
        raise _difference(game, seed, len(steps))


def _repeats(stage: Game, step: Step) -> bool:
    """Play one recorded step on and return whether it pays what it paid."""
    # A game that is over cannot take a recorded step: it has ended sooner than it did.
    if not stage.agents:
        return False
    try:
        again = stage.apply(step.deeds)
    except IllegalMove:
        return False
    return again.rewards == step.rewards


def _difference(game: Game, seed: int, number: int) -> GameError:
    return GameError(
        f"{game.name} does not repeat itself: the same actions under seed {seed} give other "
        f"rewards from step {number} on, so credit by replay would be noise. Give the game "
        f"with the parameters that it was played with and draw all its chance from its seed, "
        f"or measure credit with worth.kind=rollout"
    )


def worth_of_history(
    game: Game,
    seed: int,
    history: History,
    *,
    rule: Absence,
    policies: Policies | None = None,
    replicates: int = 1,
    kept_profile: History | None = None,
    earners: Earners = "everybody",
) -> CoalitionWorth:
    """Return the worth of coalitions that repeat any history, whole or not.

    Where the history stops before the game does, members go on by the game's fallback and absent
    seats stay absent, so v(S) of a prefix says what its actions alone have secured for S.

    Args:
        game: any instance of the game; it is left alone.
        seed: the seed that the history was played under.
        history: each seat's actions in order.
        rule: `removed`, `idle`, `baseline` or `agreed`.
        policies: who plays absent seats under `baseline`, by the number of the replicate.
        replicates: how often a coalition is played whose absent seats draw. v(S) is then a mean.
        kept_profile: what absent seats do under `agreed`.
        earners: whose rewards v(S) counts.

    Raises:
        ConfigError: what the rule plays absent seats by is missing.
    """
    _check_stand_ins(rule, policies, kept_profile)

    def play(coalition: Coalition, replicate: int) -> CoalitionPlay:
        # Nobody's own rewards are nothing.
        if not coalition and earners == "members":
            return CoalitionPlay(0.0, chance=False)
        # With all seats removed no game is left that could be started.
        if not coalition and rule == "removed":
            return CoalitionPlay(game.worth_of_nobody(), chance=False)
        members = [seat for seat in game.seats if seat in coalition]
        stage = game.restrict(members) if rule == "removed" else game.fresh()
        if stage is None:
            raise GameError(
                f"game {game.name!r}: restrict() returned None, though absences lists 'removed'"
            )
        stage.start(seed)
        lines = history
        if rule == "agreed" and kept_profile is not None:
            # Absent seats follow a line too, so all are followed alike.
            own = {seat: history[seat] for seat in members}
            lines = {**kept_profile, **own}
        absent = None
        if rule == "baseline" and policies is not None:
            absent = policies(replicate)
        everyone = frozenset(game.seats)
        worth = _play_on(
            stage,
            lines,
            followers=everyone if rule == "agreed" else coalition,
            policy=absent,
            earners=coalition if earners == "members" else everyone,
        )
        return CoalitionPlay(worth, chance=absent is not None and absent.drew_chance)

    worth = value_replicates(game.seats, play, replicates)
    # How long a replay takes is foreseen from the record, since a clock would not repeat itself.
    recorded = sum(len(line) for line in history.values())
    return replace(worth, actions=recorded)


def _check_stand_ins(
    rule: Absence, policies: Policies | None, kept_profile: History | None
) -> None:
    """Raise ConfigError if what the rule plays absent seats by is missing."""
    if rule == "baseline" and policies is None:
        raise ConfigError(
            "absence rule 'baseline' needs a policy; name one in worth.baseline",
            field="worth.baseline",
        )
    if rule == "agreed" and kept_profile is None:
        raise ConfigError(
            "absence rule 'agreed' needs what seats signed, and nothing was signed",
            field="worth.absence",
        )


def _play_on(
    stage: Game,
    history: History,
    *,
    followers: Coalition,
    policy: Policy | None,
    earners: Coalition,
) -> float:
    """Play a started game to its end and return the total reward of the earners.

    Followers repeat the history. Others follow the policy, or idle without one.
    """
    steps: list[Step] = []
    while stage.agents:
        actions = {}
        # Seats are read off the game at each step, since some leave before it ends.
        for seat in stage.agents:
            if seat in followers:
                actions[seat] = stage.follow(seat, history[seat], len(steps))
            elif policy is not None:
                actions[seat] = policy(stage, seat, steps)
            else:
                actions[seat] = stage.idle_action(seat)
        steps.append(stage.apply(actions))
    total = 0.0
    for step in steps:
        total += sum(reward for seat, reward in step.rewards.items() if seat in earners)
    return total
