"""The contract's team as agents of AutoGen, in a chat that goes round once."""

import asyncio

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.teams import RoundRobinGroupChat
from autogen_core import FunctionCall
from autogen_core.models import ChatCompletionClient, CreateResult, RequestUsage

from shapley_coop.teams.adapters.autogen import autogen_team
from tests.teams.adapters.kit import WORDS, Kit

USAGE = RequestUsage(prompt_tokens=1, completion_tokens=1)


class ScriptedClient(ChatCompletionClient):
    """Says its word, or hands over to the first agent that it can hand over to."""

    component_type = "model"
    component_config_schema = None

    def __init__(self, word, say):
        self.word = word
        self.say = say

    async def create(self, messages, *, tools=(), **_):
        await asyncio.sleep(0.001)
        content = self.say(self.word)
        calls = [
            FunctionCall(id=tool.name, name=tool.name, arguments="{}") for tool in tools
        ]
        return CreateResult(
            content=calls[:1] or content,
            finish_reason="function_calls" if calls else "stop",
            usage=USAGE,
            cached=False,
        )

    def create_stream(self, *_, **__):
        raise NotImplementedError("nothing here is streamed")

    async def close(self):
        pass

    def actual_usage(self):
        return USAGE

    def total_usage(self):
        return USAGE

    def count_tokens(self, *_, **__):
        return 1

    def remaining_tokens(self, *_, **__):
        return 1000

    @property
    def model_info(self):
        abilities = ("vision", "function_calling", "json_output", "structured_output")
        return {"family": "unknown"} | dict.fromkeys(abilities, True)

    capabilities = model_info


class AutoGenKit(Kit):
    title = "AutoGen"

    def __init__(self):
        super().__init__()
        self.clients = {
            name: ScriptedClient(word, self.say) for name, word in WORDS.items()
        }

    def agents(self):
        return [AssistantAgent(name, client) for name, client in self.clients.items()]

    def team(self, score, swap=None):
        places = {name: self.place(name, word) for name, word in (swap or {}).items()}
        return autogen_team(self.agents, score=score, swap=places)

    def place(self, name, word):
        return lambda: AssistantAgent(name, ScriptedClient(word, self.say))

    async def words(self, built):
        if not built:
            return []
        chat = RoundRobinGroupChat(built, max_turns=len(built))
        return self.spoken(await chat.run(task="Write it."))

    def spoken(self, result):
        return [message.content for message in result.messages[1:]]

    @property
    def names(self):
        members = {name: self.place(name, word) for name, word in WORDS.items()}
        return members | {"cheap_coder": self.place("coder", "draft")}

    def state(self):
        return dict(self.clients)
