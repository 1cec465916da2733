"""Answers to episodes that a run was ended in: they were paid for, and the report says so."""

import json

import pytest

from shapley_coop.cli import main as cli
from shapley_coop.errors import RunFolderError
from shapley_coop.interfaces.model import Reply, Usage
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.llm.memory.outside import paid_outside
from shapley_coop.llm.money.amounts import Amount, Occasion
from tests.fixtures.models import completion, http, request_for


def test_answers_of_recorded_episodes_are_no_others(tmp_path):
    path = tmp_path / "calls.jsonl"
    tape = Cassette(path)
    reply = Reply(text="x", usage=Usage(prompt=7, completion=2), cost=0.5)
    unpriced = Reply(text="x", usage=Usage(prompt=1, completion=1), at_most=0.25)
    for episode in (0, 1, 12):
        own = Occasion("p0", episode, "act")
        words = f'"episode":{episode},"key":"ab","kind":"call"'
        tape.add(request_for(words, seed=episode), reply, own)
    tape.add(request_for("once more"), unpriced, Occasion("p0", 2, "act"))
    tape.close()
    with path.open("ab") as file:
        file.write(b'{"episode":5,"key":"ab","kind":"call"')
    assert paid_outside(path, {0, 1, 2, 12}).unrecorded == Amount()
    assert paid_outside(path, {0, 1}).unrecorded == Amount(
        calls=2, tokens=11, uncertain=0.75
    )
    assert paid_outside(path, ()).unrecorded.calls == 4
    assert paid_outside(tmp_path / "none.jsonl", ()).unrecorded == Amount()


def test_a_damaged_line_is_told(tmp_path):
    path = tmp_path / "calls.jsonl"
    path.write_text('{"episode":3,"key":"ab","kind":"call"}\n')
    with pytest.raises(RunFolderError, match="no record of an answer"):
        paid_outside(path, {1})


def test_the_report_tells_what_a_cut_run_paid_for(
    server, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    answer = http(completion('{"reason":"r","action":"door"}'))
    server.answers = [answer, http(b"{}", "401 Unauthorized")]
    options = ["--protocol", "solo", "--json", "--set", "game.rounds=2"]
    seats = ["--agent", "rational", "--seat", f"player_0={server.url}#m"]
    play = ["play", "escape-room", *seats, *options]
    with pytest.raises(SystemExit):
        cli.main([*play, "--set", "model.prices.m={input=1e6, output=1e6}"])
    capsys.readouterr()
    cli.main(["report", "--json"])
    figures = json.loads(capsys.readouterr().out)
    assert (figures["episodes"], figures["calls"]) == (0, 0)
    assert figures["unrecorded"] == 1
    assert figures["unrecorded_at_most"] > 0
    cli.main(["report"])
    words = " ".join(capsys.readouterr().out.split())
    assert "1 answer to episodes not recorded yet, which `resume` takes up (at" in words
    # Whoever goes on is given the answer again, and counts it.
    server.answers = [answer]
    (run,) = (tmp_path / "runs").iterdir()
    cli.main(["resume", str(run), "--json"])
    figures = json.loads(capsys.readouterr().out)
    assert (figures["calls"], figures["unrecorded"]) == (2, 0)
