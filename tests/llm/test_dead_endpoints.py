"""Endpoints that never answer, or no longer: the run fails before any seat forfeits for them."""

import json
import socket
from pathlib import Path

import pytest

from tests.fixtures.models import completion, http

MOVE = http(
    completion('{"move": {"kind": "halt", "say": ""}, "action": "door", "reason": ""}')
)
ERROR = json.dumps({"error": {"message": "no", "code": 502}}).encode()
PAGE = b"<html>hello</html>"
# What every request is answered with, and the exit code of the run.
DEAD = {
    "reset": (b"", 1),
    "silent": (None, 1),
    "500": (http(b"oops", "500 Server Error"), 1),
    "503": (http(b"oops", "503 Service Unavailable"), 1),
    "429": (http(b"{}", "429 Too Many Requests", headers="Retry-After: 0\r\n"), 1),
    "429 for long": (http(b"{}", "429 Too Many Requests", headers="Retry-After: 4320\r\n"), 3),
    "error in a 200": (http(ERROR), 1),
    "page": (http(PAGE, kind="text/html"), 1),
    "nothing": (http(b""), 1),
    "half an answer": (http(completion()[:40]), 1),
    "no completion": (http(b'{"choices": []}'), 1),
    "packed otherwise": (http(b"plain", headers="Content-Encoding: gzip\r\n"), 1),
    "moved": (http(b"", "308 Permanent", headers="Location: /v1/chat/completions\r\n"), 1),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.6\r\n", 1),
    "refuses every prompt": (http(ERROR.replace(b"502", b'"content_filter"'), "400 Bad"), 1),
    "unauthorised": (http(ERROR, "401 Unauthorized"), 1),
}  # fmt: skip


def play(cli, url, *extra):
    command = ["play", "escape-room", "--model", f"{url}#m", "--json"]
    code, _, said = cli(*command, "--set", "model.retry_seconds=0.001", *extra)
    (run,) = Path("runs").iterdir()
    manifest = json.loads((run / "run.json").read_text())
    episodes = [
        json.loads(line) for line in (run / "episodes.jsonl").read_text().splitlines()
    ]
    done = [episode for episode in episodes if episode["status"] == "done"]
    return code, said, manifest["status"], done


@pytest.mark.parametrize("kind", DEAD)
def test_a_dead_endpoint_fails_the_run(kind, server, cli):
    answer, expected = DEAD[kind]
    server.answers = [answer]
    timeout = () if answer is not None else ("--set", "model.timeout=0.1")
    code, said, status, done = play(cli, server.url, "-n", 2, *timeout)
    assert code == expected, said
    assert done == []
    assert status == ("limit" if expected == 3 else "failed")
    assert "internal error" not in said
    assert len(said.strip().splitlines()) == 1


def test_a_port_where_nobody_listens_fails_the_run(cli):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    code, said, status, done = play(cli, url)
    assert (code, status, done) == (1, "failed", [])
    assert "is the server running there?" in said


@pytest.mark.parametrize("kind", ["reset", "500", "429 for long"])
def test_an_endpoint_that_dies_meanwhile_fails_the_run(kind, server, cli):
    answer, expected = DEAD[kind]
    server.answers = [*[MOVE] * 9, answer]
    code, said, status, done = play(
        cli, server.url, "-n", 6, "--set", "run.concurrency=1"
    )
    assert code == expected, said
    # What was answered before stays, and no turn is forfeited for what came after.
    assert all(not any(episode["forfeits"].values()) for episode in done)
    assert len(done) < 6
    assert status == ("limit" if expected == 3 else "failed")
