"""The agents of a run: one for each seat of each play."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from shapley_coop.agents.llm import reasoning
from shapley_coop.agents.people import Memory, PersonQuestion, RememberedPerson
from shapley_coop.agents.roles import Role
from shapley_coop.config.sections import ModelSettings
from shapley_coop.config.seeds import Dice
from shapley_coop.interfaces.agent import Agent, Commons, Place
from shapley_coop.interfaces.asking import sit_down
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.model import Asker
from shapley_coop.records import Seat

AskFor = Callable[[str, Seat, int, int], Asker]
"""(model, seat, episode, seed of its draws) to the gateway as that seat sees it."""

CountSpending = Callable[[int], tuple[int, int]]
"""An episode to the model calls and tokens that it took so far."""


class ConfiguredCast:
    """Makes the agents of a run.

    Args:
        roles: who sits where.
        substitute: who plays absent seats. None means that they idle.
        model: how language models are asked.
        ask_for: opens a model for a seat. None means that no seat may need one.
        count_spending: tells the calls and tokens of an episode so far. None means that nobody
            counts.
        memory: keeps what people answer. None means that they are asked every time.
    """

    def __init__(
        self,
        roles: Mapping[Seat, Role],
        *,
        substitute: Role | None,
        model: ModelSettings,
        ask_for: AskFor | None = None,
        count_spending: CountSpending | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.roles = dict(roles)
        self.substitute = substitute
        self.model = model
        self.ask_for = ask_for
        self.count_spending = count_spending
        self.memory = memory

    @property
    def decides_unseeded(self) -> bool:
        """Whether some seat, or who plays absent ones, asks a model or a person."""
        return any(member.decides_unseeded for member in self._members())

    @property
    def models(self) -> tuple[str, ...]:
        """Every model that some seat may ask, each once."""
        # A dict keeps the first of equal names and their order.
        in_order = dict.fromkeys(member.model for member in self._members())
        return tuple(model for model in in_order if model is not None)

    def check_reasoning(self, game: Game) -> None:
        """Raise ConfigError if models are to reason in a way that the game does not support."""
        if self.models:
            reasoning.check(game, self.model.reasoning)

    def agents(
        self, game: Game, episode: int, present: Sequence[Seat], dice: Dice
    ) -> dict[Seat, Agent]:
        """Return the agents of one play: the present seats' own, and who plays absent ones.

        Args:
            game: what they look ahead in.
            episode: the number of the episode.
            present: the seats that play for themselves.
            dice: what all agents draw from.
        """
        # Live coalitions are plays of their own, so they share nothing with each other.
        shared = Commons()
        is_coalition = len(present) < len(game.seats)
        alone = tuple(present) if is_coalition else ()
        agents = {}
        for seat in game.seats:
            here = seat in present
            member = self.roles[seat] if here else self.substitute
            if member is None:
                continue
            if member.decides_unseeded:
                dice.is_seeded = False
            place = Place(
                seat=seat,
                game=game.fresh(),
                rng=dice.generator(episode, seat, "agent"),
                model=self.model,
                ask=self._asker(member, seat, episode, dice.seed),
                present=alone if here else (),
                shared=shared,
            )
            agent = sit_down(member.factory, place)
            is_person = member.decides_unseeded and member.model is None
            if is_person and self.memory is not None:
                first = PersonQuestion(episode, seat, place.present, dice.seed, "", 0)
                agent = RememberedPerson(agent, self.memory, first)
            agents[seat] = agent
        return agents

    def calls_and_tokens(self, episode: int) -> tuple[int, int]:
        """Return the model calls and tokens of an episode so far."""
        if self.count_spending is None:
            return 0, 0
        return self.count_spending(episode)

    def _members(self) -> list[Role]:
        members = list(self.roles.values())
        if self.substitute is not None:
            members.append(self.substitute)
        return members

    def _asker(self, member: Role, seat: Seat, episode: int, seed: int) -> Asker | None:
        if member.model is None or self.ask_for is None:
            return None
        return self.ask_for(member.model, seat, episode, seed)
