"""Every event of an episode is findable in the text of its report."""

import json
import re
from io import StringIO

import pytest
from rich.console import Console

from shapley_coop.interfaces.deals.money import reward
from shapley_coop.records.words import clean, number
from shapley_coop.runs.report import markdown
from shapley_coop.runs.report.content import gather
from shapley_coop.runs.report.terminal import show
from shapley_coop.runs.store import RunFolder
from tests.fixtures.command_line import cli

__all__ = ["cli"]  # a fixture

VERBS = {
    "propose": "offers",
    "counter": "counters",
    "accept": "accepts",
    "reject": "rejects",
    "halt": "leaves the table",
    "wait": "wait",
}
PLAYS = {
    "a deal": ("escape-room", "--agent", "rational"),
    "a deal of many clauses": (
        "escape-room-n", "--agent", "rational", "--seat", "player_4=breaker",
        "--set", "game.seats=5", "--set", "game.levers=2",
    ),
    "tables that open again": (
        "prisoners-dilemma", "--agent", "random", "--set", "game.rounds=3",
        "--set", "protocol.reprice_every=1", "--seed", "3",
    ),
    "silence": ("public-goods", "--agent", "selfish"),
    "four seats and sixteen beliefs": ("public-goods", "--agent", "rational"),
    "many deeds in a step": ("raid", "--agent", "random", "--set", "game.draws=4"),
    "what seats say of the world": (
        "escape-room-n", "--model", "scripted", "--set", "game.seats=3", "--set", "game.levers=1",
        "--protocol", "solo", "--set", "model.reasoning=world-model",
    ),
    "many steps": ("prisoners-dilemma", "--agent", "random", "--set", "game.rounds=20"),
}  # fmt: skip


def shown(run: RunFolder, width: int = 200) -> str:
    stream = StringIO()
    show(gather(run), Console(file=stream, width=width, color_system=None))
    return " ".join(stream.getvalue().split())


def thoughts(data: dict) -> list[str]:
    """Return what a seat said of the world beside an action."""
    thought = data.get("thought") or {}
    found = [thought.get("reason", "")]
    for statement in (thought.get("state") or []) + (thought.get("prediction") or []):
        fields = [f"{name} {value}" for name, value in statement["fields"].items()]
        found.append(f"{statement['kind']} ({', '.join(fields)})")
    return found


def traces(event: dict) -> list[str]:
    """Return patterns that the report must hold because of an event."""
    data, seat = event["data"], re.escape(str(event["seat"]))
    if event["kind"] == "forfeit":
        return [re.escape(clean(data["reason"], 300))]
    if event["kind"] == "act":
        deed = rf"step {data['step']}\b.*{seat}[^;]* {re.escape(data['action'])} \("
        return [deed, *(re.escape(text) for text in thoughts(data))]
    if event["kind"] == "reward":
        found = [number(paid, sign=True) for paid in data["rewards"].values()]
        return [re.escape(text) for text in found]
    if event["kind"] == "transfer":
        amount = number(reward(data["micro"]))
        return [re.escape(f"{data['payer']} → {data['payee']} {amount}")]
    if event["kind"] == "sign":
        return ["signed by .*" + re.escape(name) for name in data["signatures"]]
    if event["kind"] not in ("say", "offer"):
        return []
    if "beliefs" in data:
        values = data["beliefs"]["values"].items()
        found = [f"v({label}) = {number(value)}" for label, value in values]
        found += [f"{name} {number(value)}" for name, value in data["phi"].items()]
        return [rf"{seat}[^v]* believes", *(re.escape(text) for text in found)]
    move = data["move"]
    found = [rf"{seat}[^:]* {VERBS[move['kind']]}", re.escape(clean(move["say"]))]
    for clause in (move.get("terms") or {}).get("clauses", ()):
        payer, payee = re.escape(clause["payer"]), re.escape(clause["payee"])
        price = re.escape(number(clause["price"]))
        if clause["unit"] == "share":
            price = r"[\d.]+ %"
        found.append(
            rf"{payer}[^:]* pays [^:]*{payee}[^:]* {price}"
            rf"|{payee} is paid by [^:]*{payer}[^:]* {price}"
        )
    return found


@pytest.mark.parametrize("play", PLAYS.values(), ids=PLAYS)
def test_every_event_is_findable(cli, play):
    code, out, err = cli("play", *play, "--json")
    assert code == 0, err
    run = RunFolder.open(json.loads(out)["run"])
    text = shown(run)
    events = list(run.events())
    assert {"act", "reward"} <= {event["kind"] for event in events}
    speaks = any(event["data"].get("thought") for event in events)
    assert speaks == ("model.reasoning=world-model" in play)
    for event in events:
        for pattern in traces(event):
            assert re.search(pattern, text), (event, pattern)
    # Other renderers say the same lines.
    plain = markdown.render(gather(run)).replace("\\", "")
    for line in gather(run).dialogue:
        assert markdown.escape(line.does).replace("\\", "") in plain


def test_a_table_that_opens_again_stands_before_its_step(cli):
    code, out, _ = cli("play", *PLAYS["tables that open again"], "--json")
    assert code == 0
    text = shown(RunFolder.open(json.loads(out)["run"]))
    marks = [
        "Before play",
        "step 0",
        "Before step 1",
        "step 1",
        "Before step 2",
        "After play",
    ]
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)
