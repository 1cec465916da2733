"""Agents of the OpenAI Agents SDK as teams: each agent is a member."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shapley_coop.errors import ConfigError, PluginError, unknown, value_text
from shapley_coop.teams.adapters import adapted

if TYPE_CHECKING:
    from agents import Agent, Handoff, RunContextWrapper, Tool

    AnyAgent = Agent[Any]
    Link = AnyAgent | Handoff[Any, AnyAgent]
    ToolMaker = Callable[[AnyAgent, Any], Tool]


def openai_agents_team(
    first: AnyAgent,
    *,
    score: adapted.ScoreFunction,
    others: Sequence[AnyAgent] = (),
    swap: Mapping[str, AnyAgent] | None = None,
    as_tool: ToolMaker | None = None,
) -> adapted.AdaptedTeam:
    """Return agents as a team. Nobody can hand over to one that is absent, or call it as a tool.

    Args:
        first: runs first. Agents that it reaches by handoffs belong to the team. All agents stay
            as they are: every run gets copies.
        score: takes the first agent of one run and returns a score, or (score, cost).
        others: agents that only what `handoff` or `as_tool` made leads to, which does not tell
            whom it holds.
        swap: by the name of an agent, who takes its place where it is absent, under its name.
        as_tool: makes an agent a tool again, from the copy of one run and the original tool, which
            does not tell all that `as_tool` was called with.

    Raises:
        PluginError: the SDK is not installed, or somebody is no agent.
        ConfigError: two agents have one name, an agent behind a handoff, a tool or a swap is not
            known, or it is not known how to make a tool again.
    """
    try:
        from agents import Agent
    except ImportError as error:
        raise adapted.not_installed("the Agents SDK", "openai-agents", error) from error

    seats = dict(swap or {})
    for agent in (first, *others, *seats.values()):
        if not isinstance(agent, Agent):
            raise PluginError(f"give Agents, not {value_text(agent)}", field="team")
    team = _reachable((first, *others))
    adapted.check_names("agent", seats, list(team), "swap")
    # Those whom only a replacement reaches may lead back into the team, so they are copied too.
    behind = [link for seat in seats.values() for link in seat.handoffs]
    helpers = [agent for agent in behind if isinstance(agent, Agent)]
    everyone = _reachable((first, *others, *helpers))
    _check_links((*everyone.values(), *seats.values()), everyone, as_tool)
    needed = (
        {} if first.name in seats else {first.name: "it runs first; give it a swap"}
    )

    def build(absent: frozenset[str]) -> AnyAgent:
        holders = {name: everyone[name] for name in everyone if name not in absent}
        holders |= {name: seats[name] for name in absent & set(seats)}
        return _copies(holders, as_tool)[first.name]

    return adapted.AdaptedTeam("agent", tuple(team), needed, build, score)


def _reachable(roots: Iterable[AnyAgent]) -> dict[str, AnyAgent]:
    """Return agents and those whom they reach by handoffs, by name."""
    from agents import Agent

    agents: dict[str, AnyAgent] = {}
    waiting = list(roots)
    while waiting:
        agent = waiting.pop(0)
        is_new = agent.name not in agents
        if agents.setdefault(agent.name, agent) is not agent:
            raise ConfigError(f"two agents are named {agent.name!r}", field="team")
        if is_new:
            waiting += [link for link in agent.handoffs if isinstance(link, Agent)]
    return agents


def _check_links(
    agents: Iterable[AnyAgent], known: Mapping[str, AnyAgent], as_tool: ToolMaker | None
) -> None:
    """Refuse handoffs and tools that lead to nobody known, or that cannot be made again."""
    for agent in agents:
        tools = {target for tool in agent.tools if (target := _target(tool))}
        for name in tools.union(_target(link) for link in agent.handoffs) - set(known):
            hint = "name it in `others`"
            raise ConfigError(unknown("agent", str(name), known, hint), field="others")
        if tools and as_tool is None:
            say = f"{agent.name!r} has an agent as a tool; give as_tool=lambda agent, tool: "
            say += "agent.as_tool(tool.name, tool.description), with what else it was given"
            raise ConfigError(say, field="as_tool")


def _target(link: Link | Tool) -> str | None:
    """Return the name of the agent that a handoff or a tool leads to, or None if to none."""
    from agents import Agent, FunctionTool, Handoff, ToolOriginType
    from agents.tool import get_function_tool_origin

    if isinstance(link, Agent | Handoff):
        return link.name if isinstance(link, Agent) else link.agent_name
    origin = get_function_tool_origin(link) if isinstance(link, FunctionTool) else None
    if origin is None or origin.type is not ToolOriginType.AGENT_AS_TOOL:
        return None
    return origin.agent_name


def _copies(
    holders: Mapping[str, AnyAgent], as_tool: ToolMaker | None
) -> dict[str, AnyAgent]:
    """Return copies of those who hold a place, which lead to one another and to nobody else."""
    # Agents can hand over in a circle, so all copies exist before they are linked.
    copies = {name: agent.clone(name=name) for name, agent in holders.items()}
    for name, agent in holders.items():
        links = [link for link in agent.handoffs if _target(link) in copies]
        copies[name].handoffs = [_relinked(link, copies) for link in links]
        tools = []
        for tool in agent.tools:
            target = _target(tool)
            if target is None:
                tools.append(tool)
            elif target in copies and as_tool is not None:
                tools.append(as_tool(copies[target], tool))
        copies[name].tools = tools
    return copies


def _relinked(link: Link, copies: Mapping[str, AnyAgent]) -> Link:
    """Return a handoff that leads to the copy of the agent to which it led."""
    from agents import Agent

    if isinstance(link, Agent):
        return copies[link.name]
    original = link.on_invoke_handoff

    async def invoke(context: RunContextWrapper[Any], arguments: str) -> AnyAgent:
        # What the user wants to happen at a handoff happens in the original.
        return copies[(await original(context, arguments)).name]

    return replace(link, on_invoke_handoff=invoke)
