"""Worth by replay: members repeat their recorded actions, and nobody is asked again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.worth.shapes import absence, value_once
from shapley_coop.errors import ConfigError, GameError, IllegalMove
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import CoalitionWorth, History, Worth
from shapley_coop.interfaces.worth_method import Policy, Scene, WorthMethod
from shapley_coop.records import Absence, Coalition, Seat, Step


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
        absence(game, settings.absence)
        return None

    async def worth(self, scene: Scene) -> Worth:
        """Return the worth of coalitions in the recorded play."""
        rule = absence(scene.game, scene.absence)
        return replay(
            scene.game, scene.seed, scene.steps, rule=rule, policy=scene.policy
        )


def replay(
    game: Game,
    seed: int,
    steps: Sequence[Step],
    *,
    rule: Absence,
    policy: Policy | None = None,
) -> Worth:
    """Return the worth of coalitions in a recorded episode, by playing it again without a model.

    The members of S repeat their recorded actions under the same seed; the absence rule plays the
    rest. v(S) is the total reward of every seat that exists in that game; with all seats removed
    none exists, so v(∅) = 0 there. A member whose record is used up, or whose recorded action is
    not legal there, takes its idle or secure action.

    Args:
        game: any instance of the game; it is left alone.
        seed: the seed that the episode was played under.
        steps: the recorded play.
        rule: `removed`, `idle` or `baseline`.
        policy: who plays absent seats under `baseline`.

    Raises:
        ConfigError: the rule needs a live model.
        GameError: the game does not repeat itself under its seed.
    """
    if rule == "swap":
        raise ConfigError(
            "absence rule 'swap' needs live play; use worth.kind=rollout",
            field="worth.absence",
        )
    if rule == "baseline" and policy is None:
        raise ConfigError(
            "absence rule 'baseline' needs a policy; name one in worth.baseline",
            field="worth.baseline",
        )
    # A game that does not repeat itself would give noise for credit, so the whole is tried.
    for _moment in repeat_steps(game, seed, steps, whole=True):
        pass
    history: dict[Seat, tuple[str, ...]] = {}
    for seat in game.seats:
        history[seat] = tuple(step.actions[seat] for step in steps)
    # Some games know a formula for their replays, which holds for a thousand seats too.
    if rule == "removed":
        formula = game.replay_oracle(history)
        if formula is not None:
            return formula
    return worth_of_history(game, seed, history, rule=rule, policy=policy)


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
        again = stage.apply(step.actions)
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
    policy: Policy | None = None,
) -> CoalitionWorth:
    """Return the worth of coalitions that repeat any history, whole or not.

    Where the history stops before the game does, members go on by the game's fallback and absent
    seats stay absent, so v(S) of a prefix says what its actions alone have secured for S.

    Args:
        game: any instance of the game; it is left alone.
        seed: the seed that the history was played under.
        history: each seat's actions in order.
        rule: `removed`, `idle` or `baseline`.
        policy: who plays absent seats under `baseline`.
    """

    def value(coalition: Coalition) -> float:
        # With all seats removed no game is left that could be started.
        if rule == "removed" and not coalition:
            return 0.0
        members = [seat for seat in game.seats if seat in coalition]
        stage = game.restrict(members) if rule == "removed" else game.fresh()
        if stage is None:
            raise ConfigError(
                f"{game.name} cannot remove seats; it supports {game.absences}",
                field="worth.absence",
            )
        stage.start(seed)
        absent = policy if rule == "baseline" else None
        return _play_on(stage, history, coalition, absent)

    return value_once(game.seats, value)


def _play_on(
    stage: Game, history: History, coalition: Coalition, policy: Policy | None
) -> float:
    """Play a started game to its end and return the total reward.

    Members follow the history. Absent seats follow the policy, or idle without one.
    """
    steps: list[Step] = []
    while stage.agents:
        actions = {}
        # Seats are read off the game at each step, since some leave before it ends.
        for seat in stage.agents:
            if seat in coalition:
                actions[seat] = stage.follow(seat, history[seat], len(steps))
            elif policy is not None:
                actions[seat] = policy(stage, seat, steps)
            else:
                actions[seat] = stage.idle or stage.fallback(seat)
        steps.append(stage.apply(actions))
    return float(sum(sum(step.rewards.values()) for step in steps))
