"""An episode played on from one of its steps, with and without a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shapley_coop.agents.replay_policy import policy
from shapley_coop.config.sections import Config
from shapley_coop.config.seeds import generator, replicate_seed
from shapley_coop.credit.worth.kinds import absence_of
from shapley_coop.errors import IllegalMove, RunFolderError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import history_of
from shapley_coop.interfaces.worth_method import Policy, Scene
from shapley_coop.negotiation import procedure
from shapley_coop.negotiation.ledger import Payers
from shapley_coop.records import Contract, Episode, Line, Seat, Step
from shapley_coop.simulation.forks.changes import Changes, ForkPoint, still_signed
from shapley_coop.simulation.measurement.assign import REPLICATES, baseline_policies
from shapley_coop.simulation.measurement.divisor import divisor_of_plays


class ForkCourse(NamedTuple):
    """One way that the episode goes."""

    steps: tuple[Step, ...]
    outcomes: tuple[str, ...]
    payoffs: dict[Seat, float]
    """What each seat holds after settlement."""
    chance: bool
    """Whether chance had a say from the fork on."""


def repeat_steps(stage: Game, episode: Episode, count: int) -> list[Step]:
    """Repeat the first steps of an episode in a game at its opening, and return them.

    Raises:
        RunFolderError: the game no longer goes as it was recorded.
    """
    lines = history_of(stage.seats, episode.steps)
    steps = []
    for number in range(count):
        try:
            step = stage.apply({seat: lines[seat][number] for seat in stage.agents})
        except IllegalMove as error:
            raise _changed_game(stage, number) from error
        if step.rewards != episode.steps[number].rewards:
            raise _changed_game(stage, number)
        steps.append(step)
    return steps


def require_same(game: Game, episode: Episode, steps: Sequence[Step]) -> None:
    """Raise RunFolderError if steps that were played anew are not those of an episode."""
    for number, (recorded, step) in enumerate(zip(episode.steps, steps, strict=False)):
        if (step.actions, step.rewards) != (recorded.actions, recorded.rewards):
            raise _changed_game(game, number)


def _changed_game(stage: Game, number: int) -> RunFolderError:
    return RunFolderError(
        f"{stage.name} does not go as it was recorded, from step {number} on; its code or its "
        "parameters have changed, or it does not follow its seed"
    )


class ForkedPlay:
    """Plays an episode on from one of its steps, with and without changes."""

    def __init__(
        self,
        game: Game,
        episode: Episode,
        config: Config,
        place: ForkPoint,
        then: str | None,
    ) -> None:
        self._game, self._episode, self._config = game, episode, config
        self._place, self._then = place, then
        self._lines: Mapping[Seat, Line] = history_of(game.seats, episode.steps)
        opening = game.fresh()
        opening.start(episode.seed)
        # Who did not pay what nobody enforced would not pay in the fork either.
        unpaid = {b.seat for b in episode.breaches if b.broken == "payment"}
        self._payers = Payers(
            willing=frozenset(game.seats) - unpaid,
            floors=procedure.outside_options(opening),
        )

    def course(self, changes: Changes, number: int) -> ForkCourse:
        """Return how the episode goes on under the dice of one pair."""
        stage = self._game.fresh()
        stage.start(self._episode.seed)
        steps = repeat_steps(stage, self._episode, self._place.step)
        if number:
            dice = generator(self._episode.seed, "fork", number)
            stage.forget_chance(int(dice.integers(2**31)))
        contracts = still_signed(self._episode.contracts, self._place, changes)
        policies = self._policies(changes, contracts, number)
        while stage.agents:
            at_fork = len(steps) == self._place.step
            chosen = changes.actions if at_fork else {}
            joint = {}
            for seat in stage.agents:
                if seat in chosen:
                    joint[seat] = chosen[seat]
                elif seat in policies and not (at_fork and seat not in changes.agents):
                    joint[seat] = policies[seat](stage, seat, steps)
                else:
                    joint[seat] = stage.follow(seat, self._lines[seat], len(steps))
            steps.append(stage.apply(joint))
        # Chance that was drawn at the opening may still lie ahead.
        drew = stage.drew_chance or any(
            chooser.drew_chance for chooser in policies.values()
        )
        return ForkCourse(
            tuple(steps),
            tuple(sorted(stage.outcomes())),
            self._settle(stage, contracts, steps, changes),
            drew,
        )

    def _policies(
        self, changes: Changes, contracts: Sequence[Contract], number: int
    ) -> dict[Seat, Policy]:
        """Return who plays for seats that do not repeat what they did."""
        agents = dict(changes.agents)
        if self._then is not None:
            agents = dict.fromkeys(self._game.seats, self._then) | agents
        seed = replicate_seed(self._episode.seed, number)
        protocol = self._config.protocol
        return {
            seat: policy(name, seed, protocol=protocol, contracts=contracts)
            for seat, name in agents.items()
        }

    def _settle(
        self,
        stage: Game,
        contracts: Sequence[Contract],
        steps: Sequence[Step],
        changes: Changes,
    ) -> dict[Seat, float]:
        episode, config = self._episode, self._config
        division = episode.division
        # It was signed after play, which is later than any step.
        if division is not None and changes.unsigned & set(division.signatures):
            division = None
        credit = None
        if procedure.may_divide_by_rule(config.protocol):
            scene = self._scene(steps)
            credit = divisor_of_plays(scene, config, episode.index)(tuple(steps))
        settlement = procedure.settle(
            stage,
            config.protocol,
            contracts,
            steps,
            division=division,
            credit=credit,
            deadlock=episode.arbitrated,
            beliefs=episode.beliefs,
            payers=self._payers,
        )
        return settlement.payoffs

    def _scene(self, steps: Sequence[Step]) -> Scene:
        settings, seed = self._config.worth, self._config.run.seed
        index = self._episode.index
        return Scene(
            game=self._game,
            seed=self._episode.seed,
            settings=settings,
            steps=tuple(steps),
            beliefs=self._episode.beliefs,
            absence=absence_of(self._game, settings),
            policies=baseline_policies(self._game, settings, seed, index),
            replicates=settings.replicates or REPLICATES,
            rng=generator(seed, index, "credit"),
        )
