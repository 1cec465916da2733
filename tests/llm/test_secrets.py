"""Keys: found in nothing that a run writes or prints, masked wherever text looks like one."""

import json
import os

import pytest

from shapley_coop.cli import main as cli
from shapley_coop.llm.secrets import MASK, load_env, redact
from tests.fixtures.models import CANARIES, completion, http


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
