"""The teams of all frameworks, of which CrewAI is kept from telemetry and from a user's files."""

import os
from importlib.util import find_spec
from tempfile import TemporaryDirectory

import pytest

STORAGE = TemporaryDirectory(prefix="crewai-")
# It reads these when it is imported, which may be before any fixture.
if find_spec("crewai"):
    os.environ |= {
        "CREWAI_DISABLE_TELEMETRY": "true",
        "CREWAI_TESTING": "true",
        "CREWAI_TRACING_ENABLED": "false",
        "HOME": STORAGE.name,
        "XDG_DATA_HOME": STORAGE.name,
    }


# CrewAI warns of fields of its own.
@pytest.fixture(
    params=[
        "langgraph",
        "openai_agents",
        "autogen",
        pytest.param("crewai", marks=pytest.mark.filterwarnings("ignore")),
    ]
)
def kit(request):
    """Return the team of one framework, or skip where its package is not installed."""
    if request.param == "langgraph":
        pytest.importorskip("langgraph", reason="LangGraph is an extra")
        from tests.teams.adapters.langgraph_kit import LangGraphKit

        return LangGraphKit()
    if request.param == "openai_agents":
        pytest.importorskip("agents", reason="the OpenAI Agents SDK is an extra")
        from tests.teams.adapters.openai_agents_kit import OpenAIAgentsKit

        return OpenAIAgentsKit()
    if request.param == "autogen":
        pytest.importorskip("autogen_agentchat", reason="AutoGen is an extra")
        from tests.teams.adapters.autogen_kit import AutoGenKit

        return AutoGenKit()
    pytest.importorskip("crewai", reason="CrewAI is an extra")
    from tests.teams.adapters.crewai_kit import CrewAIKit

    return CrewAIKit()
