"""The MCP server of `lint`, asked by the real client over standard input and output."""

import asyncio
import json
import signal
import subprocess
import sys
from subprocess import PIPE

import pytest

from shapley_coop.cli.main import main
from tests.teams.advice.test_request import DEAL

pytest.importorskip("mcp", reason="the extra mcp is not installed")
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters

COMMAND = [sys.executable, "-m", "shapley_coop", "mcp"]
OPENING = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def converse(ask):
    """Return what a function gets out of a connected client."""

    async def work():
        server = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:])
        async with Client(server) as client:
            return await ask(client)

    return asyncio.run(work())


def test_a_client_gets_what_the_command_prints(tmp_path, capsys):
    path = tmp_path / "deal.json"
    path.write_text(json.dumps(DEAL))
    main(["lint", str(path), "--for", "dominant", "--json"])
    printed = json.loads(capsys.readouterr().out)

    async def ask(client):
        listed = await client.list_tools()
        answers = [await client.call_tool("lint", {**DEAL, "aim": "dominant"})]
        for tool, arguments in [
            ("lint", {**DEAL, "goal": ["help", "\x1b[31mfly"]}),
            ("lint", {"game": str(path)}),
            ("sign", {}),
        ]:
            answers.append(await client.call_tool(tool, arguments))
        return listed.tools, answers

    tools, (verdict, *refusals) = converse(ask)
    assert [tool.name for tool in tools] == ["lint"]
    assert set(DEAL) < set(tools[0].input_schema["properties"])
    assert not verdict.is_error
    assert verdict.structured_content == printed
    assert json.loads(verdict.content[0].text) == printed
    words = [refusal.content[0].text for refusal in refusals]
    assert all(refusal.is_error for refusal in refusals)
    assert 'goal has "fly" for bob' in words[0]
    assert "unknown game" in words[1]
    assert words[2] == "unknown tool 'sign'; known: lint"
    assert all(word.isprintable() for word in words)


def call(number, arguments):
    head = f'{{"jsonrpc":"2.0","id":{number},"method":"tools/call","params":{{"name":"lint"'
    return f'{head},"arguments":{arguments}}}}}'


def test_every_line_is_answered_by_a_message():
    deal = json.dumps(DEAL)
    lines = [
        json.dumps(OPENING),
        json.dumps(READY),
        call(1, deal.replace("[3, 3]", "[NaN, 3]")),
        call(2, deal.replace("[3, 3]", f"[{'9' * 5000}, 3]")),
        call(3, "[" * 100_000 + "]" * 100_000),
        call(4, deal.replace("ann", "\\ud800")),
        call(5, "[" + "0," * 10_000_000 + "0]"),
        "{",
        call(6, "[]"),
        call(7, deal),
    ]
    with subprocess.Popen(COMMAND, stdin=PIPE, stdout=PIPE, stderr=PIPE) as server:
        server.stdin.write("\n".join(lines).encode() + b"\n")
        server.stdin.flush()
        answers = []
        while not answers or answers[-1]["id"] != 7:
            answers.append(json.loads(server.stdout.readline()))
        rest, errors = server.communicate(timeout=60)
    assert (server.returncode, rest, errors) == (0, b"", b"")
    by_number = {answer["id"]: answer for answer in answers if answer["id"] is not None}
    assert set(by_number) == {0, 1, 6, 7}
    assert "2 numbers" in by_number[1]["result"]["content"][0]["text"]
    assert by_number[7]["result"]["structuredContent"]["core"]
    unreadable = [answer for answer in answers if answer["id"] is None]
    assert [answer["error"]["code"] for answer in unreadable] == [-32700] * 5


# Whoever starts the tests may have Ctrl-C ignored, which programs inherit.
HEEDING = """
import signal
from shapley_coop.cli.main import main
signal.signal(signal.SIGINT, signal.default_int_handler)
main(["mcp"])
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_while_it_waits(number):
    command = [sys.executable, "-c", HEEDING]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE) as server:
        server.stdin.write(json.dumps(OPENING).encode() + b"\n")
        server.stdin.flush()
        assert b"shapley-coop" in server.stdout.readline()
        server.send_signal(number)
        assert server.wait(60) == 0
        assert server.stderr.read() == b""


def test_nobody_is_waited_for_where_nobody_speaks():
    done = subprocess.run(
        COMMAND,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "an MCP client starts this command" in done.stderr
    assert done.stdout == ""
