"""Twenty thousand answers of every kind through every reader, and whole runs on such answers."""

import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.gateway import server as steady
from shapley_coop.agents.llm import json_form, reasoning, tag_form
from shapley_coop.errors import IllegalMove
from shapley_coop.interfaces.model import Reply
from shapley_coop.interfaces.plugins import load
from shapley_coop.llm.replies import json_object, text_in_tags
from shapley_coop.records import Record
from shapley_coop.rl.evidence.judge import read_score
from tests.agents.rules.test_rational import table_view
from tests.fixtures.answers import as_text, odd_value, spoil

ANSWERS = 20_000
KINDS = load("games", "escape-room")().statement_kinds()
TABLE = table_view("player_0", ("propose", "counter", "accept", "reject", "intend"))
VALUED = replace(TABLE, coalitions=("nobody", "player_0", "everyone"))
SHARED = replace(TABLE, shares_of=("player_0", "player_1"))
SPLIT = replace(TABLE, table=replace(TABLE.table, phase="split"))
CLAUSE = {
    "transfer": "player_0 pays player_1",
    "price": 5.5,
    "unit": "percent",
    "when": {"due": "unless", "seat": "player_1", "action": "lever", "step": 0},
}
PLAN = [{"seat": "player_0", "actions": ["door"]}]
KEPT = {**CLAUSE, "when": {"due": "if", "keeps": "all"}}
FACTS = [{"kind": "door", "fields": {"open": True}}]
BELIEFS = {"reason": "", "pot": 9, "externality": "positive", "own": 1}


def reading(view, read):
    return lambda reply: read(json_object(reply), view)


def thought(mode):
    return lambda reply: reasoning.read_json(reply, TABLE, mode, KINDS, 1)


def tagged(read):
    return lambda reply: read(text_in_tags(reply), TABLE)


# Each reader with a right answer.
READERS = {
    "act": (reading(TABLE, json_form.read_action), {"reason": "x", "action": "door"}),
    "honour": (lambda reply: json_form.read_honour(json_object(reply)), {"pay": "yes"}),
    "offer": (
        reading(TABLE, json_form.read_move),
        {"move": {"kind": "propose", "clauses": [CLAUSE, CLAUSE], "say": "x"}},
    ),
    "plan": (
        reading(TABLE, json_form.read_move),
        {"move": {"kind": "propose", "plan": PLAN, "clauses": [KEPT], "say": "x"}},
    ),
    "answer": (reading(TABLE, json_form.read_move), {"move": {"kind": "accept"}}),
    "intent": (
        reading(TABLE, json_form.read_move),
        {"move": {"kind": "intend", "action": "door"}},
    ),
    "split": (
        reading(SPLIT, json_form.read_move),
        {"move": {"kind": "propose", "points": {"player_0": 1, "player_1": 2}}},
    ),
    "values": (
        reading(VALUED, json_form.read_beliefs),
        {**BELIEFS, "values": {"nobody": 0, "player_0": -1, "everyone": 9}},
    ),
    "shares": (
        reading(SHARED, json_form.read_beliefs),
        {**BELIEFS, "shares": {"player_0": 4, "player_1": 5}},
    ),
    "state": (thought("state"), {"state": FACTS, "reason": "", "action": "door"}),
    "prediction": (thought("world-model"), {"state": FACTS, "prediction": FACTS, "action": "door"}),
    "judge": (read_score, {"score": 0.5}),
    "tags": (tagged(tag_form.tagged_move), "<s>I agree because yes</s>"),
    "tagged action": (tagged(tag_form.tagged_action), "<s>door</s>"),
}  # fmt: skip


@pytest.mark.parametrize("name", READERS)
def test_a_right_answer_is_read(name):
    read, right = READERS[name]
    text = right if isinstance(right, str) else json.dumps(right)
    assert read(Reply(text=text)) is not None


@pytest.mark.parametrize("name", READERS)
def test_any_answer_is_read_or_refused_in_words(name):
    read, right = READERS[name]
    rng = np.random.default_rng(len(name))
    refused = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number in range(-(-ANSWERS // len(READERS))):
            value = odd_value(rng) if number % 5 == 0 else spoil(right, rng)
            text = as_text(value, rng)
            if isinstance(right, str):
                text = right.replace("door", text).replace("yes", text)
            finish = "length" if number % 50 == 0 else "stop"
            try:
                meant = read(Reply(text=text, finish=finish))
            except (ValueError, IllegalMove) as fault:
                refused += len(str(fault)) > 0
                continue
            if isinstance(meant, Record):
                # What is taken can be written down and read back.
                data = meant.model_dump_json().encode()
                assert type(meant).model_validate_json(data) == meant
    assert refused > 100


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"move": {"kind": "propose", "clauses": [{"price": 1e999}]}}', "too large"),
        ('{"score": ' + "9" * 400 + "}", "400 digits is too long"),
        ('{"pot": 1e308}', "externality"),
        ('{"a":' * 60 + "1" + "}" * 60, "levels deep"),
    ],
)
def test_the_fault_is_told(text, says):
    with pytest.raises(ValueError, match=says):
        json_form.read_beliefs(json_object(Reply(text=text)), VALUED)


def offer(**changes):
    clause = {**CLAUSE, **changes}
    clause.pop("transfer", None)
    return {
        "kind": "propose",
        "clauses": [{"payer": "player_0", "payee": "player_1"} | clause],
    }


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (offer(unit="%"), "unit is '%'; it must be one of: reward, percent"),
        (offer(unit="share"), "must be one of: reward, percent"),
        (offer(payee="Player_1"), "Player_1"),
        (offer(payee="рlayer_1"), "рlayer_1"),
        (offer(payee="boss"), "boss"),
        (offer(payee="all"), "all"),
        (offer(when={"due": "if", "seat": "player_1", "action": "fly"}), "fly"),
        ({"kind": "propose", "clauses": [CLAUSE] * 500}, "at most 2 clauses, not 500"),
        (
            {"kind": "propose", "clauses": [{**CLAUSE, "transfer": ["x"]}]},
            "transfer must",
        ),
    ],
)
def test_offers_that_a_table_would_refuse_are_asked_for_again(answer, says):
    with pytest.raises(ValueError, match=says):
        json_form.read_move(answer, TABLE)


def test_a_long_reason_is_cut_and_the_figures_are_kept():
    right = READERS["values"][1] | {"reason": "x" * 9000}
    beliefs = json_form.read_beliefs(right, VALUED)
    assert (len(beliefs.reason), beliefs.pot) == (2000, 9)
    assert json_form.read_beliefs(right | {"reason": [5]}, VALUED).reason == ""
    with pytest.raises(ValueError, match=r"must lie between -1e\+09"):
        json_form.read_beliefs(right | {"pot": 1e308}, VALUED)


class Hostile(steady.Server):
    """Answers by the schema that it is sent, of which some part is spoiled."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        super().__init__(self.spoiled)

    async def spoiled(self, question):
        text = steady.answer_text(question.body)
        if self.rng.random() < 0.7:
            text = as_text(spoil(json.loads(text), self.rng), self.rng)
        body = json.loads(steady.completion(text, (20, 5)))
        # A body may spell half of a character too, which only ASCII can.
        return steady.http(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("game", "extra"),
    [
        ("escape-room", ["--set", "model.reasoning=world-model"]),
        ("escape-room", ["--protocol", "shapley-coop"]),
        ("task-market", []),
    ],
)
def test_runs_on_such_answers_are_cut_resumed_replayed_and_reported(game, extra, cli):
    server = Hostile(len(game) + len(extra))
    command = ["play", game, "--model", f"{server.url}#m", "-n", 3, *extra]
    try:
        code, _, said = cli(*command, "--set", "model.output=schema", "--max-calls", 15)
        assert code == 3, said
        (run,) = Path("runs").iterdir()
        code, _, said = cli("resume", run, "--max-calls", 10_000)
        assert code == 0, said
    finally:
        server.stop()
    code, out, said = cli("replay", run)
    assert code == 0, out + said
    for way in (["report", run], ["report", run, "--json"]):
        code, out, said = cli(*way)
        assert code == 0, said
        assert "Traceback" not in out + said
