"""The command `view`: an address first, and a server behind it until it is interrupted."""

import json
import signal
import socket
import subprocess
import sys
from urllib.request import urlopen

import pytest

from shapley_coop.cli.main import main

pytest.importorskip("uvicorn")
pytest.importorskip("altair")


def test_a_script_reads_the_address_and_asks_there(tmp_path):
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "shapley_coop",
            "view",
            str(tmp_path),
            "--port",
            "0",
            "--no-browser",
            "--json",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = json.loads(server.stdout.readline())["address"]
        with urlopen(f"{address}api/runs", timeout=120) as answer:
            assert json.load(answer) == []
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=120)


def test_a_port_that_is_taken_is_told(tmp_path, capsys):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SystemExit) as ending:
            main(["view", str(tmp_path), "--port", str(port), "--no-browser"])
    assert ending.value.code == 2
    assert f"port {port}" in capsys.readouterr().err
