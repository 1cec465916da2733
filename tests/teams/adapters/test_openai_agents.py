"""Agents of the OpenAI Agents SDK as tools, behind objects, in circles, and what is refused."""

import asyncio

import pytest

import shapley_coop as sc
from shapley_coop.errors import ConfigError, PluginError

pytest.importorskip("agents", reason="the OpenAI Agents SDK is an extra")

from agents import Agent, Runner, function_tool, handoff

from shapley_coop.teams.adapters.openai_agents import openai_agents_team
from tests.teams.adapters.openai_agents_kit import ScriptedModel


class Office:
    """Agents that say their names, which are written down."""

    def __init__(self):
        self.asked = []

    def agent(self, name, *handoffs, tools=()):
        model = ScriptedModel(name, self.say)
        return Agent(name=name, model=model, handoffs=list(handoffs), tools=list(tools))

    def say(self, name):
        self.asked.append(name)
        return name

    async def count(self, built):
        self.asked.clear()
        await Runner.run(built, "Write it.")
        return len(self.asked)

    def run(self, team, *absent):
        asyncio.run(team(frozenset(), frozenset(absent), 0))
        return self.asked


@pytest.fixture
def office():
    return Office()


def again(agent, tool):
    return agent.as_tool(tool.name, tool.description, max_turns=3)


def test_an_agent_that_is_a_tool_is_left_out_or_swapped_as_a_tool(office):
    @function_tool
    def look(input: str) -> str:  # noqa: A002 - a name that the scripted model gives
        """Look something up."""
        office.asked.append("look")
        return "found"

    tester = office.agent("tester")
    coder = office.agent("coder", tools=[tester.as_tool("run_tests", "Test.")])
    ask_coder = coder.as_tool("ask_coder", "Code.", max_turns=3)
    boss = office.agent("boss", tools=[ask_coder, look])
    cheap = office.agent("cheap coder", tools=coder.tools)
    team = openai_agents_team(
        boss, score=office.count, others=[coder, tester], as_tool=again
    )
    assert team.roster == ("boss", "coder", "tester")
    whole = ["boss", "coder", "tester", "coder", "boss", "look", "boss"]
    assert office.run(team) == whole
    # Who tests is called from within a tool, and is not there either.
    assert office.run(team, "tester") == ["boss", "coder", "boss", "look", "boss"]
    assert office.run(team, "coder") == ["boss", "look", "boss"]
    swapped = openai_agents_team(
        boss,
        score=office.count,
        others=[coder, tester],
        swap={"coder": cheap},
        as_tool=again,
    )
    assert office.run(swapped, "coder")[1:4] == ["cheap coder", "tester", "cheap coder"]
    assert office.run(swapped, "coder", "tester")[1:3] == ["cheap coder", "boss"]
    assert boss.tools == [ask_coder, look]


def test_agents_behind_tools_must_be_known_and_how_to_make_them_tools(office):
    coder = office.agent("coder")
    boss = office.agent("boss", tools=[coder.as_tool("ask_coder", "Code.")])
    with pytest.raises(
        ConfigError, match=r"unknown agent 'coder'.*name it in `others`"
    ):
        openai_agents_team(boss, score=office.count, as_tool=again)
    with pytest.raises(
        ConfigError, match="'boss' has an agent as a tool; give as_tool"
    ):
        openai_agents_team(boss, score=office.count, others=[coder])


def test_what_happens_at_a_handoff_happens_in_every_run(office):
    seen = []
    coder = office.agent("coder")

    async def note(context):
        seen.append("handed over")

    boss = office.agent("boss", handoff(coder, on_handoff=note))
    with pytest.raises(
        ConfigError, match=r"unknown agent 'coder'.*name it in `others`"
    ):
        openai_agents_team(boss, score=office.count)
    team = openai_agents_team(boss, score=office.count, others=[coder])
    assert office.run(team) == ["boss", "coder"]
    assert seen == ["handed over"]
    assert office.run(team, "coder") == ["boss"]
    assert seen == ["handed over"]


def test_whom_only_a_replacement_knows_leads_back_to_the_copies(office):
    tester = office.agent("tester")
    coder = office.agent("coder", tester)
    helper = office.agent("helper", tester)
    boss = office.agent("boss", coder)
    cheap = office.agent("cheap", helper)
    team = openai_agents_team(boss, score=office.count, swap={"coder": cheap})
    assert team.roster == ("boss", "coder", "tester")
    assert office.run(team, "coder") == ["boss", "cheap", "helper", "tester"]
    assert office.run(team, "coder", "tester") == ["boss", "cheap", "helper"]


def test_the_first_agent_can_only_be_swapped(office):
    boss = office.agent("boss", office.agent("coder"))
    team = openai_agents_team(boss, score=office.count)
    with pytest.raises(
        ConfigError, match="'boss' cannot be absent: it runs first; give it a swap"
    ):
        sc.attribute(team, members=["boss", "coder"])


def test_two_agents_of_one_name_are_refused(office):
    boss = office.agent("boss", office.agent("coder"), office.agent("coder"))
    with pytest.raises(ConfigError, match="two agents are named 'coder'"):
        openai_agents_team(boss, score=office.count)


def test_what_is_no_agent_is_refused(office):
    with pytest.raises(PluginError, match="give Agents, not str 'boss'"):
        openai_agents_team("boss", score=office.count)
