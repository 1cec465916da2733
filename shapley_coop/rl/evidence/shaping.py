"""What turns earn beside the game's rewards, and where process rewards come from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor

from shapley_coop.agents.prompts import render_rules
from shapley_coop.config.sections import Limits
from shapley_coop.errors import ConfigError, unknown
from shapley_coop.interfaces.game import Game
from shapley_coop.records import Clause, Episode
from shapley_coop.records.statements import PREDICTS, STATES
from shapley_coop.rl.evidence.judge import Question, judge_of, step_question
from shapley_coop.rl.evidence.process_reward import from_judge, from_rule
from shapley_coop.rl.evidence.world_model import (
    TurnReward,
    WorldModelPay,
    claim_questions,
    model_seats,
    recorded_thoughts,
    well_formed,
    witnessed,
    world_model_rewards,
)
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.episodes import Turn, invalid_turns, moments
from shapley_coop.runs.store import RunFolder

Reward = Literal["game", "world-model"]
Process = Literal["credit", "judge", "rule"]
MIN_FORMS = frozenset(("min_form", "min_form_rloo"))
SAMPLED = frozenset(("spo_chain", "spo_tree"))
"""Methods whose values are sampled by playing on from branch points."""


@dataclass(frozen=True, slots=True)
class Shaping:
    """Choices beside the spec of a credit method."""

    reward: Reward = "game"
    """`world-model` adds to the game's rewards what a turn earns for knowing the world."""
    process: Process = "credit"
    """Process rewards of the min form: gains of prefix credit, a judge's scores, a game's rule."""
    judge: str = ""
    """The model that judges; needed for process `judge` and for claims in free text."""
    limits: Limits = field(default_factory=Limits)
    """What the judge may spend, with what judges of this run spent before."""
    pay: WorldModelPay = field(default_factory=WorldModelPay)


AS_PLAYED = Shaping()
"""The game's own rewards, and gains of credit as process rewards."""


class Shaped(NamedTuple):
    """The numbers that follow; None where the spec's own evidence stays."""

    bonus_R: Tensor | None = None
    process_R: Tensor | None = None
    rewards: Mapping[Turn, TurnReward] = {}
    """What each turn earned for knowing the world."""


def check(shaping: Shaping, method: str, game: Game) -> None:
    """Raise ConfigError now if the choices do not fit the time method or the game."""
    for name, known in (("reward", Reward), ("process", Process)):
        given = getattr(shaping, name)
        if given not in get_args(known):
            raise ConfigError(unknown(name, given, get_args(known)))
    if shaping.reward != "game" and method in SAMPLED:
        raise ConfigError(
            f"{method} values branch points by the game's rewards alone, so reward "
            f"{shaping.reward!r} would count for nothing; use another method"
        )
    if shaping.process != "credit" and method not in MIN_FORMS:
        raise ConfigError(
            f"process rewards of kind {shaping.process!r} are for {' and '.join(sorted(MIN_FORMS))}"
            f"; {method} does not use any"
        )
    if shaping.process == "judge" and not shaping.judge:
        raise ConfigError(
            "process rewards by a judge need a model: name it as the judge"
        )
    if shaping.judge and (shaping.reward, shaping.process) == ("game", "credit"):
        raise ConfigError(
            f"judge {shaping.judge!r} has nothing to judge; choose process judge or reward "
            "world-model"
        )
    if shaping.process == "rule":
        stage = game.fresh()
        if stage.step_reward(stage.agents[0], stage.legal(stage.agents[0])[0]) is None:
            raise ConfigError(
                f"{game.name} has no rule that judges steps; choose process credit or judge, or "
                "write the game's step_reward"
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
    if shaping.reward == "world-model":
        worlds = _Worlds(run, game, episodes, turns, shaping)
    steps: dict[Turn, Question] = {}
    if shaping.process == "judge":
        steps = step_questions(run, game, episodes)
    questions = [*(worlds.questions if worlds else ()), *steps.values()]
    scores: dict[Question, float] = {}
    if questions:
        async with judge_of(run, shaping.judge, shaping.limits) as judge:
            scores = await judge.scores(questions)
    rewards = worlds.rewards(scores) if worlds else {}
    bonus_R = None
    if worlds:
        earned = [rewards[turn].total if turn in rewards else 0.0 for turn in turns]
        bonus_R = torch.tensor(earned, dtype=torch.float64)
    process_R = None
    if shaping.process == "judge":
        process_R = from_judge([scores[steps[turn]] for turn in turns])
    elif shaping.process == "rule":
        process_R = from_rule(turns, rule_rewards(game, episodes).__getitem__)
    return Shaped(bonus_R, process_R, rewards)


def turns_of(batch: Trajectories, game: Game) -> list[Turn]:
    """Return whose turn each row is."""
    rows = zip(
        batch.episode_R.tolist(),
        batch.seat_R.tolist(),
        batch.turn_R.tolist(),
        strict=True,
    )
    return [Turn(episode, game.seats[seat], step) for episode, seat, step in rows]


def step_questions(
    run: RunFolder, game: Game, episodes: Sequence[Episode]
) -> dict[Turn, Question]:
    """Return what a judge is asked of every turn: the game and steps before it, and the action."""
    thoughts = recorded_thoughts(run)
    found = {}
    for turn, stage, episode in _before(game, episodes):
        rules = render_rules(
            game,
            seat=turn.seat,
            seats=stage.seats,
            facts=stage.facts(turn.seat),
            observe="text",
        )
        found[turn] = step_question(
            turn.seat,
            episode.steps[turn.step].actions[turn.seat],
            rules=rules,
            earlier=episode.steps[: turn.step],
            promises=_promises(episode, turn.step),
            reason=thoughts[turn].reason if turn in thoughts else "",
        )
    return found


def rule_rewards(game: Game, episodes: Sequence[Episode]) -> dict[Turn, float]:
    """Return what the game's own rule says of every turn, in [-1, 1].

    Raises:
        ConfigError: the rule is silent about some turn.
    """
    found = {}
    for turn, stage, episode in _before(game, episodes):
        action = episode.steps[turn.step].actions[turn.seat]
        right = stage.step_reward(turn.seat, action)
        if right is None:
            raise ConfigError(
                f"the rule of {game.name} says nothing of {action!r} by {turn.seat} in episode "
                f"{turn.episode}, step {turn.step}; step_reward must return a number"
            )
        found[turn] = right
    return found


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
        reasoning = run.config.model.reasoning
        if reasoning in STATES | PREDICTS and not game.statement_kinds():
            raise ConfigError(
                f"{game.name} tells no typed facts that claims could be held against"
            )
        self.pay = shaping.pay
        self.thoughts = recorded_thoughts(run)
        self.facts = witnessed(game, episodes)
        formed = well_formed(
            turns,
            self.thoughts,
            model_seats(run.config, game.seats),
            invalid_turns(run),
            reasoning,
            repaired=shaping.pay.repaired,
        )
        self.formed = [turn for turn in turns if turn in formed]
        self.questions = claim_questions(self.thoughts, self.facts, self.formed)
        if self.questions and not shaping.judge:
            raise ConfigError(
                f"{len(self.questions)} claims of this run are free text, which only a judge model "
                "can hold against the facts: name one as the judge"
            )

    def rewards(self, scores: Mapping[Question, float]) -> dict[Turn, TurnReward]:
        return world_model_rewards(
            self.formed, self.thoughts, self.facts, self.pay, scores
        )


def _before(
    game: Game, episodes: Sequence[Episode]
) -> Iterator[tuple[Turn, Game, Episode]]:
    """Yield every turn with the game as it stood before it."""
    for episode in episodes:
        for number, stage in enumerate(moments(game, episode)):
            if number == len(episode.steps):
                break
            for seat in stage.agents:
                yield Turn(episode.index, seat, number), stage, episode


def _promises(episode: Episode, step: int) -> list[Clause]:
    """Return the clauses that were in force at a step."""
    signed = (contract for contract in episode.contracts if contract.step <= step)
    return [clause for contract in signed for clause in contract.offer.terms.clauses]
