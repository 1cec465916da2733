"""Episodes of real games for the forecaster study: seats that follow a plan, each with its errors.

    python -m benchmarks.credit.forecaster_study --source benchmarks.credit.game_episodes:raid

`task_market` is the other source. In every episode each seat draws how often it errs, that is
takes a random legal action instead of its part of the plan. Final credit is the exact Shapley
value of the replayed episode under the game's first absence rule.

The rollout knows the rules, the plan and how error rates are drawn, but not the rates of this
episode's seats. It plays on from the state that was reached and measures credit by replay, which
gives it the dice that the episode will see: an advantage that the forecaster does not have. It may
simulate as many game steps as the training episodes took to play and to credit, shared evenly
among all forecasts that are asked for, and never less than one rollout.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.random import Generator, SeedSequence, default_rng

from benchmarks.credit.forecaster_study import SHARES, Episodes
from games.raid.game import Raid
from games.raid.lookahead import advise
from games.task_market.game import TaskMarket
from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.replay import replay
from shapley_coop.interfaces.game import Game
from shapley_coop.records import Seat, Step
from shapley_coop.rl.forecast.features import public_features

ERROR_RATES = (0.0, 0.15, 0.4, 1.0)
TRAINED_PER_TEST = 2
"""Training episodes for every held-out one, by which the rollouts' budget is shared."""

Plan = Callable[[Game], Mapping[Seat, str]]
"""What each seat should do now. An action that is not legal counts as no plan."""


def raid(count: int, seed: SeedSequence) -> Episodes:
    """Four heroes, paid for actions too, against a boss of level 1. The plan is the look-ahead."""

    def plan(game: Game) -> Mapping[Seat, str]:
        assert isinstance(game, Raid)
        return dict(
            zip(game.seats, advise(game.world.state, game.settings), strict=True)
        )

    return _episodes(Raid(action_rewards=True), plan, count, seed)


def task_market(count: int, seed: SeedSequence) -> Episodes:
    """Four members of the default project. The plan is each one's tasks in the best schedule."""
    game = TaskMarket()
    best = game.plan()

    def plan(game: Game) -> Mapping[Seat, str]:
        mine = {
            seat: (set(line) - {"idle"}) & set(game.legal(seat))
            for seat, line in best.items()
        }
        return {seat: min(tasks) if tasks else "idle" for seat, tasks in mine.items()}

    return _episodes(game, plan, count, seed)


def _episodes(game: Game, plan: Plan, count: int, seed: SeedSequence) -> Episodes:
    chance, more = seed.spawn(2)
    rng = default_rng(chance)
    seeds = rng.integers(0, 2**31, count).tolist()
    plays = [_play_on(game, number, (), plan, rng) for number in seeds]
    credit = np.array(
        [
            _credit(game, number, steps)
            for number, steps in zip(seeds, plays, strict=True)
        ]
    )
    features = [
        public_features(game, number, steps)
        for number, steps in zip(seeds, plays, strict=True)
    ]
    length = float(np.mean([len(steps) for steps in plays]))
    simulated = length * (1 + 2 ** len(game.seats))
    dice = [default_rng(one) for one in more.spawn(count)]

    def rollout(episode: int, seen: int) -> np.ndarray:
        budget = TRAINED_PER_TEST * simulated / len(SHARES)
        one = length - seen + length * 2 ** len(game.seats)
        estimates = []
        for _ in range(max(1, round(budget / one))):
            past = plays[episode][:seen]
            steps = _play_on(game, seeds[episode], past, plan, dice[episode])
            estimates.append(_credit(game, seeds[episode], steps))
        return np.mean(estimates, axis=0)

    return Episodes(features, credit, credit.sum(1), rollout)


def _play_on(
    game: Game, seed: int, past: Sequence[Step], plan: Plan, rng: Generator
) -> list[Step]:
    stage = game.fresh()
    stage.start(seed)
    steps = [stage.apply(step.actions) for step in past]
    errs = dict(
        zip(stage.seats, rng.choice(ERROR_RATES, len(stage.seats)), strict=True)
    )
    while stage.agents:
        planned = plan(stage)
        actions = {}
        for seat in stage.agents:
            legal = stage.legal(seat)
            follows = rng.random() >= errs[seat] and planned[seat] in legal
            actions[seat] = planned[seat] if follows else str(rng.choice(legal))
        steps.append(stage.apply(actions))
    return steps


def _credit(game: Game, seed: int, steps: Sequence[Step]) -> list[float]:
    rule = game.absences[0]
    worth = replay(game, seed, steps, rule=rule)
    found = measure(worth, game.seats, WorthSettings(), kind="replay", absence=rule)
    return [found.values[seat] for seat in game.seats]
