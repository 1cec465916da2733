"""Keeps CrewAI to itself: no telemetry, and no files that outlive the tests."""

import os
from importlib.util import find_spec
from tempfile import TemporaryDirectory

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
