"""Hidden tests in a process of their own: pytest runs them, a pipe takes what they said."""

from __future__ import annotations

import gc
import io
import json
import os
import socket
import sys
import tempfile
from collections.abc import Generator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from swe_sim.judge.inside.client import Client
from swe_sim.judge.inside.imports import Finder
from swe_sim.sandbox.inside import kernel

MOST_WORDS = 600
"""Characters of a failure that are told."""
# What takes time and no test of a function needs.
SPARED = (
    *("cacheprovider", "doctest", "faulthandler", "junitxml", "pastebin", "stepwise"),
    *("setuponly", "setupplan", "threadexception", "unraisableexception"),
    *("legacypath", "freeze_support"),
)
OPTIONS = (
    *("-q", "--no-header", "--tb=short", "--noconftest", "--import-mode=importlib"),
    *("-c", "/dev/null", *(f"-pno:{name}" for name in SPARED)),
)


_WARM = """
import pytest
@pytest.mark.parametrize("value", [1, 2])
def test_values(value, tmp_path, capsys, monkeypatch):
    assert value == 1 and [value] == [1]
def test_errors():
    with pytest.raises(ValueError, match="x"):
        raise ValueError("x")
    assert 0.1 + 0.2 == pytest.approx(0.3)
"""


class Reporter:
    """Writes one line of JSON to a pipe for each phase of a test."""

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


class FreshCode:
    """Gives each test a process of the code that nobody has called yet."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item
    ) -> Generator[None, object, object]:
        """Begin with a new process."""
        self._client.begin()
        return (yield)


def together(arguments: tuple[str, ...], files: tuple[int, ...]) -> int:
    """Run the test files that are named, with the code in this process."""
    sys.path.insert(0, str(Path.cwd()))
    return _run(arguments, [Reporter(files[0])])


def apart(arguments: tuple[str, ...], files: tuple[int, ...]) -> int:
    """Run the test files that are named, with the code in other processes.

    The first argument is a JSON object with the names of the code's modules and the seconds that
    one question may take. The second open file leads to who supplies sandboxes for the code.
    """
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    settings = json.loads(arguments[0])
    supply = socket.socket(fileno=files[1])
    client = Client(supply, settings["modules"], settings["patience"])
    client.begin()
    sys.path.insert(0, str(Path.cwd()))
    Finder(client, settings["modules"]).install()
    return _run(arguments[1:], [Reporter(files[0]), FreshCode(client)])


def warm_up() -> None:
    """Run one test that passes and one that fails, so that all that pytest imports is there."""
    with tempfile.TemporaryDirectory() as folder, io.StringIO() as nowhere:
        os.chdir(folder)
        Path("test_warm.py").write_text(_WARM)
        with redirect_stdout(nowhere), redirect_stderr(nowhere):
            _run(("test_warm.py",), [])
        os.chdir("/")
    # What is there now is there for good, so that no collection of garbage visits it again.
    gc.collect()
    gc.freeze()


def _run(names: tuple[str, ...], plugins: list[object]) -> int:
    here = Path.cwd()
    # Looking for plug-ins takes a second, and tests bring none.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    options = [*OPTIONS, f"--rootdir={here}", f"--confcutdir={here}", *names]
    return int(pytest.main(options, plugins=plugins))
