"""One run of hidden tests: the tests in one sandbox, the code under test in others."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from swe_sim.judge.overlay import is_test, judged_tree, module_names
from swe_sim.sandbox.limits import Limits
from swe_sim.sandbox.outcome import Outcome
from swe_sim.sandbox.program import Nursery
from swe_sim.sandbox.request import ask

MOST_REPORTS = 4 * 1024 * 1024
"""Bytes of what tests report that are read."""


@dataclass
class Trial:
    """Runs the tests once on one tree."""

    test_nursery: Nursery
    code_nursery: Nursery
    layers: Sequence[str]
    limits: Limits
    patience: float
    """Seconds that the code may take for one question of a test."""
    code_ended_by: str | None = None
    """The first limit that ended a sandbox of the code."""
    reports: bytearray = field(default_factory=bytearray)
    """What the tests reported: lines of JSON."""

    def together(self, tree: Mapping[str, str], tests: Mapping[str, str]) -> Outcome:
        """Run the tests with the code in one process."""
        source, sink = os.pipe()
        with self._reading(source):
            try:
                return self._tests(
                    "together", [], judged_tree(tree, tests), tests, [sink]
                )
            finally:
                os.close(sink)

    def apart(self, tree: Mapping[str, str], tests: Mapping[str, str]) -> Outcome:
        """Run the tests with the code in processes of its own."""
        code = judged_tree(tree, {})
        for path in tests:
            code.pop(path, None)
        settings = {"modules": module_names(code, tests), "patience": self.patience}
        source, sink = os.pipe()
        ours, theirs = socket.socketpair()
        supplier = threading.Thread(target=self._supply, args=(ours, code))
        supplier.start()
        with self._reading(source):
            try:
                return self._tests(
                    "apart",
                    [json.dumps(settings)],
                    dict(tests),
                    tests,
                    [sink, theirs.fileno()],
                )
            finally:
                os.close(sink)
                theirs.close()
                # The supplier may wait for a sandbox that the tests never took.
                ours.shutdown(socket.SHUT_RDWR)
                supplier.join()
                ours.close()

    def _tests(
        self,
        function: str,
        arguments: list[str],
        tree: Mapping[str, str],
        tests: Mapping[str, str],
        extra: list[int],
    ) -> Outcome:
        names = sorted(name for name in tests if is_test(name))
        return ask(
            (function, *arguments, *names),
            tree,
            self.limits,
            self.layers,
            nursery=self.test_nursery,
            is_function=True,
            extra=extra,
        )

    def _supply(self, supply: socket.socket, code: Mapping[str, str]) -> None:
        """Keep one sandbox of the code running until the tests are over."""
        while True:
            ours, theirs = socket.socketpair()
            with theirs:
                with ours:
                    try:
                        socket.send_fds(supply, [b"c"], [ours.fileno()])
                    except OSError:
                        return
                outcome = ask(
                    ("code",),
                    code,
                    self.limits,
                    self.layers,
                    nursery=self.code_nursery,
                    is_function=True,
                    extra=[theirs.fileno()],
                )
            if outcome.ended_by is None:
                return
            self.code_ended_by = self.code_ended_by or outcome.ended_by

    @contextlib.contextmanager
    def _reading(self, source: int) -> Iterator[None]:
        reader = threading.Thread(target=self._read, args=(source,))
        reader.start()
        try:
            yield
        finally:
            reader.join()

    def _read(self, source: int) -> None:
        with os.fdopen(source, "rb") as stream:
            while part := stream.read1():
                self.reports += part[: MOST_REPORTS - len(self.reports)]
