"""The suite's own guard: what would leave this machine fails."""

import socket

import pytest


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.org", 443)])
def test_a_network_attempt_fails(address):
    with socket.socket() as outward, pytest.raises(RuntimeError, match="loopback only"):
        outward.connect(address)


def test_loopback_is_open():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as inward:
        inward.connect(server.getsockname())
