"""World-model rewards of a recorded run: what seats said of the state against the state itself."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import ValidationError

from shapley_coop.agents.cast import role
from shapley_coop.config.sections import Config
from shapley_coop.errors import RunFolderError
from shapley_coop.interfaces.game import Game
from shapley_coop.records import Episode, Seat
from shapley_coop.records.statements import (
    PREDICTS,
    STATES,
    Claim,
    Reasoning,
    Statement,
    Thought,
)
from shapley_coop.rl.evidence.judge import Question, claim_question, fact_text
from shapley_coop.rl.evidence.statement_scores import (
    FactRule,
    Repetition,
    TurnClaims,
    WorldModelWeights,
    world_model_reward,
)
from shapley_coop.rl.trajectories.episodes import Turn, moments
from shapley_coop.runs.store import RunFolder

_SCORE = WorldModelWeights(1.0, 1.0)


@dataclass(frozen=True, slots=True)
class WorldModelPay:
    """What well-formed turns are paid; defaults of Wang et al. 2025 (arXiv 2510.16907)."""

    format: float = 0.5
    """For a well-formed turn."""
    weights: WorldModelWeights = field(default_factory=WorldModelWeights)
    rule: FactRule = field(default_factory=FactRule)
    repetition: float = 0.1
    """Taken for a claim that is among the `top` most frequent, said before, and wrong."""
    top: int = 5
    threshold: float = 0.7
    """Scores below it count as wrong."""
    repaired: bool = False
    """Whether a turn is well formed whose first answer could not be used but a later one could."""


class Witnessed(NamedTuple):
    """The game's own facts as a seat may see them, before and after a turn."""

    before: tuple[Statement, ...]
    after: tuple[Statement, ...]


class TurnReward(NamedTuple):
    """What one turn earned beside the game's reward; a score is None where nothing was claimed."""

    format: float = 0.0
    state: float = 0.0
    prediction: float = 0.0
    penalty: float = 0.0
    state_f1: float | None = None
    prediction_f1: float | None = None

    @property
    def total(self) -> float:
        """All of it together."""
        return self.format + self.state + self.prediction - self.penalty


def recorded_thoughts(run: RunFolder) -> dict[Turn, Thought]:
    """Return what seats said beside their actions.

    Raises:
        RunFolderError: an event holds something else.
    """
    found = {}
    for event in run.events():
        given = event["data"].get("thought") if event["kind"] == "act" else None
        if given is None:
            continue
        turn = Turn(event["episode"], event["seat"], event["data"]["step"])
        try:
            found[turn] = Thought.model_validate(given)
        except ValidationError as error:
            raise RunFolderError(
                f"the thought of {turn.seat} in episode {turn.episode}, step {turn.step} of "
                f"{str(run.path)!r} cannot be read: {error.errors()[0]['msg'].lower()}"
            ) from error
    return found


def witnessed(game: Game, episodes: Sequence[Episode]) -> dict[Turn, Witnessed]:
    """Return the facts around every turn, by replay.

    Raises:
        GameError: the game does not repeat an episode under its seed.
    """
    found = {}
    for episode in episodes:
        before: dict[Seat, tuple[Statement, ...]] = {}
        for number, stage in enumerate(moments(game, episode)):
            now = {seat: stage.statements(seat) for seat in stage.seats}
            if number:
                for seat in episode.steps[number - 1].actions:
                    turn = Turn(episode.index, seat, number - 1)
                    found[turn] = Witnessed(before[seat], now[seat])
            before = now
    return found


def model_seats(config: Config, seats: Sequence[Seat]) -> frozenset[Seat]:
    """Return the seats at which language models sat."""
    sitting = {seat: config.seats.get(seat, config.agent) for seat in seats}
    return frozenset(
        seat
        for seat, who in sitting.items()
        if role(who, config.model.name).model is not None
    )


def well_formed(
    turns: Collection[Turn],
    thoughts: Mapping[Turn, Thought],
    models: frozenset[Seat],
    invalid: Collection[Turn],
    reasoning: Reasoning,
    *,
    repaired: bool = False,
) -> set[Turn]:
    """Return the turns of language models whose answer could be used, the first unless `repaired`.

    A seat that reasons freely leaves no thought: there, every answer that was used counts.
    """
    if reasoning == "free":
        return {turn for turn in turns if turn.seat in models and turn not in invalid}
    return {
        t for t in turns if t in thoughts and (repaired or thoughts[t].attempts == 1)
    }


def claim_questions(
    thoughts: Mapping[Turn, Thought],
    facts: Mapping[Turn, Witnessed],
    formed: Collection[Turn],
) -> list[Question]:
    """Return what a judge has to be asked: every claim in free text of a well-formed turn."""
    return [
        claim_question(claim, truth)
        for turn in formed
        if turn in thoughts
        for claim, truth in _claims(thoughts[turn], facts[turn])
        if isinstance(claim, str)
    ]


def world_model_rewards(
    formed: Collection[Turn],
    thoughts: Mapping[Turn, Thought],
    facts: Mapping[Turn, Witnessed],
    pay: WorldModelPay = WorldModelPay(),
    scores: Mapping[Question, float] | None = None,
) -> dict[Turn, TurnReward]:
    """Return what each well-formed turn earned: format, state, prediction, less repetition.

    scores: a judge's, by question, for claims in free text. All claims count before any is
    charged, as in the released code, but a claim that was made once is no repetition.

    Raises:
        ValueError: a claim is free text and has no score.
    """
    earned = {
        turn: _earned(thoughts.get(turn), facts[turn], pay, scores or {})
        for turn in formed
    }
    memory = Repetition()
    said = {turn: _sentences(thoughts[turn]) for turn in formed if turn in thoughts}
    memory.add([sentence for pair in said.values() for sentence in pair if sentence])
    for turn, sentences in said.items():
        reward = earned[turn]
        charged = sum(
            memory.penalty(
                sentence,
                score,
                top=pay.top,
                amount=pay.repetition,
                threshold=pay.threshold,
                least=2,
            )
            for sentence, score in zip(
                sentences, (reward.state_f1, reward.prediction_f1), strict=True
            )
            if sentence and score is not None
        )
        earned[turn] = reward._replace(penalty=charged)
    return earned


def _earned(
    thought: Thought | None,
    seen: Witnessed,
    pay: WorldModelPay,
    scores: Mapping[Question, float],
) -> TurnReward:
    if thought is None:
        return TurnReward(format=pay.format)

    def judged(text: str, truth: Sequence[Statement]) -> float:
        question = claim_question(text, truth)
        if question not in scores:
            raise ValueError(
                f"the claim {text[:60]!r} is free text, which only a judge can compare"
            )
        return scores[question]

    def score(mode: Reasoning) -> float:
        claims = TurnClaims(thought.state, thought.prediction)
        return world_model_reward(
            claims,
            *seen,
            pay.rule,
            mode,
            well_formed=True,
            weights=_SCORE,
            judge=judged,
        )

    state = score("state") if thought.reasoning in STATES else None
    prediction = score("transition") if thought.reasoning in PREDICTS else None
    return TurnReward(
        format=pay.format,
        state=pay.weights.state * (state or 0.0),
        prediction=pay.weights.transition * (prediction or 0.0),
        state_f1=state,
        prediction_f1=prediction,
    )


def _claims(
    thought: Thought, seen: Witnessed
) -> tuple[tuple[Claim, tuple[Statement, ...]], ...]:
    return ((thought.state, seen.before), (thought.prediction, seen.after))


def _sentences(thought: Thought) -> tuple[str, str]:
    """Return both claims as text, empty where nothing was claimed."""
    state, prediction = (
        _sentence(claim) for claim in (thought.state, thought.prediction)
    )
    return state, prediction


def _sentence(claim: Claim) -> str:
    if claim is None or isinstance(claim, str):
        return claim or ""
    return "; ".join(fact_text(fact) for fact in claim)
