"""The contract's team as a crew of CrewAI, in which each agent has one task."""

import time

from crewai import Agent, BaseLLM, Crew, Task

from shapley_coop.teams.adapters.crewai import crewai_team
from tests.teams.adapters.kit import WORDS, Kit


class ScriptedLLM(BaseLLM):
    """Says its word as the answer to any task."""

    word: str
    say: object

    def call(self, messages, **_):
        time.sleep(0.001)
        return f"Thought: I know.\nFinal Answer: {self.say(self.word)}"


def agent(role, word, say, **options):
    llm = ScriptedLLM(model="scripted", word=word, say=say)
    return Agent(role=role, goal="Work.", backstory="Works.", llm=llm, **options)


class CrewAIKit(Kit):
    title = "CrewAI"

    def __init__(self):
        super().__init__()
        self.agents = [agent(name, word, self.say) for name, word in WORDS.items()]
        self.tasks = [
            Task(description="Write it.", expected_output="A word.", agent=member)
            for member in self.agents
        ]
        self.tasks[2].context = self.tasks[:2]
        self.crew = Crew(agents=self.agents, tasks=self.tasks)

    def team(self, score, swap=None):
        places = {
            role: agent(role, word, self.say) for role, word in (swap or {}).items()
        }
        return crewai_team(self.crew, score=score, swap=places)

    async def words(self, built):
        if not built.tasks:
            return []
        return self.spoken(await built.kickoff_async())

    def spoken(self, result):
        return [output.raw for output in result.tasks_output]

    @property
    def names(self):
        return {"crew": self.crew, "cheap_coder": agent("coder", "draft", self.say)}

    def state(self):
        context = [id(task) for task in self.tasks[2].context]
        outputs = [task.output for task in self.tasks]
        parts = [id(part) for part in (*self.crew.agents, *self.crew.tasks)]
        return parts, context, outputs, [member.role for member in self.crew.agents]
