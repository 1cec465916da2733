"""Agents of AutoGen that remember, hand over, and what is refused."""

import asyncio

import pytest

import shapley_coop as sc
from shapley_coop.errors import ConfigError, PluginError, TeamError

pytest.importorskip("autogen_agentchat", reason="AutoGen is an extra")

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.conditions import MaxMessageTermination
from autogen_agentchat.teams import RoundRobinGroupChat, Swarm

from shapley_coop.teams.adapters.autogen import autogen_team
from tests.teams.adapters.autogen_kit import ScriptedClient


def agent(name, *handoffs, word=None):
    client = ScriptedClient(word or name, lambda said: said)
    return AssistantAgent(name, client, handoffs=list(handoffs))


def pair():
    return [agent("coder"), agent("tester")]


async def speakers(built):
    if not built:
        return []
    chat = RoundRobinGroupChat(built, max_turns=4)
    result = await chat.run(task="Write it.")
    return [message.source for message in result.messages[1:]]


def test_nobody_hands_over_to_who_is_absent():
    def agents(absent):
        there = [name for name in ("coder", "tester") if name not in absent]
        return [agent("planner", *there), agent("coder", *there[1:]), agent("tester")]

    async def score(built):
        end = MaxMessageTermination(8)
        result = await Swarm(built, termination_condition=end).run(task="Write it.")
        return list(dict.fromkeys(message.source for message in result.messages[1:]))

    def run(team, *absent):
        return asyncio.run(team(frozenset(), frozenset(absent), 0))

    team = autogen_team(agents, score=score)
    assert run(team) == ["planner", "coder", "tester"]
    assert run(team, "coder") == ["planner", "tester"]
    assert run(team, "coder", "tester") == ["planner"]
    swapped = autogen_team(agents, score=score, swap={"coder": lambda: agent("coder")})
    # Who sits in the place of another can be handed over to.
    assert run(swapped, "coder") == ["planner", "coder"]


def test_nobody_at_all_is_worth_what_the_score_says():
    async def score(built):
        return len(await speakers(built))

    team = autogen_team(pair, score=score)
    credit = sc.attribute(team, members=["coder", "tester"], budget=4, noisy=False)
    assert credit.values == pytest.approx({"coder": 2.0, "tester": 2.0})

    async def careless(built):
        chat = RoundRobinGroupChat(built, max_turns=1)
        return len((await chat.run(task="Write it.")).messages)

    team = autogen_team(pair, score=careless)
    with pytest.raises(TeamError, match="At least one participant is required"):
        sc.attribute(team, members=["coder", "tester"], budget=4, noisy=False)


def test_a_chat_can_be_a_member():
    def agents():
        inner = RoundRobinGroupChat(pair(), name="makers", max_turns=2)
        return [agent("planner"), inner]

    async def score(built):
        return (await speakers(built)).count("coder")

    team = autogen_team(agents, score=score)
    credit = sc.attribute(team, members=["planner", "makers"], budget=4, noisy=False)
    assert credit.values["makers"] > 0


def test_agents_that_are_not_made_anew_are_refused():
    coder = agent("coder")
    team = autogen_team(lambda: [coder, agent("tester")], score=speakers)
    with pytest.raises(TeamError, match="the same 'coder' twice"):
        sc.attribute(team, members=["coder", "tester"], budget=4)


def test_what_cannot_be_a_team_is_refused_at_once():
    with pytest.raises(ConfigError, match="two agents have one name: coder, coder"):
        autogen_team(lambda: [agent("coder"), agent("coder")], score=speakers)
    with pytest.raises(PluginError, match="agents makes no agent, but str 'coder'"):
        autogen_team(lambda: ["coder"], score=speakers)
    with pytest.raises(ConfigError, match="the swap of 'coder' is named 'cheap'"):
        autogen_team(pair, score=speakers, swap={"coder": lambda: agent("cheap")})
