"""Plays of a teacher, and the rows that they give, as text and as tokens."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shapley_coop.agents.cast import ConfiguredCast
from shapley_coop.agents.roles import (
    Role,
    agent_factory,
    check_roles,
    unaided_factory,
)
from shapley_coop.config.game_choice import GameChoice
from shapley_coop.config.sections import Config
from shapley_coop.interfaces.agent import AgentFactory
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.model import Message
from shapley_coop.llm.seat import ANSWER_TOKENS
from shapley_coop.rl.training.imitation.curriculum import draw_config
from shapley_coop.rl.training.imitation.demonstration import (
    Demonstration,
    Demonstrations,
    DemonstratorFactory,
)
from shapley_coop.rl.training.token_rows import TokenRows
from shapley_coop.runs.store import NullRecorder
from shapley_coop.simulation.episode import play
from shapley_coop.simulation.measurement.potential import Potential
from shapley_coop.simulation.worker import make_game

MOST_REPEATS = 120
"""How often one row is learned in a pass at most, so that frequent games do not drown the rare."""
MOST_LENGTH = 2048
"""Tokens of the longest row that is learned."""


@dataclass
class DemonstrationSet:
    """What is learned from, and what was left out of it."""

    rows: list[Demonstration] = field(default_factory=list)
    episodes: int = 0
    successes: int = 0
    """Episodes in which the game's goal was reached."""
    repeats: int = 0
    """Demonstrations left out since there were as many equal ones as one pass takes."""
    too_long: int = 0
    """Demonstrations left out for their length."""
    unreadable: Counter[str] = field(default_factory=Counter)
    """Decisions that could not be said in JSON, by the reason."""

    def figures(self) -> dict[str, Any]:
        """Return the counts by name."""
        return {
            "episodes": self.episodes,
            "successes": self.successes,
            "rows": len(self.rows),
            "rows_by_game": dict(Counter(row.game for row in self.rows)),
            "rows_by_purpose": dict(Counter(row.purpose for row in self.rows)),
            "left_out_as_repeats": self.repeats,
            "left_out_as_too_long": self.too_long,
            "unreadable": dict(self.unreadable),
        }


def demonstrate(
    games: Sequence[GameChoice],
    teacher: str,
    *,
    episodes: int,
    seed: int,
    listen: Callable[[int], None],
) -> DemonstrationSet:
    """Play episodes with a teacher at all seats but at most one, and return its decisions.

    Args:
        games: what is drawn from.
        teacher: the name of a rule agent.
        episodes: how many are played.
        seed: every draw follows from it.
        listen: is told how many episodes were played.

    Raises:
        ConfigError: the teacher cannot play a game, or asks a model or a person itself.
        PluginError: there is no such agent or game.
    """
    factory = unaided_factory(teacher, field="imitate")
    lessons = DemonstrationSet()
    taken: Counter[str] = Counter()
    for index in range(episodes):
        config = draw_config(games, seed, index)
        rows = Demonstrations()
        lessons.successes += _play(config, factory, rows)
        lessons.episodes += 1
        lessons.unreadable.update(rows.unreadable)
        for row in rows.rows:
            name = _name_of(row)
            taken[name] += 1
            if taken[name] > MOST_REPEATS:
                lessons.repeats += 1
            else:
                lessons.rows.append(row)
        listen(index + 1)
    return lessons


def token_rows(lessons: DemonstrationSet, tokenizer: Any) -> TokenRows:
    """Return the rows of lessons as tokens, each answer with the mark that ends it.

    Demonstrations that are too long are taken out of the lessons and counted there.
    """
    kept, numbers = [], []
    for row in lessons.rows:
        prompt, answer = row_tokens(row.messages, row.answer, tokenizer)
        # What is longer than an answer may be would teach to be cut off.
        is_too_long = len(prompt) + len(answer) > MOST_LENGTH
        if is_too_long or len(answer) > ANSWER_TOKENS:
            lessons.too_long += 1
            continue
        kept.append(row)
        numbers.append((prompt, answer))
    lessons.rows = kept
    return TokenRows.of(numbers)


def row_tokens(
    messages: Sequence[Message], answer: str, tokenizer: Any
) -> tuple[list[int], list[int]]:
    """Return a prompt and its answer as tokens, with the mark that ends it."""
    prompt = tokenizer.apply_chat_template(
        [{"role": said.role, "content": said.content} for said in messages],
        add_generation_prompt=True,
        return_dict=False,
    )
    written = tokenizer(answer, add_special_tokens=False)["input_ids"]
    return prompt, [*written, tokenizer.eos_token_id]


def _play(config: Config, teacher: AgentFactory, rows: Demonstrations) -> bool:
    """Play one episode, and return whether its goal was reached."""
    game = make_game(config)
    cast = _cast(config, game, teacher, rows)
    episode = asyncio.run(
        play(
            game,
            cast,
            config,
            index=0,
            recorder=NullRecorder(),
            potential=Potential(game, config.worth, config.run.seed),
        )
    )
    return episode.success


def _cast(
    config: Config, game: Game, teacher: AgentFactory, rows: Demonstrations
) -> ConfiguredCast:
    demonstrated = DemonstratorFactory(teacher, rows)
    own = {seat: Role(teacher, None) for seat in game.seats}
    roles = {seat: Role(demonstrated, None) for seat in game.seats}
    for seat, name in config.seats.items():
        roles[seat] = own[seat] = Role(agent_factory(name), None)
    check_roles(own, game, config.protocol)
    return ConfiguredCast(roles, substitute=None, model=config.model)


def _name_of(row: Demonstration) -> str:
    text = "\x00".join([*(said.content for said in row.messages), row.answer])
    return hashlib.sha256(text.encode()).hexdigest()
