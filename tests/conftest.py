"""Options and guards of all tests: golden files of the credit methods, and no network."""

import os
import signal
import socket
from pathlib import Path

import pytest

# Two workers share two cores. With several threads each, the matrix library's idle threads
# spin and slow small products tenfold. It reads these when numpy is first imported.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

# Whoever runs the tests in the background may have them ignore SIGINT, and a child of a test would
# then ignore the one that the test sends. What is caught here is not ignored there.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.fixtures.models", "tests.fixtures.command_line"]
_connect = socket.socket.connect
LOCAL = ("127.", "localhost", "::1", "0.0.0.0")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--golden-dir",
        type=Path,
        default=Path(__file__).parent / "golden" / "credit",
        metavar="DIR",
        help="golden files for tests/test_golden_credit.py (default: tests/golden/credit)",
    )


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
                raise RuntimeError(
                    f"a test tried to reach {host!r}; tests use loopback only"
                )
        return _connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
