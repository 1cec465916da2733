"""Hidden tests in a process of their own: pytest runs them, a pipe takes what they said."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

MOST_WORDS = 300
"""Characters of a failure that are told."""
OPTIONS = (
    *("-q", "--no-header", "--tb=short", "-p", "no:cacheprovider", "--noconftest"),
    *("--import-mode=importlib", "-c", "/dev/null", "--rootdir=."),
)


class Reporter:
    """Writes one line of JSON to a pipe for each test that was run."""

    def __init__(self, channel: int) -> None:
        self._channel = channel

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Tell of one phase of a test."""
        words = "" if report.passed else str(report.longreprtext)
        self._tell(report.nodeid, report.when, report.outcome, words)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Tell of a file that cannot be read as tests."""
        if report.failed:
            self._tell(report.nodeid, "collect", report.outcome, report.longreprtext)

    def _tell(self, name: str, phase: str, result: str, words: str) -> None:
        line = json.dumps([name, phase, result, words[-MOST_WORDS:]])
        os.write(self._channel, line.encode() + b"\n")


def main(arguments: tuple[str, ...], files: tuple[int, ...]) -> int:
    """Run the test files that are named and report on the first open file."""
    here = str(Path.cwd())
    sys.path.insert(0, here)
    # Looking for plug-ins takes a second, and tests bring none.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    options = [*OPTIONS, f"--rootdir={here}", f"--confcutdir={here}", *arguments]
    return int(pytest.main(options, plugins=[Reporter(files[0])]))
