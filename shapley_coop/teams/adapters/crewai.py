"""Crews of CrewAI as teams: each agent is a member, by its role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapley_coop.errors import ConfigError, PluginError, value_text
from shapley_coop.teams.adapters import adapted

Agent = Any
Crew = Any
Task = Any
"""Classes of `crewai`, which cannot be installed where types are checked."""


def crewai_team(
    crew: Crew,
    *,
    score: adapted.ScoreFunction,
    swap: Mapping[str, Agent] | None = None,
) -> adapted.AdaptedTeam:
    """Return a crew as a team whose members are the roles of its agents.

    The tasks of an agent that is absent are left out, and no other task or agent knows of them.

    Args:
        crew: stays as it is: every run gets a copy.
        score: takes the crew of one run and returns a score, or (score, cost). CrewAI cannot kick
            off a crew without tasks, so the score says what one is worth.
        swap: by the role of an agent, who does its tasks where it is absent.

    Raises:
        PluginError: CrewAI is not installed, or the crew is none, or somebody is no agent.
        ConfigError: two agents have one role, a task is done by somebody outside the crew, the
            crew remembers its runs, or `swap` names a role that does not exist.
    """
    try:
        from crewai import Crew as CrewClass
        from crewai.agents.agent_builder.base_agent import BaseAgent
    except ImportError as error:
        raise adapted.not_installed("CrewAI", "crewai", error) from error

    if not isinstance(crew, CrewClass):
        raise PluginError(f"crew is no Crew, but {value_text(crew)}", field="team")
    seats = dict(swap or {})
    for agent in seats.values():
        if not isinstance(agent, BaseAgent):
            raise PluginError(f"give agents, not {value_text(agent)}", field="swap")
    roster = tuple(agent.role for agent in crew.agents)
    adapted.check_names("role", seats, roster, "swap")
    _check_crew(crew, [*crew.agents, *seats.values()])
    return adapted.AdaptedTeam(
        kind="role",
        roster=roster,
        needed={},
        build=lambda absent: _crew_without(crew, absent, seats),
        score=score,
    )


def _check_crew(crew: Crew, agents: list[Agent]) -> None:
    """Refuse a crew of which no copy does what the original would."""
    roles = [agent.role for agent in crew.agents]
    if len(set(roles)) < len(roles):
        raise ConfigError(f"two agents have one role: {', '.join(roles)}", field="team")
    for task in crew.tasks:
        # One without an agent is given out by the manager of the crew.
        if task.agent is not None and task.agent.role not in roles:
            raise ConfigError(
                f"a task is done by {task.agent.role!r}, who is not among the agents of the "
                f"crew: {', '.join(roles) or 'none'}",
                field="team",
            )
    if crew.memory or any(agent.memory for agent in agents):
        raise ConfigError(
            "the crew has a memory, by which one run would know what came of another; give it "
            "memory=False",
            field="team",
        )


def _crew_without(
    crew: Crew, absent: frozenset[str], seats: Mapping[str, Agent]
) -> Crew:
    """Return a copy of a crew without those absent and without what they would have done."""
    # CrewAI takes tasks that read the same for one when it copies a crew, so they are copied here.
    agents = [*crew.agents, *seats.values()]
    built = crew.model_copy(update={"agents": agents, "tasks": []}).copy()
    members, others = built.agents[: len(crew.agents)], built.agents[len(crew.agents) :]
    places = dict(zip(seats, others, strict=True))
    workers: dict[str, Agent] = {}
    for agent, copy in zip(crew.agents, members, strict=True):
        if agent.role not in absent:
            workers[agent.role] = copy
        elif agent.role in places:
            workers[agent.role] = places[agent.role]
    own = {id(task) for task in crew.tasks}
    copies: dict[int, Task] = {}
    for task in crew.tasks:
        if task.agent is not None and task.agent.role not in workers:
            continue
        sources = task.context if isinstance(task.context, list) else []
        copy = task.copy(built.agents, {source.key: source for source in sources})
        copy.agent = None if task.agent is None else workers[task.agent.role]
        if isinstance(task.context, list):
            # A task builds on earlier ones, whose copies exist if they are left, and on what
            # another crew has done.
            there = [
                each for each in sources if id(each) in copies or id(each) not in own
            ]
            copy.context = [copies.get(id(each), each) for each in there]
        copies[id(task)] = copy
    built.agents = list(workers.values())
    built.tasks = list(copies.values())
    return built
