"""What is said of every recorded step: a question to a judge, or a number from the game's rule."""

from collections.abc import Iterator, Sequence

from shapley_coop.agents.prompts import render_rules
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import Game
from shapley_coop.records import Episode, Terms
from shapley_coop.rl.evidence.questions import Question, step_question
from shapley_coop.rl.evidence.world_model import recorded_thoughts
from shapley_coop.rl.trajectories.episodes import Turn, each_turn
from shapley_coop.runs.store import RunFolder


def step_questions(
    run: RunFolder, game: Game, episodes: Sequence[Episode]
) -> dict[Turn, Question]:
    """Return what a judge is asked of every turn: the game and steps before it, and the action."""
    thoughts = recorded_thoughts(run)
    questions = {}
    for turn, stage, episode in _turns(game, episodes):
        # What the seat itself was told, in words, whatever its model could see.
        rules = render_rules(
            game,
            seat=turn.seat,
            seats=stage.seats,
            facts=stage.facts(turn.seat),
            observe="text",
        )
        reason = ""
        if turn in thoughts:
            reason = thoughts[turn].reason
        questions[turn] = step_question(
            turn.seat,
            episode.steps[turn.step].actions[turn.seat],
            rules=rules,
            earlier=episode.steps[: turn.step],
            promises=_promises(episode, turn.step),
            reason=reason,
        )
    return questions


def rule_rewards(game: Game, episodes: Sequence[Episode]) -> dict[Turn, float]:
    """Return what the game's own rule says of every turn, in [-1, 1].

    Raises:
        ConfigError: the rule is silent about some turn.
    """
    rewards = {}
    for turn, stage, episode in _turns(game, episodes):
        action = episode.steps[turn.step].actions[turn.seat]
        reward = stage.step_reward(turn.seat, action)
        if reward is None:
            raise ConfigError(
                f"the rule of {game.name} says nothing of {action!r} by {turn.seat} in episode "
                f"{turn.episode}, step {turn.step}; step_reward must return a number"
            )
        rewards[turn] = reward
    return rewards


def _turns(
    game: Game, episodes: Sequence[Episode]
) -> Iterator[tuple[Turn, Game, Episode]]:
    """Yield every turn with the game as it stood before it."""
    for episode in episodes:
        for turn, stage in each_turn(game, episode):
            yield turn, stage, episode


def _promises(episode: Episode, step: int) -> list[Terms]:
    """Return the terms that were in force at a step."""
    # A contract is signed before its step is played, so it binds that step.
    return [
        contract.offer.terms for contract in episode.contracts if contract.step <= step
    ]
