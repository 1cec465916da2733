"""The contract's team as agents of the OpenAI Agents SDK."""

import asyncio

from agents import (
    Agent,
    ItemHelpers,
    MessageOutputItem,
    Model,
    ModelResponse,
    Runner,
    Usage,
    handoff,
    set_tracing_disabled,
)
from openai.types.responses import (
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
)

from shapley_coop.teams.adapters.openai_agents import openai_agents_team
from tests.teams.adapters.kit import WORDS, Kit

set_tracing_disabled(True)


def message(text):
    return ResponseOutputMessage(
        id="message",
        content=[ResponseOutputText(text=text, type="output_text", annotations=[])],
        role="assistant",
        status="completed",
        type="message",
    )


def call(name, arguments="{}"):
    return ResponseFunctionToolCall(
        name=name, arguments=arguments, call_id=name, type="function_call"
    )


class ScriptedModel(Model):
    """Says its word, and makes the first call that it can make and nobody has made before.

    Tools come before handoffs.
    """

    def __init__(self, word, say):
        self.word = word
        self.say = say

    async def get_response(self, *, tools, handoffs, **rest):
        await asyncio.sleep(0.001)
        output = [message(self.say(self.word))]
        made = {item.get("name") for item in rest["input"] if "call_id" in item}
        calls = [call(tool.name, '{"input": "Write it."}') for tool in tools]
        calls += [call(link.tool_name) for link in handoffs]
        output += [each for each in calls if each.name not in made][:1]
        return ModelResponse(output=output, usage=Usage(), response_id=None)

    def stream_response(self, *_, **__):
        raise NotImplementedError("nothing here is streamed")


class OpenAIAgentsKit(Kit):
    title = "OpenAI Agents SDK"
    always = frozenset({"planner"})

    def __init__(self):
        super().__init__()
        self.tester = self.agent("tester")
        self.coder = self.agent("coder", self.tester)
        self.planner = self.agent("planner", handoff(self.coder), self.tester)
        # A circle: whoever tests can hand back to whoever codes.
        self.tester.handoffs.append(self.coder)
        self.agents = {
            agent.name: agent for agent in (self.planner, self.coder, self.tester)
        }

    def agent(self, name, *handoffs):
        model = ScriptedModel(WORDS[name], self.say)
        return Agent(name=name, model=model, handoffs=list(handoffs))

    def team(self, score, swap=None):
        places = {}
        for name, word in (swap or {}).items():
            member = self.agents.get(name, self.planner)
            places[name] = member.clone(model=ScriptedModel(word, self.say))
        return openai_agents_team(
            self.planner, score=score, others=[self.coder], swap=places
        )

    async def words(self, built):
        return self.spoken(await Runner.run(built, "Write it."))

    def spoken(self, result):
        said = [
            item for item in result.new_items if isinstance(item, MessageOutputItem)
        ]
        return [ItemHelpers.text_message_output(item) for item in said]

    @property
    def names(self):
        sketch = ScriptedModel("sketch", self.say)
        return {
            "planner": self.planner,
            "coder": self.coder,
            "cheap_planner": self.planner.clone(model=sketch),
            "cheap_coder": self.coder.clone(model=ScriptedModel("draft", self.say)),
        }

    def state(self):
        links = [[id(link) for link in each.handoffs] for each in self.agents.values()]
        models = [agent.model for agent in self.agents.values()]
        return links, models, self.planner.handoffs[0].on_invoke_handoff
