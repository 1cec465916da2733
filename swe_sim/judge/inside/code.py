"""The code under test, in a process of its own: it is imported here, and answers questions.

All that happens here is hostile. Nothing that leaves this process is believed to be more than a
value or a claim about the code's own objects.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import shutil
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from swe_sim.judge.inside.codec import Decoder, Encoder, Json
from swe_sim.judge.inside.naming import (
    base_value,
    class_tree,
    find,
    kind_of,
    name_of,
)
from swe_sim.judge.inside.operators import COMPARISONS, OPERATORS
from swe_sim.judge.inside.peer import Peer
from swe_sim.sandbox.inside import kernel

TRACE = 2
"""Places of an error that are told, the innermost ones."""
ALL = {**OPERATORS, **COMPARISONS}


def main(_arguments: tuple[str, ...], files: tuple[int, ...]) -> int:
    """Fork one child for each connection that arrives on the first open file.

    Each test gets a child, so that it meets the code as nobody has called it yet. With the next
    connection the child before takes over, so that no test waits for a fork.
    """
    control = socket.socket(fileno=files[0])
    # A child cannot look into this process, nor into the next child.
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    sys.path.insert(0, str(Path.cwd()))
    child, spare = 0, 0
    while True:
        data, handed, _, _ = socket.recv_fds(control, 1, 1)
        _end(child)
        if not data:
            return 0
        child = spare
        control.send(b"k")
        spare = os.fork()
        if spare == 0:
            control.close()
            os.setsid()
            _serve(socket.socket(fileno=handed[0]))
            os._exit(0)
        os.close(handed[0])


def _end(child: int) -> None:
    """End a child and what it started, and remove what it wrote."""
    if not child:
        return
    for process, kill in ((child, os.kill), (child, os.killpg)):
        with contextlib.suppress(OSError):
            kill(process, signal.SIGKILL)
    os.waitpid(child, 0)
    with contextlib.suppress(OSError):
        for entry in os.scandir(os.environ["HOME"]):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                Path(entry.path).unlink()


def _serve(connection: socket.socket) -> None:
    host = Host()
    host.peer = Peer(connection, host.answer)
    host.peer.serve()


class Host:
    """Holds the objects of the code that the tests know, and does with them what tests ask."""

    def __init__(self) -> None:
        self.peer: Peer
        self._objects: list[object] = []
        self._numbers: dict[int, int] = {}
        self._stubs: dict[int, object] = {}
        self._output = (io.StringIO(), io.StringIO())
        sys.stdout, sys.stderr = self._output

    def answer(self, question: Json) -> Json:
        """Do what is asked, and return the result or what was raised."""
        decoder = Decoder(self._resolve)
        try:
            target = decoder.decode(question["target"])
            arguments = [decoder.decode(value) for value in question["args"]]
            keywords = {
                name: decoder.decode(value) for name, value in question["named"].items()
            }
            before = self._states(decoder.containers)
            act = _ACTS.get(question["act"]) or ALL[question["act"]]
            result = act(target, *arguments, **keywords)
            encoder = Encoder(self._refer, decoder.containers)
            reply: dict[str, Json] = {"value": encoder.encode(result)}
        except BaseException as error:  # noqa: BLE001 - what the code raises is its answer
            before = self._states(decoder.containers)
            reply = {"raise": self._error(error)}
        else:
            after = self._states(decoder.containers)
            changes = [
                [place, state]
                for place, state in enumerate(after)
                if state != before[place]
            ]
            if changes:
                reply["changes"] = changes
        reply["output"] = [self._printed(stream) for stream in self._output]
        return reply

    def _states(self, containers: list[Any]) -> list[Json]:
        encoder = Encoder(self._refer, containers)
        return [encoder.contents(container) for container in containers]

    def _printed(self, stream: io.StringIO) -> str:
        text = stream.getvalue()
        stream.seek(0)
        stream.truncate()
        return text

    def _refer(self, value: object, encoder: Encoder) -> Json:
        """Return a reference to an object of this process."""
        if isinstance(value, Stub):
            return {"t": "yours", "id": value.stub_number}
        name = name_of(value)
        reference: dict[str, Json] = {"t": "ours", "kind": kind_of(value)}
        if name is not None:
            reference["name"] = name
        else:
            # Kept for the life of this process, so that its number stays its own.
            number = self._numbers.setdefault(id(value), len(self._objects))
            if number == len(self._objects):
                self._objects.append(value)
            reference["id"] = number
        if isinstance(value, type) and issubclass(value, BaseException):
            reference["class"] = class_tree(value)
        base = base_value(value)
        if base is not None:
            reference["base"] = encoder.encode(base)
            reference["base_kind"] = type(base).__name__
        return reference

    def _error(self, error: BaseException) -> Json:
        encoder = Encoder(self._refer)
        try:
            words = str(error)
            values = [encoder.encode(value) for value in error.args]
        except Exception:  # noqa: BLE001 - the code's own error may fail even at that
            words, values = "", []
        return {
            "class": class_tree(type(error)),
            "args": values,
            "words": words,
            "trace": _places(error),
            "ref": self._refer(error, encoder),
        }

    def _resolve(self, data: Json) -> object:
        kind = data["t"]
        if kind == "named":
            return find(*data["v"])
        if kind == "yours":
            return self._objects[data["id"]]
        if kind == "error":
            return find(*data["v"])(
                *[Decoder(self._resolve).decode(part) for part in data["args"]]
            )
        number = data["id"]
        if number not in self._stubs:
            self._stubs[number] = Stub(self, number)
        return self._stubs[number]

    def ask(
        self,
        number: int,
        act: str,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
    ) -> Any:
        """Ask the tests to do something with an object of theirs."""
        encoder = Encoder(self._refer)
        question = {
            "id": number,
            "act": act,
            "args": [encoder.encode(value) for value in arguments],
            "named": {name: encoder.encode(value) for name, value in keywords.items()},
        }
        reply = self.peer.ask(question)
        if "raise" in reply:
            raise Decoder(self._resolve).decode(reply["raise"])
        return Decoder(self._resolve).decode(reply["value"])


def _places(error: BaseException) -> str:
    """Return where in the files of the code an error was raised."""
    tree = f"{Path.cwd()}/"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(tree)]
    return "".join(traceback.format_list(own[-TRACE:])).replace(tree, "")


class Stub:
    """Stands for a function or an object of the tests."""

    def __init__(self, host: Host, number: int) -> None:
        self._host = host
        self.stub_number = number

    def __call__(self, /, *arguments: Any, **keywords: Any) -> Any:
        """Let the tests call it."""
        return self._host.ask(self.stub_number, "call", arguments, keywords)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._host.ask(self.stub_number, "getattr", (name,), {})


def _stub_method(name: str) -> Callable[..., Any]:
    def method(self: Stub, *arguments: Any) -> Any:
        return self._host.ask(self.stub_number, name, arguments, {})

    return method


for _special in ("__iter__", "__next__", "__len__", "__getitem__", "__contains__"):
    setattr(Stub, _special, _stub_method(_special))


def _import(_target: object, name: str) -> object:
    return importlib.import_module(name)


def _call(target: Any, /, *arguments: Any, **keywords: Any) -> Any:
    return target(*arguments, **keywords)


_ACTS: dict[str, Callable[..., Any]] = {
    "import": _import,
    "call": _call,
    "getattr": getattr,
    "setattr": setattr,
    "delattr": delattr,
}
