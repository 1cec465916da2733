"""Graphs of LangGraph that are no plain chain: what chooses nodes, other states, policies."""

import asyncio
import operator
from itertools import count
from typing import Annotated, Literal

import pytest

import shapley_coop as sc
from shapley_coop.errors import ConfigError, PluginError

pytest.importorskip("langgraph", reason="LangGraph is an extra")

from langgraph.cache.memory import InMemoryCache
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import CachePolicy, Command, RetryPolicy, Send
from pydantic import BaseModel
from typing_extensions import TypedDict

from shapley_coop.teams.adapters.langgraph import langgraph_team


class State(TypedDict):
    points: Annotated[list[int], operator.add]


def adds(points):
    def node(state):
        return {"points": [points]}

    return node


def total(graph):
    return sum(graph.compile().invoke({"points": []})["points"])


def chain(**nodes):
    graph = StateGraph(State)
    graph.add_sequence(list(nodes.items()))
    graph.add_edge(START, next(iter(nodes)))
    return graph


def route(state) -> Command[Literal["worker", "__end__"]]:
    is_done = bool(state["points"])
    return Command(goto=END if is_done else "worker", update={"points": [1]})


def routed():
    graph = chain(router=route)
    graph.add_node("worker", adds(4))
    graph.add_edge("worker", END)
    return graph


def test_a_node_that_chooses_the_next_one_can_only_be_swapped():
    team = langgraph_team(routed(), score=total)
    with pytest.raises(ConfigError, match="it chooses the next node; give it a swap"):
        sc.attribute(team, members=["router", "worker"])
    assert sc.attribute(team, members=["worker"], budget=2, noisy=False).values == {
        "worker": 4.0
    }

    def always_work(state):
        return Command(goto="worker")

    team = langgraph_team(routed(), score=total, swap={"router": always_work})
    credit = sc.attribute(team, members=["router", "worker"], budget=4, noisy=False)
    assert credit.values == pytest.approx({"router": 1.0, "worker": 4.0})


def test_branches_go_on_behind_an_empty_place():
    graph = chain(first=adds(1))
    graph.add_node("second", adds(2))
    graph.add_node("third", adds(3))
    graph.add_conditional_edges(
        "first", lambda state: "third" if state["points"] else "second"
    )
    credit = sc.attribute(
        langgraph_team(graph, score=total),
        members=["first", "second", "third"],
        budget=8,
        noisy=False,
    )
    scores = {row.present: row.score for row in credit.coalitions}
    assert scores["first", "third"] == 4.0
    assert scores["second", "third"] == 2.0
    assert scores["third",] == 0.0


def test_nodes_that_are_sent_work_know_their_own_input():
    class Piece(TypedDict):
        size: int

    def worker(piece: Piece):
        return {"points": [piece["size"]]}

    graph = chain(planner=adds(1))
    graph.add_node("worker", worker)
    graph.add_conditional_edges(
        "planner", lambda state: [Send("worker", {"size": size}) for size in (2, 3)]
    )

    def half(piece):
        return {"points": [piece["size"] / 2]}

    team = langgraph_team(graph, score=total, swap={"worker": half})
    credit = sc.attribute(team, members=["planner", "worker"], budget=4, noisy=False)
    assert credit.values == pytest.approx({"planner": 1.0, "worker": 2.5})


class Report(BaseModel):
    points: Annotated[list[int], operator.add]


@pytest.mark.parametrize("schema", [Report, Annotated[list, operator.add]])
def test_a_state_may_be_a_model_or_a_value(schema):
    def node(points):
        return adds(points) if schema is Report else lambda state: [points]

    graph = StateGraph(schema)
    graph.add_sequence([("one", node(1)), ("two", node(2))])
    graph.add_edge(START, "one")

    def score(graph):
        whole = graph.compile().invoke({"points": []} if schema is Report else [])
        return sum(whole["points"] if schema is Report else whole)

    team = langgraph_team(graph, score=score)
    assert sc.attribute(team, members=["one", "two"], budget=4, noisy=False).values == {
        "one": 1.0,
        "two": 2.0,
    }


def test_a_cache_that_runs_share_keeps_them_apart():
    async def one(state):
        return {"points": [1]}

    async def two(state):
        return {"points": [2]}

    graph = chain(one=one, two=two)
    graph.set_node_defaults(timeout=5.0, cache_policy=CachePolicy())
    cache, saver = InMemoryCache(), InMemorySaver()
    threads = count()

    async def score(graph):
        compiled = graph.compile(checkpointer=saver, cache=cache)
        thread = {"configurable": {"thread_id": str(next(threads))}}
        return sum((await compiled.ainvoke({"points": []}, thread))["points"])

    async def half(state):
        return {"points": [0.5]}

    async def quarter(state):
        return {"points": [0.25]}

    cases = (({}, 2.0), ({"two": half}, 1.5), ({"two": quarter}, 1.75))
    for swap, value in cases:
        team = langgraph_team(graph, score=score, swap=swap)
        credit = sc.attribute(
            team, members=["one", "two"], budget=4, noisy=False, workers=1
        )
        assert credit.values == pytest.approx({"one": 1.0, "two": value})


def test_a_node_is_tried_again_as_its_policy_says():
    tries = []

    def flaky(state):
        tries.append(len(tries))
        if len(tries) % 2:
            raise ConnectionError("every other time")
        return {"points": [2]}

    policy = RetryPolicy(initial_interval=0.001, retry_on=ConnectionError)
    graph = chain(one=adds(1))
    graph.add_node("flaky", adds(9), retry_policy=policy, defer=True)
    graph.add_edge("one", "flaky")
    team = langgraph_team(graph, score=total, swap={"flaky": flaky})
    assert asyncio.run(team(frozenset(), frozenset({"flaky"}), 0)) == 3
    assert len(tries) == 2


def test_a_graph_that_leads_nowhere_is_refused_at_once():
    graph = chain(one=adds(1))
    graph.add_edge("one", "two")
    with pytest.raises(PluginError, match=r"cannot be compiled: .*unknown node"):
        langgraph_team(graph, score=total)


def test_what_handles_errors_is_no_member_and_still_works():
    def fails(state):
        raise RuntimeError("no tool")

    graph = StateGraph(State)
    graph.add_node("worker", fails, error_handler=lambda state: {"points": [7]})
    graph.add_edge(START, "worker")
    team = langgraph_team(graph, score=total, swap={"worker": fails})
    assert team.roster == ("worker",)
    assert asyncio.run(team(frozenset(), frozenset({"worker"}), 0)) == 7


def test_a_compiled_graph_lends_its_builder():
    compiled = chain(one=adds(1), two=adds(2)).compile()
    team = langgraph_team(compiled.builder, score=total)
    credit = sc.attribute(team, members=["one", "two"], budget=4, noisy=False)
    assert credit.values == {"one": 1.0, "two": 2.0}
    assert compiled.invoke({"points": []}) == {"points": [1, 2]}


def test_another_object_is_refused_with_what_to_give():
    with pytest.raises(PluginError, match="of a compiled graph give its `builder`"):
        langgraph_team(chain(one=adds(1)).compile(), score=total)
