"""A team at work: real files, real tests, and a fault is a note that its seat can act on."""

from dataclasses import replace

import pytest

import shapley_coop as sc
from shapley_coop.credit.worth.replay import replay
from shapley_coop.errors import ConfigError, IllegalMove
from shapley_coop.records import join_text
from swe_sim.sandbox import Limits
from swe_sim.tasks import task
from swe_sim.team import judging
from swe_sim.team.game import VALUE, SoftwareTeam

TASK = task("bmi-calculator-0")
SOLUTION = TASK.reference["bmi.py"]
BRIEF = "Write bmi.py: body_mass_index, category and most_extreme."


def step(game, **deeds):
    """Take a step in which all seats idle but those that are named."""
    joint = dict.fromkeys(game.agents, "idle")
    for seat, deed in deeds.items():
        joint[seat] = deed if isinstance(deed, str) else join_text(*deed)
    return game.apply(joint)


def until(game, phase):
    """Idle until a phase begins."""
    while game.facts(game.seats[0])["phase"] != phase:
        step(game)
    return game


def finish(game):
    last = None
    while game.agents:
        last = step(game)
    return last


def coding(*roles):
    game = SoftwareTeam(roles=roles or ("cpo", "programmer_0", "reviewer", "tester"))
    return until(game, "coding")


def test_a_solution_is_paid_to_the_first_seat():
    game = coding()
    step(game, programmer_0=("write:bmi.py", SOLUTION))
    last = finish(game)
    assert last.rewards == {**dict.fromkeys(game.seats, 0.0), "cpo": VALUE}
    assert {"passed", "delivered", "wrote:bmi.py:programmer_0"} <= game.outcomes()
    assert game.facts("tester")["result"]["rate"] == 1.0


def test_a_wrong_program_is_paid_by_what_passes():
    game = coding()
    wrong = SOLUTION.replace("return", "return not", 1)
    step(game, programmer_0=("write:bmi.py", wrong))
    last = finish(game)
    assert 0 <= last.rewards["cpo"] < VALUE
    assert "passed" not in game.outcomes()
    held = {name for name in game.outcomes() if name.startswith("test:")}
    assert len(held) < len(TASK.expected)


def test_roles_read_what_is_theirs():
    game = coding()
    assert game.facts("cpo")["spec"] == TASK.spec
    assert "spec" not in game.facts("programmer_0")
    assert "tree" not in game.facts("cpo")
    hidden = next(iter(TASK.tests.values()))
    for seat in game.seats:
        assert hidden not in str(game.facts(seat))


def test_the_brief_is_what_the_programmer_reads():
    game = SoftwareTeam()
    step(game, cpo=("brief", BRIEF))
    until(game, "coding")
    assert game.facts("programmer_0")["brief"] == BRIEF


@pytest.mark.parametrize("seat", ["cpo", "reviewer", "tester"])
@pytest.mark.parametrize("deed", ["write:bmi.py\nx = 1", "patch\n--- a", "run_tests"])
def test_who_does_not_code_has_no_move_that_writes(seat, deed):
    game = coding()
    with pytest.raises(IllegalMove):
        step(game, **{seat: deed})
    assert game.world.tree == {}


def test_code_that_a_reviewer_runs_cannot_write_the_product():
    game = coding()
    step(game, programmer_0=("write:bmi.py", SOLUTION))
    until(game, "review")
    script = (
        "import bmi, os\n"
        "try:\n    open('bmi.py', 'w').write('broken')\n"
        "except OSError as error:\n    print('refused')\n"
        "print(bmi.__name__, os.listdir('.'))\n"
    )
    step(game, reviewer=("run_code", script))
    output = game.facts("reviewer")["output"]
    assert "refused" in output
    assert "bmi.py" in output
    assert game.world.tree == {"bmi.py": SOLUTION}


def test_code_that_never_ends_is_ended_and_said(monkeypatch):
    monkeypatch.setattr(judging, "LIMITS", Limits(wall=1.0))
    game = coding()
    step(game, programmer_0=("run_code", "while True: pass"))
    assert "ended by the limit" in game.facts("programmer_0")["output"]


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (("patch", "--- a/bmi.py\n+++ b/bmi.py\n@@ -1 +1 @@\n-x\n+y\n"), "patch"),
        (("patch", "nothing of a patch"), "patch"),
        (("patch", "--- /dev/null\n+++ b/../x.py\n@@ -0,0 +1 @@\n+x\n"), ".."),
        (("patch", "--- /dev/null\n+++ b/other.py\n@@ -0,0 +1 @@\n+x\n"), "bmi.py"),
        (
            ("patch", "--- /dev/null\n+++ b/tests/test_hidden.py\n@@ -0,0 +1 @@\n+x\n"),
            "tests",
        ),
        ("write:bmi.py", "without a text"),
    ],
)
def test_a_fault_is_a_note_and_changes_nothing(deed, words):
    game = coding()
    step(game, programmer_0=deed)
    notes = game.facts("programmer_0")["notes"]
    assert len(notes) == 1
    assert words in notes[0]
    assert game.world.tree == {}
    # The note is of the last step alone.
    step(game)
    assert game.facts("programmer_0")["notes"] == []


def test_a_patch_that_applies_is_written():
    game = coding()
    step(game, programmer_0=("write:bmi.py", "x = 1\ny = 2\n"))
    patch = "--- a/bmi.py\n+++ b/bmi.py\n@@ -1,2 +1,2 @@\n x = 1\n-y = 2\n+y = 3\n"
    step(game, programmer_0=("patch", patch))
    assert game.world.tree == {"bmi.py": "x = 1\ny = 3\n"}


def test_an_assigned_file_is_its_assignees():
    game = SoftwareTeam(roles=("cto", "programmer_0", "programmer_1"))
    step(game, cto=("assign", "bmi.py: programmer_1\nbmi.py: somebody\nhm"))
    notes = game.facts("cto")["notes"]
    assert len(notes) == 2
    until(game, "coding")
    assert "write:bmi.py" not in game.legal("programmer_0")
    assert "write:bmi.py" in game.legal("programmer_1")
    patch = "--- /dev/null\n+++ b/bmi.py\n@@ -0,0 +1 @@\n+x = 1\n"
    step(game, programmer_0=("patch", patch))
    assert "assigned to programmer_1" in game.facts("programmer_0")["notes"][0]
    assert game.world.tree == {}


def test_a_rejection_calls_for_new_prices_and_for_mending():
    game = coding()
    step(game, programmer_0=("write:bmi.py", "x = 1\n"))
    until(game, "review")
    assert not game.reopens()
    step(game, reviewer=("reject", "there is nothing in it"))
    assert game.reopens()
    assert game.legal("programmer_0") == ["idle"]
    assert game.legal("reviewer") == ["idle"]
    until(game, "mending")
    assert not game.reopens()
    assert "write:bmi.py" in game.legal("programmer_0")
    assert game.facts("programmer_0")["remarks"][-1]["text"] == "there is nothing in it"
    step(game, programmer_0=("write:bmi.py", SOLUTION))
    assert not game.reopens()
    until(game, "test")
    step(game, tester="run_tests")
    assert not game.reopens()
    assert "tested" in game.outcomes()
    step(game, tester="approve")
    assert "approved" not in game.outcomes()
    until(game, "mending")
    # This time there is nothing to mend.
    assert game.legal("programmer_0") == ["idle"]
    finish(game)
    assert game.verdict().rate == 1.0


def test_a_failed_test_run_calls_for_new_prices():
    game = coding()
    until(game, "test")
    step(game, tester="run_tests")
    assert game.reopens()
    tests = game.facts("tester")["tests"]
    assert (tests["passed"], tests["of"] > 0) == (0, True)


def test_any_subset_is_a_team_that_keeps_the_time_of_the_whole_one():
    whole = SoftwareTeam()
    for seats in (("reviewer",), ("programmer_0",), ("ceo", "tester")):
        game = whole.restrict(seats)
        finish(game)
        assert game.clock == whole.horizon
        assert game.lead == seats[0]
        alone = SoftwareTeam(roles=seats)
        # A team that never had the others has no phases for them.
        assert alone.horizon < whole.horizon


def test_replayed_members_do_at_the_same_time_what_they_did():
    game = SoftwareTeam()
    steps = []
    while game.agents:
        deeds = {}
        phase = game.facts("ceo")["phase"]
        if phase == "coding" and not game.world.authors:
            deeds = {"programmer_0": ("write:bmi.py", "x = 1\n")}
        if phase == "review":
            deeds = {"reviewer": ("reject", "no")}
        if phase == "mending" and game.world.wanting:
            deeds = {"programmer_0": ("write:bmi.py", SOLUTION)}
        legal = {s: d for s, d in deeds.items() if len(game.legal(s)) > 1}
        steps.append(step(game, **legal))
    worth = replay(SoftwareTeam(), 0, steps, rule="removed")
    seats = list(game.seats)
    # Without the reviewer nothing is mended.
    for members, value in (
        (("programmer_0", "reviewer"), VALUE),
        (("programmer_0",), 0.0),
        (("reviewer", "tester"), 0.0),
    ):
        row = [seat in members for seat in seats]
        assert worth.values([row])[0] == value


def test_a_team_that_cannot_write_is_worth_the_starting_tree():
    game = SoftwareTeam()
    assert game.worth_twin(("tester", "ceo")) == game.worth_twin(("reviewer",))
    assert game.worth_twin(("programmer_0", "ceo")) == ("programmer_0", "ceo")
    paid = SoftwareTeam(cost=1.0)
    assert paid.worth_twin(("tester", "ceo")) == ("tester", "ceo")


def test_a_turn_costs_what_the_game_says():
    game = SoftwareTeam(cost=2.0)
    rewards = step(game, cpo=("brief", BRIEF)).rewards
    assert rewards["cpo"] == -2.0
    assert rewards["ceo"] == 0.0


def test_alone_a_programmer_reads_all():
    game = SoftwareTeam(solo=2)
    assert game.facts("programmer_0")["spec"] == TASK.spec
    last = step(game, programmer_0=("write:bmi.py", SOLUTION))
    last = step(game, programmer_0="hand_over")
    assert last.rewards == {"programmer_0": VALUE}
    assert not game.agents


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"task": "no-such-0"}, "no-such"),
        ({"roles": ("boss",)}, "boss"),
        ({"roles": ()}, "1 to 12"),
        ({"roles": "ceo"}, "1 to 12"),
        ({"roles": ("ceo", "ceo")}, "name of its own"),
        ({"solo": 0}, "solo"),
        ({"cost": -1.0}, "costs from 0"),
    ],
)
def test_what_cannot_be_a_team_is_refused(parameters, words):
    with pytest.raises(ConfigError, match=words):
        SoftwareTeam(**parameters)


def test_a_budget_that_is_used_up_leaves_idling_alone(monkeypatch):
    game = SoftwareTeam("bmi-calculator-0")
    monkeypatch.setattr(game, "task", replace(game.task, budget=2))
    game.start(0)
    assert game.turns_left() == 2
    talker = next(
        seat for seat in game.seats if {"comment", "brief"} <= set(game.legal(seat))
    )
    for left in (1, 0):
        joint = dict.fromkeys(game.agents, "idle")
        game.apply(joint | {talker: f"comment\nturn {left}"})
        assert game.turns_left() == left
        assert game.facts(talker)["turns_left"] == left
    assert {tuple(game.legal(seat)) for seat in game.agents} == {("idle",)}
    with pytest.raises(IllegalMove):
        game.apply(dict.fromkeys(game.agents, "idle") | {talker: "comment\nmore"})
    while game.agents:
        game.apply(dict.fromkeys(game.agents, "idle"))
    assert game.desk.turns.total() == 2


@pytest.mark.parametrize("name", ["bmi-calculator-0", "shop-stock-0", "key-store-0"])
def test_a_team_of_rules_needs_less_than_half_of_its_budget(tmp_path, name):
    run = sc.play(
        "software-team",
        agent="rule-team",
        runs_dir=tmp_path,
        settings={"game.task": name, "worth.kind": "replay"},
    )
    (episode,) = run.episodes
    assert 0 < episode.aftermath["turns"] < task(name).budget / 2
