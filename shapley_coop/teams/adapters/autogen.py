"""Agents of AutoGen's AgentChat as teams: each agent is a member."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shapley_coop.errors import ConfigError, PluginError, value_text
from shapley_coop.teams.adapters import adapted
from shapley_coop.teams.team import wishes

Participant = Any
"""A `ChatAgent` or a `Team` of `autogen_agentchat.base`."""


def autogen_team(
    agents: Callable[..., Sequence[Participant]],
    *,
    score: adapted.ScoreFunction,
    swap: Mapping[str, Callable[..., Participant]] | None = None,
) -> adapted.AdaptedTeam:
    """Return the agents of a chat as a team.

    Agents and chats of AutoGen remember what was said, so every run gets new ones.

    Args:
        agents: makes all agents anew. If it has a parameter `absent`, it is told the names of
            those whose place stays empty, so that nobody is made to hand over to them.
        score: takes the agents of one run in their order, makes a chat of them such as a
            `RoundRobinGroupChat`, and returns a score, or (score, cost). AutoGen has no chat of
            nobody, so the score says what an empty list is worth.
        swap: by the name of an agent, what makes who takes its place where it is absent, under
            its name. It is told `absent` as well.

    Raises:
        PluginError: AutoGen is not installed, or what is made are no agents, or not new ones.
        ConfigError: two agents have one name, or `swap` names an agent that does not exist or
            makes one of another name.
    """
    try:
        from autogen_agentchat.base import ChatAgent, Team
    except ImportError as error:
        raise adapted.not_installed("AutoGen", "autogen", error) from error

    seats = dict(swap or {})
    first = _made(agents, frozenset())
    for agent in first:
        if not isinstance(agent, ChatAgent | Team):
            raise PluginError(
                f"agents makes no agent, but {value_text(agent)}", field="team"
            )
    roster = tuple(agent.name for agent in first)
    if len(set(roster)) < len(roster):
        raise ConfigError(
            f"two agents have one name: {', '.join(roster)}", field="team"
        )
    adapted.check_names("agent", seats, roster, "swap")
    for name, make in seats.items():
        there = _made(make, frozenset()).name
        if there != name:
            raise ConfigError(
                f"the swap of {name!r} is named {there!r}; give it the name {name!r}, by which "
                "the others know it",
                field="swap",
            )

    def build(absent: frozenset[str]) -> list[Participant]:
        empty = absent - set(seats)
        built = []
        for agent in _made(agents, empty):
            if any(agent is known for known in first):
                raise PluginError(
                    f"agents returned the same {agent.name!r} twice, which remembers its other "
                    "runs; make a new one each time"
                )
            if agent.name not in absent:
                built.append(agent)
            elif agent.name in seats:
                built.append(_made(seats[agent.name], empty))
        return built

    return adapted.AdaptedTeam("agent", roster, {}, build, score)


def _made(make: Callable[..., Any], absent: frozenset[str]) -> Any:
    return make(**wishes(make, {"absent": absent}))
