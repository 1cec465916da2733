"""Crews of CrewAI: tasks that build on others, delegation, and what is refused."""

import asyncio

import pytest

import shapley_coop as sc
from shapley_coop.errors import ConfigError, PluginError

pytest.importorskip("crewai", reason="CrewAI is an extra")

from crewai import Crew, Process, Task

from shapley_coop.teams.adapters.crewai import crewai_team
from tests.teams.adapters.crewai_kit import ScriptedLLM, agent

# CrewAI warns of fields of its own.
pytestmark = pytest.mark.filterwarnings("ignore")


def member(role, **options):
    return agent(role, role, lambda word: word, **options)


def task(worker, *context, **options):
    return Task(
        description="Write it.",
        expected_output="A word.",
        agent=worker,
        context=list(context) or None,
        **options,
    )


async def same(built):
    return built


def built_of(crew, *absent, **swap):
    team = crewai_team(crew, score=same, swap=swap)
    return asyncio.run(team(frozenset(), frozenset(absent), 0))


def test_a_task_no_longer_builds_on_those_that_are_left_out():
    planner, coder = member("planner"), member("coder")
    first = task(planner)
    # All tasks read the same, so copies cannot be told apart by their words.
    second = task(coder, first)
    third = task(planner, first, second)
    crew = Crew(agents=[planner, coder], tasks=[first, second, third])
    built = built_of(crew)
    assert built.tasks[2].context == [built.tasks[0], built.tasks[1]]
    assert built.tasks[2].context[1] is built.tasks[1]
    built = built_of(crew, "coder")
    assert [each.agent.role for each in built.tasks] == ["planner", "planner"]
    assert built.tasks[1].context[0] is built.tasks[0]
    assert len(built.tasks[1].context) == 1
    assert [each.role for each in built.agents] == ["planner"]
    built = built_of(crew, "coder", coder=member("cheap coder"))
    assert [each.agent.role for each in built.tasks][1] == "cheap coder"
    assert [each.role for each in built.agents] == ["planner", "cheap coder"]
    assert third.context == [first, second]


def test_what_another_crew_has_done_is_built_on_in_every_run():
    planner, coder = member("planner"), member("coder")
    earlier = task(member("scout"))
    crew = Crew(agents=[planner, coder], tasks=[task(planner), task(coder, earlier)])
    assert built_of(crew, "planner").tasks[0].context == [earlier]


def test_callbacks_and_guardrails_hold_in_every_run():
    seen = []

    def note(output):
        seen.append(output.raw)

    def shout(output):
        return True, output.raw.upper()

    coder = member("coder")
    crew = Crew(agents=[coder], tasks=[task(coder, callback=note, guardrail=shout)])

    def score(built):
        if not built.tasks:
            return 0.0
        return len(built.kickoff().raw), built.token_usage.total_tokens

    team = crewai_team(crew, score=score)
    credit = sc.attribute(team, members=["coder"], budget=2, noisy=False)
    assert credit.values == {"coder": 5.0}
    assert seen == ["CODER"]


def test_tasks_that_a_manager_gives_out_stay():
    planner, coder = member("planner"), member("coder")
    crew = Crew(
        agents=[planner, coder],
        tasks=[task(None), task(coder)],
        process=Process.hierarchical,
        manager_llm=ScriptedLLM(model="scripted", word="manager", say=str),
    )
    built = built_of(crew, "coder")
    assert [each.agent for each in built.tasks] == [None]
    assert [each.role for each in built.agents] == ["planner"]


def test_what_cannot_be_a_team_is_refused_at_once():
    coder, stranger = member("coder"), member("stranger")
    with pytest.raises(ConfigError, match="two agents have one role: coder, coder"):
        crewai_team(Crew(agents=[coder, member("coder")], tasks=[]), score=same)
    with pytest.raises(ConfigError, match="a task is done by 'stranger', who is not"):
        crewai_team(Crew(agents=[coder], tasks=[task(stranger)]), score=same)
    crew = Crew(agents=[coder], tasks=[task(coder)])
    with pytest.raises(PluginError, match="give agents, not str 'cheap'"):
        crewai_team(crew, score=same, swap={"coder": "cheap"})
    with pytest.raises(PluginError, match="crew is no Crew, but Agent"):
        crewai_team(coder, score=same)


def test_a_memory_that_runs_would_share_is_refused():
    coder = member("coder")
    crew = Crew(agents=[coder], tasks=[task(coder)])
    crew.memory = True
    with pytest.raises(ConfigError, match=r"the crew has a memory.*memory=False"):
        crewai_team(crew, score=same)
