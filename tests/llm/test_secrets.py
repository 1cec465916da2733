"""Keys: found in nothing that a run writes or prints, masked wherever text looks like one."""

import asyncio
import contextlib
import json
import os

import pytest

from shapley_coop.cli import main as cli
from shapley_coop.llm.backends.openai import OpenAIBackend
from shapley_coop.llm.faults import UnusableError
from shapley_coop.llm.secrets import MASK, load_env, redact
from shapley_coop.records import Halt
from tests.fixtures.models import CANARIES, completion, http, request_for


def test_canary_keys_are_found_in_nothing_that_a_run_writes_or_prints(
    server, tmp_path, monkeypatch, capsys
):
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHAPLEY_COOP_CACHE", str(tmp_path / "cache"))
    echoed = " ".join(CANARIES.values())
    move = json.dumps({"reason": echoed, "action": "door"})
    server.answers = [
        http(completion(move)),
        http(completion(f"<think>{echoed}</think>{echoed}")),
        http(echoed.encode()),
        http(completion(json.dumps({"move": {"kind": "halt", "say": echoed}}))),
        http(json.dumps({"error": {"message": echoed}}).encode(), "401 Unauthorized"),
    ]
    command = [
        "play",
        "escape-room",
        "--model",
        f"{server.url}#m",
        "-n",
        "2",
        "--cache",
    ]
    with pytest.raises(SystemExit):
        cli.main(command)
    said = "".join(capsys.readouterr())
    assert MASK in said
    assert b"canary-three" in server.heard[0]  # it was really sent
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "calls.jsonl" for path in files)
    for value in CANARIES.values():
        assert value not in said
        for path in files:
            assert value.encode() not in path.read_bytes(), path


KEY = "zQ9CANARYw7Rt5Yu3Io1Pa8Sd"


@pytest.mark.parametrize(
    "options",
    [
        ["play", "escape-room", "--set", f"model.prices.{KEY}={{input=1,output=1}}"],
        ["play", "escape-room", "--set", f"model.cache={KEY}.db"],
        ["play", "escape-room", "--runs-dir", KEY],
        ["play", "escape-room", "--set", f"{KEY}=1"],
        ["play", "escape-room", "--set", f"model.prices={{{KEY}=3}}"],
        ["play", "escape-room", f"--{KEY}"],
        ["play", "escape-room", "-n", KEY],
        ["play", KEY],
        ["report", KEY],
        ["runs", "--runs-dir", KEY],
        [KEY],
    ],
)
def test_a_key_given_as_something_else_is_written_and_said_nowhere(
    options, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("SHAPLEY_COOP_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    if options[0] == "play":
        options = [*options, "--protocol", "solo", "--agent", "rational"]
    # The list of no runs is no failure.
    with contextlib.suppress(SystemExit):
        cli.main(options)
    said = "".join(capsys.readouterr())
    assert "[key]" in said or "holds a key" in said
    assert KEY not in said
    assert not list(tmp_path.rglob("*"))


class Telling:
    """An agent that says the key, and gives it as the reason of an error."""

    needs_model = False

    def __init__(self, place):
        self.place = place

    async def believe(self, view):
        return None

    async def negotiate(self, view):
        return Halt(say=f"key {KEY}")

    async def act(self, view):
        raise RuntimeError(f"cannot use {KEY}")


def test_a_key_that_an_agent_says_is_not_shown_while_it_plays(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("SHAPLEY_COOP_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    agent = f"{Telling.__module__}:Telling"
    with contextlib.suppress(SystemExit):
        cli.main(["play", "escape-room", "--protocol", "talk", "--agent", agent])
    said = "".join(capsys.readouterr())
    assert "key [key]" in said
    assert KEY not in said


def test_a_key_as_the_name_of_a_packing_is_not_told(server, at, monkeypatch):
    monkeypatch.setenv("SHAPLEY_COOP_API_KEY", KEY)
    echoed = http(completion("x"), headers=f"Content-Encoding: {KEY}\r\n")
    server.answers = [echoed]

    async def main():
        backend = OpenAIBackend(at(server.url))
        await backend.answer(request_for())

    with pytest.raises(UnusableError, match=r"packed as '\[key\]'") as caught:
        asyncio.run(main())
    assert KEY[:8].lower() not in str(caught.value).lower()


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdefgh12345678",
        "key sk-proj-abcdefghijklmnop",
        "http://user:password@host/v1",
        "AIzaSyA1234567890abcdefg",
    ],
)
def test_what_looks_like_a_key_is_masked(text):
    assert MASK in redact(text)


def test_plain_talk_is_left_alone():
    talk = (
        "The key-holder wants a risk-free, task-oriented deal: player_0 pays player_1."
    )
    assert redact(talk) == talk


def test_env_file_adds_and_never_overrides(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("A_KEY=from-file\nB_KEY=from-file\n")
    monkeypatch.setenv("A_KEY", "from-outside")
    monkeypatch.setenv("B_KEY", "x")
    monkeypatch.delenv("B_KEY")
    load_env(tmp_path)
    assert (os.environ["A_KEY"], os.environ["B_KEY"]) == ("from-outside", "from-file")
