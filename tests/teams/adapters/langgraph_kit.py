"""The contract's team as a graph of LangGraph."""

import asyncio

from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langgraph.graph import END, START, MessagesState, StateGraph

from shapley_coop.teams.adapters.langgraph import langgraph_team
from tests.teams.adapters.kit import WORDS, Kit


class LangGraphKit(Kit):
    title = "LangGraph"

    def __init__(self):
        super().__init__()
        self.graph = StateGraph(MessagesState)
        for name, word in WORDS.items():
            self.graph.add_node(name, self.node(word))
        self.graph.add_edge(START, "planner")
        self.graph.add_edge("planner", "coder")
        self.graph.add_conditional_edges("coder", lambda state: "tester", ["tester"])
        self.graph.add_edge("tester", END)

    def node(self, word):
        model = FakeListChatModel(responses=[word])

        async def speak(state):
            await asyncio.sleep(0.001)
            self.say(word)
            return {"messages": [await model.ainvoke(state["messages"])]}

        return speak

    def team(self, score, swap=None):
        places = {name: self.node(word) for name, word in (swap or {}).items()}
        return langgraph_team(self.graph, score=score, swap=places)

    async def words(self, built):
        state = await built.compile().ainvoke({"messages": [("user", "Write it.")]})
        return self.spoken(state)

    def spoken(self, result):
        return [message.content for message in result["messages"][1:]]

    @property
    def names(self):
        return {"graph": self.graph, "cheap_coder": self.node("draft")}

    def state(self):
        nodes = {name: node.runnable for name, node in self.graph.nodes.items()}
        branches = {name: list(paths) for name, paths in self.graph.branches.items()}
        return nodes, set(self.graph.edges), branches, self.graph.compiled
