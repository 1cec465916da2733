"""A rule agent as a function that plays seats in a replay, where nobody negotiates."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from shapley_coop.agents.roles import agent_factory
from shapley_coop.config.protocol import PROTOCOLS, NegotiationProtocol
from shapley_coop.config.seeds import Dice, episode_seed, replicate_seed
from shapley_coop.errors import ConfigError, InputError
from shapley_coop.interfaces.agent import AgentFactory, Place, UnseededFactory, View
from shapley_coop.interfaces.asking import ask_action, sit_down
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.plugins import names
from shapley_coop.interfaces.waiting import run_without_waiting
from shapley_coop.interfaces.worth_method import Policies, Policy
from shapley_coop.records import Contract, Seat, Step, without_texts
from shapley_coop.records.deeds import deed_of


def rule_names() -> list[str]:
    """Return the registered agents that can play seats in a replay."""
    rules = []
    for name in names("agents"):
        # Agents that need a model or a person are registered too, and plug-ins may be broken.
        with suppress(InputError):
            policy(name, 0)
            rules.append(name)
    return rules


def policies(name: str, seed: int, episode: int) -> Policies:
    """Return who plays absent seats in the replays of one episode.

    Args:
        name: a registered agent or `module:attribute`.
        seed: the run's seed, from which all draws follow together with the episode.
        episode: the number of the episode.

    Raises:
        ConfigError: the agent needs a model, or somebody is asked in its place.
        PluginError: there is no such agent.
    """

    def replicate(number: int) -> Policy:
        # Two episodes never share draws, or their errors would not shrink with their number.
        return policy(name, episode_seed(replicate_seed(seed, number), episode))

    # An agent that cannot be used is told now and not at the first replay.
    replicate(0)
    return replicate


def policy(
    name: str,
    seed: int,
    *,
    protocol: NegotiationProtocol = PROTOCOLS["solo"],
    contracts: Sequence[Contract] = (),
) -> Policy:
    """Return a rule agent as a function from a game, a seat and the steps so far to an action.

    Args:
        name: a registered agent or `module:attribute`.
        seed: all its draws follow from it.
        protocol: what seats see as the protocol, though nobody negotiates.
        contracts: what was signed. Each contract is shown from its step on.

    Raises:
        ConfigError: the agent needs a model or a memory, or somebody is asked in its place.
        PluginError: there is no such agent.
    """
    if name.startswith("policy:"):
        raise ConfigError(
            f"seats cannot be played by {name!r} in a replay: a trained policy remembers what it "
            "saw, and seats are made anew for each step there; name a rule, such as selfish"
        )
    factory = agent_factory(name)
    if factory.needs_model:
        raise ConfigError(
            f"seats cannot be played by {name!r} in a replay: it needs a model; name a rule, "
            "such as selfish"
        )
    if isinstance(factory, UnseededFactory):
        raise ConfigError(
            f"seats cannot be played by {name!r} in a replay: somebody would be asked, and "
            "nobody is there; name a rule, such as selfish"
        )

    return _AgentPolicy(factory, Dice(seed), protocol, tuple(contracts))


class _AgentPolicy:
    """Plays seats by agents that are made anew for each step."""

    def __init__(
        self,
        factory: AgentFactory,
        dice: Dice,
        protocol: NegotiationProtocol,
        contracts: tuple[Contract, ...],
    ) -> None:
        self._factory = factory
        self._dice = dice
        self._protocol = protocol
        self._contracts = contracts

    @property
    def drew_chance(self) -> bool:
        """Whether another seed could have led to other actions so far."""
        return self._dice.drew_chance

    def __call__(self, game: Game, seat: Seat, steps: Sequence[Step]) -> str:
        """Return the action of a seat."""
        # A generator for each step, so that an action does not depend on how often others ask.
        rng = self._dice.generator(seat, "baseline", len(steps))
        agent = sit_down(self._factory, Place(seat=seat, game=game.fresh(), rng=rng))
        view = View(
            seat=seat,
            seats=game.seats,
            game=game.name,
            episode=0,
            step=len(steps),
            facts=game.facts(seat),
            actions=tuple(game.legal(seat)),
            writes=game.writing(seat),
            protocol=self._protocol,
            contracts=tuple(c for c in self._contracts if c.step <= len(steps)),
            steps=without_texts(steps),
            lookahead=game.lookahead,
        )
        answer = run_without_waiting(ask_action(agent, view)).value
        action = deed_of(answer)
        if action is None or game.refusal(seat, action) is not None:
            return game.fallback(seat)
        return action
