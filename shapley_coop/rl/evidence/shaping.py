"""What turns earn beside the game's rewards, and where process rewards come from."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeVar, get_args

import torch
from torch import Tensor

from shapley_coop.config.sections import Limits
from shapley_coop.errors import ConfigError, unknown
from shapley_coop.interfaces.game import Game
from shapley_coop.records import Episode
from shapley_coop.records.statements import PREDICTS, STATES
from shapley_coop.rl.assignment.spec import Factor
from shapley_coop.rl.evidence.judge import judge_of
from shapley_coop.rl.evidence.process_reward import from_judge, from_rule
from shapley_coop.rl.evidence.questions import Question
from shapley_coop.rl.evidence.steps import rule_rewards, step_questions
from shapley_coop.rl.evidence.world_model import (
    TurnReward,
    WorldModelPay,
    claim_questions,
    model_seats,
    recorded_thoughts,
    well_formed,
    witnesses,
    world_model_rewards,
)
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.episodes import Turn, invalid_turns
from shapley_coop.runs.store import RunFolder

Reward = Literal["game", "world-model"]
Process = Literal["credit", "judge", "rule"]
Word = TypeVar("Word", bound=str)
_REWARDS: tuple[Reward, ...] = get_args(Reward)
_PROCESSES: tuple[Process, ...] = get_args(Process)


@dataclass(frozen=True, slots=True)
class Shaping:
    """Choices beside the spec of a credit method."""

    reward: Reward = "game"
    """`world-model` adds to the game's rewards what a turn earns for knowing the world."""
    process: Process = "credit"
    """Process rewards of the min form: gains of prefix credit, a judge's scores, a game's rule."""
    process_scale: float | None = None
    """Gain of credit in reward units that counts as clearly right. None means the largest gain."""
    judge: str = ""
    """The model that judges, needed for process `judge` and for claims in free text."""
    limits: Limits = field(default_factory=Limits)
    """What the judge may spend, with what judges of this run spent before."""
    pay: WorldModelPay = field(default_factory=WorldModelPay)


AS_PLAYED = Shaping()
"""The game's own rewards, and gains of credit as process rewards."""


def shaping_of(
    reward: str | None,
    process: str | None,
    judge: str | None,
    limits: Limits | None,
    process_scale: float | None = None,
) -> Shaping:
    """Return the choices that a user's words name, where None means the default.

    Raises:
        ConfigError: there is no such reward or process.
    """
    return Shaping(
        reward=_known("reward", reward or AS_PLAYED.reward, _REWARDS),
        process=_known("process", process or AS_PLAYED.process, _PROCESSES),
        process_scale=process_scale,
        judge=judge or AS_PLAYED.judge,
        limits=limits or AS_PLAYED.limits,
    )


class Shaped(NamedTuple):
    """The numbers that follow. None means that the spec's own evidence stays."""

    bonus_R: Tensor | None = None
    process_R: Tensor | None = None
    rewards: Mapping[Turn, TurnReward] = {}
    """What each turn earned for knowing the world."""


def check(shaping: Shaping, method: Factor, game: Game) -> None:
    """Raise ConfigError now if the choices do not fit the time method or the game."""
    _known("reward", shaping.reward, _REWARDS)
    _known("process", shaping.process, _PROCESSES)
    needs = method.method.needs
    if shaping.reward != "game" and "branch values" in needs:
        raise ConfigError(
            f"{method.name} values branch points by the game's rewards alone, so reward "
            f"{shaping.reward!r} would count for nothing; use another method",
            field="reward",
        )
    if shaping.process != "credit" and "process rewards" not in needs:
        raise ConfigError(
            f"process rewards of kind {shaping.process!r} are for methods that use them, such as "
            f"min_form and min_form_rloo; {method.name} does not use any",
            field="process",
        )
    if shaping.process_scale is not None:
        _check_scale(shaping, method)
    if shaping.process == "judge" and not shaping.judge:
        raise ConfigError(
            "process rewards by a judge need a model: name it as the judge",
            field="judge",
        )
    if shaping.judge and (shaping.reward, shaping.process) == ("game", "credit"):
        raise ConfigError(
            f"judge {shaping.judge!r} has nothing to judge; choose process judge or reward "
            "world-model",
            field="judge",
        )
    if shaping.process == "rule":
        _require_rule(game)


def _check_scale(shaping: Shaping, method: Factor) -> None:
    """Raise ConfigError unless gains of credit are used, and the scale is a size of theirs."""
    scale = shaping.process_scale
    if shaping.process != "credit" or "process rewards" not in method.method.needs:
        raise ConfigError(
            "a process scale says which gain of credit counts as clearly right, for methods such "
            "as min_form with process credit; leave it out",
            field="process_scale",
        )
    if scale is None or not 0.0 < scale < math.inf:
        raise ConfigError(
            f"the process scale must be a number of reward units above 0, got {scale}",
            field="process_scale",
        )


def _known(field_name: str, word: str, words: tuple[Word, ...]) -> Word:
    """Return a word that is one of some, or raise ConfigError that lists them."""
    for choice in words:
        if word == choice:
            return choice
    raise ConfigError(unknown(field_name, word, words), field=field_name)


def _require_rule(game: Game) -> None:
    """Raise ConfigError unless the game judges steps, which one legal step tells."""
    # A game has the rule for all steps or for none, so one step is enough to ask.
    stage = game.fresh()
    seat = stage.agents[0]
    if stage.step_reward(seat, stage.legal(seat)[0]) is None:
        raise ConfigError(
            f"{game.name} has no rule that judges steps; choose process credit or judge, or "
            "write the game's step_reward",
            field="process",
        )


async def shape(
    run: RunFolder,
    game: Game,
    episodes: Sequence[Episode],
    batch: Trajectories,
    shaping: Shaping,
) -> Shaped:
    """Return the rewards of every row for knowing the world, and the process rewards chosen.

    Args:
        run: where thoughts, faults and the judge's answers are kept.
        game: any instance of the run's game.
        episodes: those of the batch.
        batch: rows of `episodes.trajectories`.
        shaping: choices that `check` has passed.

    Raises:
        ConfigError: a claim is free text and no judge is named.
        ModelError, LimitReached: the judge could not be asked, or gave no score.
    """
    turns = turns_of(batch, game)
    worlds = None
    questions: list[Question] = []
    if shaping.reward == "world-model":
        worlds = _Worlds(run, game, episodes, turns, shaping)
        questions += worlds.questions
    steps: dict[Turn, Question] = {}
    if shaping.process == "judge":
        steps = step_questions(run, game, episodes)
        questions += steps.values()
    # Everything is asked at once, so that equal questions cost one call.
    scores: dict[Question, float] = {}
    if questions:
        async with judge_of(run, shaping.judge, shaping.limits) as judge:
            scores = await judge.scores(questions)

    bonus_R = None
    rewards: dict[Turn, TurnReward] = {}
    if worlds is not None:
        rewards = worlds.rewards(scores)
        earned = [rewards[turn].total if turn in rewards else 0.0 for turn in turns]
        bonus_R = torch.tensor(earned, dtype=torch.float64)
    process_R = None
    if shaping.process == "judge":
        process_R = from_judge([scores[steps[turn]] for turn in turns])
    elif shaping.process == "rule":
        by_rule = rule_rewards(game, episodes)
        process_R = from_rule(turns, by_rule.__getitem__)
    return Shaped(bonus_R, process_R, rewards)


def turns_of(batch: Trajectories, game: Game) -> list[Turn]:
    """Return whose turn each row is."""
    return [
        Turn(episode, game.seats[seat], step)
        for episode, seat, step in batch.row_keys()
    ]


class _Worlds:
    """What a run's seats said of the world, ready to be judged and paid."""

    def __init__(
        self,
        run: RunFolder,
        game: Game,
        episodes: Sequence[Episode],
        turns: Sequence[Turn],
        shaping: Shaping,
    ) -> None:
        model = run.config.model
        reasoning = model.reasoning
        if reasoning in STATES | PREDICTS and not game.statement_kinds():
            raise ConfigError(
                f"{game.name} defines no typed statements, so claims about its state cannot be "
                "scored",
                field="reward",
            )
        self.pay = shaping.pay
        self.thoughts = recorded_thoughts(run)
        self.around = witnesses(game, episodes)
        # A turn that is not well formed earns nothing at all.
        formed = well_formed(
            turns,
            self.thoughts,
            model_seats(run.config.agents_of(game.seats), model.name),
            invalid_turns(run),
            reasoning,
            allow_repairs=shaping.pay.repaired,
        )
        self.turns = [turn for turn in turns if turn in formed]
        self.questions = claim_questions(self.thoughts, self.around, self.turns)
        if self.questions and not shaping.judge:
            raise ConfigError(
                f"{len(self.questions)} claims of this run are free text, which only a judge model "
                "can hold against the facts: name one as the judge",
                field="judge",
            )

    def rewards(self, scores: Mapping[Question, float]) -> dict[Turn, TurnReward]:
        """Return what each well-formed turn earned."""
        return world_model_rewards(
            self.turns, self.thoughts, self.around, self.pay, scores
        )
