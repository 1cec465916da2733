"""Graphs of LangGraph as teams: each node is a member."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from shapley_coop.errors import PluginError, value_text
from shapley_coop.teams.adapters import adapted

if TYPE_CHECKING:
    from langgraph.graph import StateGraph
    from langgraph.types import CachePolicy

    Graph = StateGraph[Any, Any, Any, Any]


def langgraph_team(
    graph: Graph, *, score: adapted.ScoreFunction, swap: Mapping[str, Any] | None = None
) -> adapted.AdaptedTeam:
    """Return a graph as a team whose members are its nodes.

    A node that is absent leaves the state as it is, and the edges behind it are followed as ever.

    Args:
        graph: before it is compiled. It stays as it is: every run gets a copy.
        score: takes the graph of one run, not compiled, and returns a score, or (score, cost).
        swap: by the name of a node, what takes its place where it is absent: whatever `add_node`
            takes.

    Raises:
        PluginError: LangGraph is not installed, or the graph is none or cannot be compiled.
        ConfigError: `swap` names a node that does not exist.
    """
    try:
        from langgraph.graph import StateGraph
    except ImportError as error:
        raise adapted.not_installed("LangGraph", "langgraph", error) from error

    if not isinstance(graph, StateGraph):
        raise PluginError(
            f"a team of LangGraph is a StateGraph, got {value_text(graph)}; "
            "of a compiled graph give its `builder`",
            field="team",
        )
    seats = dict(swap or {})
    nodes = _compiled(graph).nodes
    # What answers errors of another node belongs to that one.
    roster = tuple(name for name, node in nodes.items() if not node.is_error_handler)
    adapted.check_names("node", seats, roster, "swap")
    needed = {}
    for name in roster:
        # Such a node decides by its answer which one runs next, and no answer means the end.
        if nodes[name].ends and name not in seats:
            needed[name] = "it chooses the next node; give it a swap"
    # A cache may know this graph's nodes from elsewhere, also others in their places.
    mark = uuid4().hex
    caches = {name: _marked(node.cache_policy, mark) for name, node in nodes.items()}
    return adapted.AdaptedTeam(
        kind="node",
        roster=roster,
        needed=needed,
        build=lambda absent: _graph_without(graph, absent, seats, caches),
        score=score,
    )


def _compiled(graph: Graph) -> Graph:
    """Return a copy of a graph whose nodes hold what compiling adds to them, such as defaults."""
    built = _copy(graph)
    try:
        built.compile()
    except ValueError as error:
        raise PluginError(
            f"the graph cannot be compiled: {error}", field="team"
        ) from error
    return built


def _copy(graph: Graph) -> Graph:
    """Return a copy that can be compiled and changed, which leaves the original alone."""
    built = copy(graph)
    built.nodes = {name: copy(node) for name, node in graph.nodes.items()}
    built.edges = set(graph.edges)
    built.waiting_edges = set(graph.waiting_edges)
    built.branches = defaultdict(dict)
    for name, branches in graph.branches.items():
        built.branches[name] = dict(branches)
    built.channels = dict(graph.channels)
    built.managed = dict(graph.managed)
    built.schemas = dict(graph.schemas)
    built.compiled = False
    return built


def _graph_without(
    graph: Graph,
    absent: frozenset[str],
    seats: Mapping[str, Any],
    caches: Mapping[str, CachePolicy[Any] | None],
) -> Graph:
    """Return a copy of a graph in which the nodes that are absent are idle or swapped."""
    from langchain_core.runnables import RunnableLambda

    built = _copy(graph)
    idle = RunnableLambda(_stay, _stay_async)
    for name in absent & set(graph.nodes):
        seat = built.nodes.pop(name)
        # Adding a node is what makes anything that may be a node into one.
        built.add_node(
            name,
            seats.get(name, idle),
            defer=seat.defer,
            metadata=seat.metadata,
            input_schema=seat.input_schema,
            retry_policy=seat.retry_policy,
            cache_policy=caches[name],
            destinations=seat.ends or None,
        )
        built.nodes[name].error_handler_node = seat.error_handler_node
    # In the order of the original, which decides between nodes that run at once.
    built.nodes = {name: built.nodes[name] for name in graph.nodes}
    return built


def _marked(policy: CachePolicy[Any] | None, mark: str) -> CachePolicy[Any] | None:
    """Return a policy whose keys have a mark, so that it finds no answers of other nodes."""
    if policy is None:
        return None
    key_of = policy.key_func

    def marked_key(state: Any) -> str:
        return f"{mark} {key_of(state)!r}"

    return replace(policy, key_func=marked_key)


def _stay(_state: Any) -> None:
    """Answer nothing, which leaves the state of the graph as it is."""


async def _stay_async(_state: Any) -> None:
    """Answer nothing, as `_stay` does."""
