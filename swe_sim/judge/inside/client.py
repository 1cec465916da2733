"""The tests' side of the conversation with the code under test."""

from __future__ import annotations

import importlib
import io
import operator
import socket
import sys
import time
import types
from collections.abc import Callable, Sequence
from typing import Any

from swe_sim.judge.inside.codec import Decoder, Encoder, Json, refill
from swe_sim.judge.inside.errors import error_class, rebuild
from swe_sim.judge.inside.peer import Peer, PeerGone
from swe_sim.judge.inside.proxies import Remote, State, plain_type

# A failure of a test is shown where the test stands, not in here.
__tracebackhide__ = True

PAUSES = (0.01, 0.1)
"""Seconds before a child that never answered is replaced, once and once more."""
MOST_TRACE = 400
"""Characters of where the code failed that are told."""
LENT_ACTS: dict[str, Callable[..., Any]] = {
    "__contains__": operator.contains,
    "__getitem__": operator.getitem,
    "__iter__": iter,
    "__len__": len,
    "__next__": next,
}
"""What the code may do with an object of a test, beside calling it."""
_NEVER_LENT = (
    types.ModuleType,
    types.FrameType,
    types.CodeType,
    io.IOBase,
)


class Client:
    """Reaches the code under test in a child of its own for each test."""

    def __init__(
        self, supply: socket.socket, modules: Sequence[str], patience: float
    ) -> None:
        """Name what is needed.

        Over `supply` arrive connections to sandboxes of the code, a new one when the last one
        was ended by a limit. `modules` are the modules of the code, and `patience` are the
        seconds that one question of a test may take.
        """
        supply.settimeout(2 * patience)
        self._supply = supply
        self._modules = frozenset(modules)
        self._patience = patience
        self._control: socket.socket | None = None
        self._spare: socket.socket | None = None
        self._peer: Peer | None = None
        self._lent: list[object] = []
        self.generation = 0
        """Counts the children. Objects of an earlier one are gone."""

    def begin(self) -> None:
        """Let a child take over that nobody has asked yet."""
        ready = None
        while ready is None or self._spare is None:
            if self._control is None:
                self._control = self._next_control()
                self._spare = self._order_child()
            ready = self._spare
            # It is there by the time that the next test begins.
            self._spare = self._order_child()
            if ready is None or self._spare is None:
                self._control.close()
                self._control = None
        self._peer = Peer(ready, self._answer)
        self._lent = []
        self.generation += 1

    def _next_control(self) -> socket.socket:
        try:
            _, files, _, _ = socket.recv_fds(self._supply, 1, 1)
        except OSError:
            files = []
        if not files:
            raise PeerGone("no sandbox for the code under test can be had")
        control = socket.socket(fileno=files[0])
        control.settimeout(self._patience)
        return control

    def _order_child(self) -> socket.socket | None:
        """Return a connection to a new child, or None if its sandbox has ended.

        Once this returns, the child before the last one is gone with all that it wrote.
        """
        assert self._control is not None
        ours, theirs = socket.socketpair()
        ours.settimeout(self._patience)
        with theirs:
            try:
                socket.send_fds(self._control, [b"c"], [theirs.fileno()])
                is_there = bool(self._control.recv(1))
            except OSError:
                is_there = False
        if is_there:
            return ours
        ours.close()
        return None

    def do(
        self,
        act: str,
        target: Remote | None,
        arguments: tuple[Any, ...] = (),
        keywords: dict[str, Any] | None = None,
    ) -> Any:
        """Ask the code to do something, and return the result or raise what it raised."""
        encoder = Encoder(self._refer)
        question = {
            "act": act,
            "target": encoder.encode(target),
            "args": [encoder.encode(value) for value in arguments],
            "named": {
                name: encoder.encode(value) for name, value in (keywords or {}).items()
            },
        }
        reply = self._ask(question)
        try:
            return self._take(reply, encoder.containers)
        except (KeyError, IndexError, ValueError, AttributeError, RecursionError):
            if isinstance(reply, dict) and "raise" in reply:
                raise
            raise PeerGone("the code under test sent what is no value") from None

    def _ask(self, question: Json) -> Json:
        """Return the answer of the code. A child that was dead on arrival is replaced.

        A limit that ends a sandbox during one test may take effect only as the next one begins.
        """
        pauses = list(PAUSES)
        while True:
            if self._peer is None or self._peer.is_gone:
                raise PeerGone("the code under test has ended")
            try:
                return self._peer.ask(question)
            except PeerGone as gone:
                if self._peer.is_used or not gone.is_ended or not pauses:
                    raise
            time.sleep(pauses.pop(0))
            self.begin()

    def _take(self, reply: Json, containers: list[Any]) -> Any:
        for stream, words in zip(
            (sys.stdout, sys.stderr), reply["output"], strict=True
        ):
            if words:
                stream.write(str(words))
        if "raise" in reply:
            raise self._error(reply["raise"])
        decoder = Decoder(self._resolve, containers)
        value = decoder.decode(reply["value"])
        for place, state in reply.get("changes", ()):
            refill(containers[place], decoder.contents(state))
        return value

    def _error(self, data: Json) -> BaseException:
        values = [Decoder(self._resolve).decode(value) for value in data["args"]]
        error = rebuild(data["class"], values, str(data["words"]))
        trace = str(data["trace"])[-MOST_TRACE:]
        if trace:
            error.add_note(f"In the code under test:\n{trace}")
        error.__dict__["_remote"] = Decoder(self._resolve).decode(data["ref"])
        return error

    def _refer(self, value: object, encoder: Encoder) -> Json:
        """Return how the code finds an object that is no data."""
        if type(value) is Remote:
            return self._named_or_numbered(value)
        if isinstance(value, BaseException):
            values = [encoder.encode(part) for part in value.args]
            return {"t": "error", "v": _place(type(value)), "args": values}
        if isinstance(value, type) and (
            hasattr(value, "_tree") or value.__module__ in ("builtins", "collections")
        ):
            return {"t": "named", "v": _place(value)}
        if isinstance(value, types.BuiltinFunctionType) and value.__module__ in (
            *("builtins", "math", "_operator"),
        ):
            # The code calls it itself, so that nothing of ours is called on its behalf.
            return {"t": "named", "v": [value.__module__, value.__qualname__]}
        if isinstance(value, types.TracebackType):
            # What a context learns of an error is the error, not where it was raised.
            return None
        if isinstance(value, _NEVER_LENT):
            raise TypeError(f"{type(value).__name__} cannot be handed to the code")
        self._lent.append(value)
        return {"t": "ours", "id": len(self._lent) - 1}

    def _named_or_numbered(self, value: Remote) -> Json:
        state = value.remote_state
        if state.name is not None:
            return {"t": "named", "v": list(state.name)}
        if state.generation != self.generation:
            raise PeerGone(
                "an object of the code was made outside of this test; make it inside,"
                " or in a fixture of the test"
            )
        return {"t": "yours", "id": state.number}

    def _resolve(self, data: Json) -> Any:
        """Return what stands for an object of the code."""
        if data["t"] == "yours":
            return self._lent[data["id"]]
        if data["kind"] == "error class":
            return error_class(data["class"])
        state = State(self, self.generation, str(data["kind"]), number=data.get("id"))
        if "name" in data:
            module, path = data["name"]
            state.name = (str(module), str(path))
            if state.kind == "module" and module in self._modules:
                return importlib.import_module(module)
        if "base" in data:
            state.base = Decoder(self._resolve).decode(data["base"])
            state.base_kind = plain_type(data["base_kind"])
        return Remote(state)

    def module_object(self, module: str) -> Remote:
        """Return a module of the code as an object of it."""
        return Remote(State(self, 0, "module", (module, "")))

    def _answer(self, question: Json) -> Json:
        """Do what the code asks of an object that a test has lent to it, and no more."""
        encoder = Encoder(self._refer)
        try:
            target = self._lent[question["id"]]
            decoder = Decoder(self._resolve)
            arguments = [decoder.decode(value) for value in question["args"]]
            result = self._act(target, question["act"], arguments, question["named"])
            return {"value": encoder.encode(result)}
        except Exception as error:  # noqa: BLE001 - what a test raises goes to who called it
            return {"raise": self._refer(error, encoder)}

    def _act(self, target: Any, act: str, arguments: list[Any], keywords: Json) -> Any:
        if act == "call" and callable(target):
            decoder = Decoder(self._resolve)
            values = {
                str(name): decoder.decode(value) for name, value in keywords.items()
            }
            return target(*arguments, **values)
        if act == "getattr":
            name = str(arguments[0])
            # A function or a class leads to all of this process by its attributes.
            is_object = not isinstance(target, types.FunctionType | type)
            if name.startswith("_") or not is_object:
                raise AttributeError(name)
            return getattr(target, name)
        return LENT_ACTS[act](target, *arguments)


def _place(kind: type) -> list[str]:
    # Classes of the code's errors carry the name that they have there.
    for base in kind.__mro__:
        if "_tree" in vars(base):
            tree: list[str] = vars(base)["_tree"]
            return tree
    return [kind.__module__, kind.__qualname__]
