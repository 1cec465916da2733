"""Requests that no answer came to: what they may have cost stands in the record and the report."""

import json

import pytest

from shapley_coop.cli import main as cli
from shapley_coop.errors import RunFolderError
from shapley_coop.interfaces.model import Reply, key
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.llm.memory.outside import paid_outside
from shapley_coop.llm.money.amounts import Amount, Occasion
from shapley_coop.runs.store import RunFolder
from tests.fixtures.models import completion, http, request_for

ABOUT = Occasion("p0", 0, "act")


def test_only_sends_without_an_answer_that_may_be_billed_count(tmp_path):
    path = tmp_path / "calls.jsonl"
    tape = Cassette(path)
    requests = [request_for(f'"key":"ab","kind":"sent" {n}') for n in range(4)]
    names = [key(request) for request in requests]
    for number, name in enumerate(names):
        tape.send(name, 10, 1.0 + number)
    tape.void(names[0], billable=True)
    tape.void(names[1], billable=False)
    tape.add(requests[2], Reply(text="x"), ABOUT)
    # A cache answered this one.
    tape.add(request_for("never sent"), Reply(text="x"), ABOUT)
    tape.close()
    with path.open("ab") as file:
        file.write(b'{"cost":9,"key":"ab","kind":"sent"')
    # The fourth was under way when the process died.
    assert paid_outside(path, {0}).unanswered == Amount(
        calls=2, tokens=20, uncertain=1.0 + 4.0
    )
    assert paid_outside(tmp_path / "none.jsonl", {0}).unanswered == Amount()


@pytest.mark.parametrize(
    "line",
    [
        '{"key":"ab","kind":"sent"}',
        '{"charged":true,"key":"ab","kind":"void"}',
        '{"cost":null,"key":"ab","kind":"sent","tokens":1}',
        '{"key":"ab","kind":"sent"',
    ],
)
def test_a_damaged_line_is_told(tmp_path, line):
    path = tmp_path / "calls.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(RunFolderError, match="no record of a send"):
        paid_outside(path, {0})


@pytest.mark.parametrize("price", ["{input=1000,output=1000}", None])
def test_the_report_says_what_they_may_have_cost(
    price, server, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    answer = http(completion('{"reason":"r","action":"door"}'))
    server.answers = [answer, None, answer]
    options = ["--protocol", "solo", "--json", "--set", "model.timeout=2"]
    if price is not None:
        options += ["--set", f"model.prices.m={price}"]
    cli.main(["play", "escape-room", "--agent", f"{server.url}#m", *options])
    figures = json.loads(capsys.readouterr().out)
    (path,) = (tmp_path / "runs").iterdir()
    totals = RunFolder.open(path).manifest.totals
    assert (figures["unanswered"], totals["unanswered"]) == (1, 1)
    assert (figures["unanswered_at_most"] > 0.1) == (price is not None)
    assert figures["unanswered_at_most"] == totals["unanswered_at_most"]
    assert figures["uncounted"] == 0
    assert figures["at_most"] == figures["cost"]
    cli.main(["report"])
    report = " ".join(capsys.readouterr().out.split())
    words = "1 request without an answer, which may be billed too"
    assert (f"{words} (at most $" if price else words) in report
