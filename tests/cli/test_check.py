"""`check`: what somebody else's game or agent keeps of what is asked of all."""

import json
import os
import subprocess
import sys

import pytest

from tests.architecture.source import ROOT
from tests.docs.pages import fences
from tests.fixtures.command_line import cli

__all__ = ["cli"]  # a fixture

GAME = "tests.fixtures.broken.games"
AGENT = "tests.fixtures.broken.agents"
SHOPKEEPER = ROOT / "examples" / "shopkeeper.py"
TUTORIAL = (ROOT / "docs" / "agents-tutorial.md").read_text(encoding="utf-8")


def verdicts(cli, *arguments):
    code, out, err = cli("check", *arguments, "--json")
    rows = json.loads(out)
    assert code == (1 if any(row["status"] == "failed" for row in rows) else 0)
    assert "Traceback" not in err
    return {row["check"]: row for row in rows}


def test_a_sound_game_holds_every_check_and_nothing_else_is_printed(cli):
    code, out, err = cli("check", "examples.bridge:Bridge", "--set", "game.seats=3")
    assert code == 0
    lines = out.splitlines()
    assert all(line.startswith("ok ") for line in lines[:-1])
    assert lines[-1] == f"{len(lines) - 1} of {len(lines) - 1} checks hold"
    assert err == ""


@pytest.mark.parametrize(
    ("game", "check", "words"),
    [
        ("FactsRaise", "facts_and_masks_agree", "FactsRaise.facts('rider_1') failed"),
        ("AdvanceReturnsArray", "same_seed_same_episode", "returned ndarray"),
        ("PlanOfTexts", "plan_reaches_worth", "as the plan of 'rider_0'"),
        ("OracleNumber", "plan_reaches_worth", "returned float 2.0"),
        ("WorldWithLock", "moments_come_back", "cannot be copied"),
        ("OutcomesText", "facts_and_masks_agree", "returned str 'there'"),
    ],
)
def test_a_broken_game_is_told_what_it_did(cli, game, check, words):
    rows = verdicts(cli, f"{GAME}:{game}")
    assert rows[check]["status"] == "failed"
    assert words in rows[check]["words"]


def test_a_sound_agent_holds_every_check(cli):
    rows = verdicts(cli, "selfish", "--game", "stag-hunt")
    assert {row["status"] for row in rows.values()} <= {"ok", "skipped"}
    assert rows["stag-hunt, the same again"]["status"] == "ok"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("ActPlain", "act is no coroutine"),
        ("NegotiateNegative", "negotiate failed at step 0: ValidationError"),
        ("FactoryRaises", "could not be made: ValueError: no seat for me"),
        ("Remembering", "goes otherwise without episode 0 before it"),
        ("Gambling", "goes otherwise without episode 0 before it"),
    ],
)
def test_a_broken_agent_is_told_what_it_did(cli, agent, words):
    rows = verdicts(cli, f"{AGENT}:{agent}", "--game", "escape-room")
    failed = [row["words"] for row in rows.values() if row["status"] == "failed"]
    assert any(words in text for text in failed)


def test_an_agent_that_never_gets_to_the_end_repeats_nothing(cli):
    code, out, _ = cli("check", f"{AGENT}:AlwaysRaises", "--game", "escape-room")
    assert code == 1
    assert "skipped  escape-room, the same again: it does not play to the end" in out
    assert out.splitlines()[-1] == "0 of 5 checks hold, 1 do not apply"


def test_forfeits_are_counted_with_their_reason(cli):
    rows = verdicts(cli, f"{AGENT}:ModelGone", "--game", "escape-room")
    solo = rows["escape-room, without a word"]
    assert solo["status"] == "ok"
    assert "2 forfeits, the first: the line is busy" in solo["words"]


def test_the_traceback_is_shown_where_it_is_asked_for(cli):
    _, _, err = cli("check", f"{GAME}:FactsRaise", "--debug")
    assert "ZeroDivisionError" in err
    assert "in facts" in err


def test_a_language_model_is_checked_with_made_up_answers(cli):
    rows = verdicts(cli, "llm", "--game", "escape-room")
    assert {row["status"] for row in rows.values()} == {"ok"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nosuch",), "unknown game or agent 'nosuch'"),
        (("human",), "asks a person"),
        ((f"{GAME}:InitRaises",), "could not be made: KeyError: 'fuel'"),
        (("escape-room", "--game", "raid"), "--game is for agents"),
        (("random", "--set", "game.seats=3"), "--set is for games"),
        (("bridge",), "unknown game or agent 'bridge'"),
        (("random", "--game", "nosuch"), "unknown game 'nosuch'"),
    ],
)
def test_what_cannot_be_checked_is_refused(cli, arguments, words):
    code, _, err = cli("check", *arguments)
    assert code == 2
    assert words in err


def test_the_page_shows_the_agent_as_it_is_and_it_takes_twenty_lines():
    text = SHOPKEEPER.read_text(encoding="utf-8")
    assert f"```python\n{text}```" in TUTORIAL
    code = [line for line in text.splitlines() if line.strip()]
    assert len(code) <= 20


def test_the_agent_of_the_page_does_what_the_page_says(cli):
    (command, *_) = fences(TUTORIAL, "sh")
    words = command.split()[1:]
    code, out, _ = cli(*words, "--json")
    assert code == 0
    figures = json.loads(out)
    assert figures["mean_payoffs"] == {"player_0": 4.5, "player_1": 4.5}


def test_the_offer_of_the_page_can_be_made():
    blocks = [block for block in fences(TUTORIAL, "python") if "Propose(" in block]
    names: dict = {}
    exec(blocks[0], names)
    assert names["offer"].terms.clauses[0].price == 5.5


ENDLESS = """
import asyncio

from tests.fixtures.broken.agents import Rider
from tests.fixtures.broken.games import Bus


class Circle(Bus):
    def advance(self, actions):
        while True:
            pass


class Crawl(Bus):
    horizon = 1_000_000_000


class Sleeper(Rider):
    async def act(self, view):
        await asyncio.Event().wait()
"""


@pytest.mark.parametrize(
    "command",
    [
        ("endless:Circle",),
        ("endless:Crawl",),
        ("endless:Sleeper", "--game", "escape-room"),
    ],
)
def test_what_never_ends_is_told(tmp_path, command):
    (tmp_path / "endless.py").write_text(ENDLESS)
    # In a process of its own: an alarm may ring while whoever measures coverage holds a lock, which
    # nobody would ever give back.
    words = [sys.executable, "-m", "shapley_coop", "check", *command]
    done = subprocess.run(
        [*words, "--seconds", "0.2", "--json"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    rows = json.loads(done.stdout)
    failed = [row["words"] for row in rows if row["status"] == "failed"]
    assert any("takes longer than 0.2 seconds" in text for text in failed)


def test_a_name_that_nobody_knows_is_answered_with_games_and_agents(cli):
    code, _, err = cli("check", "rationl")
    assert code == 2
    assert "unknown game or agent 'rationl'; did you mean 'rational'?" in err
    assert "--set" not in err
