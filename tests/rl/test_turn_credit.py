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
    for word in ("player_0", "player_1", "player_2", "turn 0"):
        assert word in out


@pytest.mark.parametrize(
    ("spec", "meaning", "told"),
    [
        ("gae(lam=0)", "own", None),
        ("shapley*gae(lam=0)", "own", None),
        ("bi_level_gae(lam_turn=0)", "own", None),
        ("gae", "onward", "from there on"),
        ("shapley", "onward", "from there on"),
        ("shapley(form=return)", "onward", "from there on"),
        ("turn_wise_gae", "onward", "from there on"),
        ("no_concat_gae", "onward", "from there on"),
        ("min_form", "onward", "from there on"),
        ("min_form_rloo", "onward", "from there on"),
        ("grpo", "relative", "compares with others"),
        ("shapley*gigpo", "relative", "compares with others"),
        ("tests.rl.credit.test_parameters:Scaled", None, "does not say whether"),
    ],
)
def test_only_what_adds_up_is_summed(report, spec, meaning, told):
    code, out, err = report("--credit", spec)
    assert (code, err) == (0, "")
    has_sums = any(
        line.startswith("┃") and " sum " in line for line in out.splitlines()
    )
    assert has_sums == (told is None)
    if told:
        assert told in " ".join(out.split())
    found = json.loads(report("--credit", spec, "--json")[1])
    assert (found["meaning"], found["lone"]) == (meaning, False)


def test_sums_of_own_credit_are_what_the_seat_earned(run, report):
    for episode in RunFolder.open(run).episodes():
        _, out, _ = report(
            "--credit", "gae(lam=0)", "--episode", episode.index, "--json"
        )
        earned = {}
        for turn in json.loads(out)["turns"]:
            earned[turn["seat"]] = earned.get(turn["seat"], 0.0) + turn["credit"]
        assert earned == pytest.approx(
            {s: sum(step.rewards[s] for step in episode.steps) for s in earned}
        )


@pytest.fixture(scope="module")
def lone_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lone")
    main(
        [
            *("play", "task-market", "--agent", "random", "--protocol", "solo"),
            *("-n", "1", "--runs-dir", str(folder), "--json"),
        ]
    )
    (path,) = Path(folder).iterdir()
    return path


@pytest.mark.parametrize("spec", ["grpo", "shapley*gigpo"])
def test_a_lone_episode_is_told_that_it_is_compared_with_none(lone_run, capsys, spec):
    main(["report", str(lone_run), "--credit", spec])
    told = " ".join(capsys.readouterr().out.split())
    assert "No other episode of this run began in the same state" in told
    main(["report", str(lone_run), "--credit", spec, "--json"])
    assert json.loads(capsys.readouterr().out)["lone"] is True
    # What compares with nobody needs nobody.
    main(["report", str(lone_run), "--credit", "gae"])
    assert "No other episode" not in capsys.readouterr().out


def test_the_scales_of_the_min_form_fit_each_other(lone_run, capsys):
    def credit(*options):
        main(["report", str(lone_run), "--credit", *options, "--json"])
        turns = json.loads(capsys.readouterr().out)["turns"]
        return [turn["credit"] for turn in turns]

    fitted = credit("min_form(form=strict,baseline=none)")
    # Rewards here are tens of units, yet neither the minimum nor the outcome drowns the other.
    assert max(map(abs, credit("gae"))) > 10
    assert 0.1 < max(map(abs, fitted)) < 3
    assert fitted != pytest.approx(credit("min_form(use_process=false)"))
    blunt = credit("min_form(form=strict,baseline=none)", "--process-scale", "1e9")
    assert max(map(abs, blunt)) < 1e-6


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
        (("--credit", "grpo", "--process-scale", "3"), "leave it out"),
        (("--credit", "min_form", "--process-scale", "0"), "above 0, got 0.0"),
        (("--credit", "min_form", "--process-scale", "nan"), "above 0, got nan"),
        (("--process-scale", "3"), "--process-scale is about credit over time"),
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
