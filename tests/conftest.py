"""No test reaches the network: only loopback and local sockets connect."""

import socket

import pytest

_connect = socket.socket.connect
LOCAL = ("127.", "localhost", "::1", "0.0.0.0")


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Refuse every connection that leaves this machine.

    Fixtures of the whole session, such as the one that fetches the embedded weights once, come
    before this one.
    """

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])
            if not host.startswith(LOCAL):
                raise RuntimeError(f"a test tried to reach {host!r}; tests use loopback only")
        return _connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
