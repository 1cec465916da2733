"""Credit over time of a run folder: the report's heat map, its figures, and what it refuses."""

import json
from pathlib import Path

import pytest

from shapley_coop.cli.main import main
from shapley_coop.runs.store import RunFolder

EPISODES = 4


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    options = (
        "-n",
        str(EPISODES),
        "--worth",
        "replay",
        "--absence",
        "idle",
        "--protocol",
        "solo",
    )
    game = ("escape-room-n", "--set", "game.seats=3", "--set", "game.levers=1")
    main(
        [
            "play",
            *game,
            "--agent",
            "random",
            *options,
            "--runs-dir",
            str(folder),
            "--json",
        ]
    )
    (path,) = Path(folder).iterdir()
    return path


@pytest.fixture
def report(run, capsys):
    def call(*arguments):
        code = 0
        try:
            main(["report", str(run), *(str(a) for a in arguments)])
        except SystemExit as done:
            code = done.code or 0
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def test_shapley_credit_by_turn_sums_to_the_recorded_credit(run, report):
    for episode in RunFolder.open(run).episodes():
        code, out, _ = report(
            "--credit", "shapley", "--episode", episode.index, "--json"
        )
        assert code == 0
        found = json.loads(out)
        assert (found["credit"], found["episode"]) == ("shapley", episode.index)
        assert len(found["turns"]) == 3 * len(episode.steps)
        for turn in found["turns"]:
            assert turn["action"] == episode.steps[turn["turn"]].actions[turn["seat"]]
        # staying put earns nothing here, so the credit still to earn at turn 0 is all of it
        to_go = {t["seat"]: t["credit"] for t in found["turns"] if t["turn"] == 0}
        assert to_go == pytest.approx(episode.credit.values, abs=1e-9)


@pytest.mark.parametrize(
    "spec",
    [
        "shapley*gigpo",
        "shapley(form=return)*grpo",
        "gigpo(gamma=0.9)",
        "min_form",
        "shapley*bi_level_gae",
    ],
)
def test_the_heat_map_names_every_seat_and_turn(report, spec):
    code, out, err = report("--credit", spec)
    assert (code, err) == (0, "")
    assert f"Credit of episode 0 by {spec}" in out
    for word in ("player_0", "player_1", "player_2", "turn 0", "sum"):
        assert word in out


def test_composed_credit_differs_from_either_part(report):
    def credit(spec):
        return [
            t["credit"]
            for t in json.loads(report("--credit", spec, "--json")[1])["turns"]
        ]

    both = credit("shapley*gigpo")
    assert both != pytest.approx(credit("shapley"))
    assert both != pytest.approx(credit("gigpo"))


def test_states_of_a_run_are_also_grouped_by_likeness(report):
    """All states are alike at 0 and only equal ones at 1, where equal keys group the same rows."""

    def credit(spec):
        code, out, err = report("--credit", spec, "--json")
        assert code == 0, err
        return [turn["credit"] for turn in json.loads(out)["turns"]]

    by_key = credit("gigpo")
    assert credit("gigpo(similarity=1.0)") == pytest.approx(by_key)
    assert credit("gigpo(similarity=0)") != pytest.approx(by_key)


def test_a_report_says_when_nobody_can_know_the_world(report):
    code, out, _ = report("--credit", "gae", "--reward", "world-model")
    assert code == 0
    assert "World-model reward: none, because no language-model turn was scored." in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--credit", "shapely*gigpo"), "no method 'shapely'"),
        (("--credit", "gigpo(gamma)"), "key=value"),
        (("--credit", "gigpo(colour=3)"), "gigpo has no parameter 'colour'"),
        (("--credit", "shapley*spo_chain"), "use it without shapley*"),
        (
            ("--credit", "spo_chain", "--continue-with", "llm"),
            "asks a model or a person",
        ),
        (
            ("--credit", "spo_chain", "--continue-with", "human"),
            "asks a model or a person",
        ),
        (("--credit", "grpo", "--rollouts", "3"), "'grpo' samples nothing"),
        (
            ("--credit", "spo_tree", "--continue-with", "nobody"),
            "unknown agent 'nobody'",
        ),
        (
            ("--credit", "shapley", "--episode", "9"),
            "no played episode 9; played: 0, 1, 2, 3",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_line(report, arguments, told):
    code, out, err = report(*arguments)
    assert (code, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1


def test_without_torch_the_report_says_what_to_install(report, monkeypatch):
    monkeypatch.setattr("shapley_coop.cli.report.find_spec", lambda _name: None)
    code, _, err = report("--credit", "shapley")
    assert code == 2
    assert "pip install 'shapley-coop[rl]'" in err
