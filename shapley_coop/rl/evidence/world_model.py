"""World-model rewards of a recorded run: what seats said of the state against the state itself."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import ValidationError

from shapley_coop.agents.roles import role
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
from shapley_coop.rl.evidence.questions import (
    Question,
    claim_question,
    statement_text,
)
from shapley_coop.rl.evidence.statement_scores import (
    FREQUENT,
    PENALTY,
    TOO_LITTLE,
    Repetition,
    StatementRule,
    TurnClaims,
    WorldModelWeights,
    world_model_reward,
)
from shapley_coop.rl.trajectories.episodes import Turn, moments
from shapley_coop.runs.store import RunFolder

# With these weights a reward is the score itself.
_SCORE = WorldModelWeights(1.0, 1.0)


@dataclass(frozen=True, slots=True)
class WorldModelPay:
    """What well-formed turns are paid. Defaults of Wang et al. 2025 (arXiv 2510.16907)."""

    format: float = 0.5
    """For a well-formed turn."""
    weights: WorldModelWeights = field(default_factory=WorldModelWeights)
    rule: StatementRule = field(default_factory=StatementRule)
    repetition: float = PENALTY
    """Taken for a claim that is among the `top` most frequent, said before, and wrong."""
    top: int = FREQUENT
    threshold: float = TOO_LITTLE
    """Scores below it count as wrong."""
    repaired: bool = False
    """Whether a turn is well formed whose first answer could not be used but a later one could."""


class Witness(NamedTuple):
    """The game's own statements as a seat may see them, before and after a turn."""

    before: tuple[Statement, ...]
    after: tuple[Statement, ...]


class TurnReward(NamedTuple):
    """What one turn earned beside the game's reward. A score is None where nothing was claimed."""

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
    thoughts = {}
    # Thoughts stand beside actions in the events, not in the episodes.
    for event in run.events():
        if event["kind"] != "act":
            continue
        data = event["data"]
        if data.get("thought") is None:
            continue
        turn = Turn(event["episode"], event["seat"], data["step"])
        try:
            thoughts[turn] = Thought.model_validate(data["thought"])
        except ValidationError as error:
            raise RunFolderError(
                f"the thought of {turn.seat} in episode {turn.episode}, step {turn.step} of "
                f"{str(run.path)!r} cannot be read: {error.errors()[0]['msg'].lower()}"
            ) from error
    return thoughts


def witnesses(game: Game, episodes: Sequence[Episode]) -> dict[Turn, Witness]:
    """Return the game's statements around every turn, by replay.

    Raises:
        GameError: the game does not repeat an episode under its seed.
    """
    around = {}
    for episode in episodes:
        before: dict[Seat, tuple[Statement, ...]] = {}
        for number, stage in enumerate(moments(game, episode)):
            now = {seat: stage.statements(seat) for seat in stage.seats}
            # What is true now is what followed the step before, if there was one.
            if number:
                for seat in episode.steps[number - 1].actions:
                    turn = Turn(episode.index, seat, number - 1)
                    around[turn] = Witness(before[seat], now[seat])
            before = now
    return around


def model_seats(agents: Mapping[Seat, str], default_model: str) -> frozenset[Seat]:
    """Return the seats at which language models sat, given who sat where."""
    models = set()
    for seat, agent in agents.items():
        if role(agent, default_model).model is not None:
            models.add(seat)
    return frozenset(models)


def well_formed(
    turns: Collection[Turn],
    thoughts: Mapping[Turn, Thought],
    models: frozenset[Seat],
    invalid: Collection[Turn],
    reasoning: Reasoning,
    *,
    allow_repairs: bool,
) -> set[Turn]:
    """Return the turns of language models whose answer could be used.

    It must be the first answer unless `allow_repairs`. A seat that reasons freely leaves no
    thought: there, every answer that was used counts.
    """
    if reasoning == "free":
        return {turn for turn in turns if turn.seat in models and turn not in invalid}
    usable = {turn for turn in turns if turn in thoughts}
    if allow_repairs:
        return usable
    return {turn for turn in usable if thoughts[turn].attempts == 1}


def claim_questions(
    thoughts: Mapping[Turn, Thought],
    around: Mapping[Turn, Witness],
    turns: Collection[Turn],
) -> list[Question]:
    """Return what a judge has to be asked: every claim in free text of some well-formed turns."""
    questions = []
    for turn in turns:
        if turn not in thoughts:
            continue
        for claim, truth in _claims(thoughts[turn], around[turn]):
            if isinstance(claim, str):
                questions.append(claim_question(claim, truth))
    return questions


def world_model_rewards(
    turns: Collection[Turn],
    thoughts: Mapping[Turn, Thought],
    around: Mapping[Turn, Witness],
    pay: WorldModelPay = WorldModelPay(),
    scores: Mapping[Question, float] | None = None,
) -> dict[Turn, TurnReward]:
    """Return what each well-formed turn earned: format, state, prediction, less repetition.

    All claims count before any is charged, as in the released code, but a claim that was made once
    is no repetition.

    Args:
        turns: the well-formed turns.
        thoughts: what seats said in them. Seats that reason freely left none.
        around: the game's statements before and after each turn.
        pay: what is paid.
        scores: a judge's scores by question, for claims in free text.

    Raises:
        ValueError: a claim is free text and has no score.
    """
    rewards = {}
    sentences = {}
    # All claims are counted before any is charged, as the docstring says.
    memory = Repetition()
    for turn in turns:
        thought = thoughts.get(turn)
        if thought is None:
            rewards[turn] = TurnReward(format=pay.format)
            continue
        rewards[turn] = _reward(thought, around[turn], pay, scores or {})
        sentences[turn] = (_sentence(thought.state), _sentence(thought.prediction))
    memory.add([text for pair in sentences.values() for text in pair if text])
    for turn, pair in sentences.items():
        reward = rewards[turn]
        charges = []
        for sentence, score in zip(
            pair, (reward.state_f1, reward.prediction_f1), strict=True
        ):
            # Nothing was claimed where there is no score.
            if sentence and score is not None:
                charges.append(_penalty(memory, sentence, score, pay))
        rewards[turn] = reward._replace(penalty=sum(charges))
    return rewards


def _penalty(
    memory: Repetition, sentence: str, score: float, pay: WorldModelPay
) -> float:
    """Return what is taken for repeating a claim."""
    return memory.penalty(
        sentence,
        score,
        top=pay.top,
        amount=pay.repetition,
        threshold=pay.threshold,
        least=2,
    )


def _reward(
    thought: Thought,
    witness: Witness,
    pay: WorldModelPay,
    scores: Mapping[Question, float],
) -> TurnReward:
    """Return what a turn earned before any charge for repetition."""

    def judge(text: str, truth: Sequence[Statement]) -> float:
        question = claim_question(text, truth)
        if question not in scores:
            raise ValueError(
                f"the claim {text[:60]!r} is free text, which only a judge can compare"
            )
        return scores[question]

    claims = TurnClaims(thought.state, thought.prediction)

    def score(mode: Reasoning) -> float:
        return world_model_reward(
            claims,
            witness.before,
            witness.after,
            pay.rule,
            mode,
            well_formed=True,
            weights=_SCORE,
            judge=judge,
        )

    # A score of None tells a report that nothing was claimed, unlike a score of 0.
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
    thought: Thought, witness: Witness
) -> Iterator[tuple[Claim, tuple[Statement, ...]]]:
    """Yield both claims of a turn with what they are held against."""
    yield thought.state, witness.before
    yield thought.prediction, witness.after


def _sentence(claim: Claim) -> str:
    """Return a claim as text, empty where nothing was claimed."""
    if claim is None:
        return ""
    if isinstance(claim, str):
        return claim
    return "; ".join(statement_text(statement) for statement in claim)
