"""Runs side by side, and the demonstration that ends with them."""

import json
import re
import shlex
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.cells import cell_len

from shapley_coop.cli.demo import program

PLAY = ("play", "escape-room", "--json", "--agent")


@pytest.fixture
def two_runs(cli):
    runs = []
    for agent in ("rational", "selfish"):
        _, out, _ = cli(*PLAY, agent)
        runs.append(json.loads(out)["run"])
    return runs


@pytest.mark.parametrize("width", ["80", "120"])
def test_runs_stand_side_by_side(cli, two_runs, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", width)
    code, out, err = cli("compare", *two_runs)
    assert (code, err) == (0, "")
    assert max(cell_len(line) for line in out.splitlines()) <= int(width)
    flat = " ".join(out.split())
    for row in (
        "rational selfish",
        "success 1.00 0.00 -1.00",
        "welfare 9.00 -2.00 -11.00",
        "player_0, final 4.50 -1.00",
        "player_1, measured 4.50 -1.00",
        "rounds 1.00 0.00 -1.00",
    ):
        assert row in flat
    # Each figure stands once.
    assert flat.count(" success ") == flat.count(" welfare ") == 1
    assert "The same in both: " in flat


def test_means_are_of_the_plays_whose_difference_is_told(cli):
    play = ("play", "escape-room", "--json", "--agent", "random")
    runs = []
    for count in (6, 10):
        _, out, _ = cli(*play, "-n", count)
        runs.append(json.loads(out)["run"])
    _, out, _ = cli("compare", *runs, "--json")
    gaps = json.loads(out)["differences"][0]["measures"]
    for gap in gaps.values():
        if gap["value"] is not None:
            assert gap["second"] - gap["first"] == pytest.approx(gap["value"])
    assert gaps["welfare"]["counts"] == [6, 6]
    _, out, _ = cli("compare", *runs)
    flat = " ".join(out.split())
    assert "Other plays are left out of them." in flat


def test_seeds_of_two_games_are_no_pairs(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    runs = []
    for game, count in (("escape-room", 3), ("stag-hunt", 5)):
        play = ("play", game, "--json", "--agent", "random", "-n", count)
        runs.append(json.loads(cli(*play)[1])["run"])
    _, out, _ = cli("compare", *runs, "--json")
    welfare = json.loads(out)["differences"][0]["measures"]["welfare"]
    assert (welfare["paired"], welfare["counts"]) == (False, [3, 5])
    assert "3+5" in " ".join(cli("compare", *runs)[1].split())


def test_runs_say_how_their_credit_was_measured_and_when_it_differs(cli, two_runs):
    code, out, _ = cli("compare", *two_runs)
    flat = " ".join(out.split())
    for row in (
        "worth realised realised",
        "absence worst-reply worst-reply",
        "method shapley shapley",
        "episodes measured 1 of 1 1 of 1",
    ):
        assert row in flat
    assert "measured differently" not in flat
    assert "±" not in flat
    drawn = ("play", "escape-room", "--agent", "random", "--json", "-n", 4)
    _, out, _ = cli(*drawn, "--worth", "oracle")
    code, out, _ = cli("compare", two_runs[0], json.loads(out)["run"])
    flat = " ".join(out.split())
    assert code == 0
    assert "worth realised oracle" in flat
    assert "Credit was measured differently" in flat
    assert "± is one standard error" in flat
    assert re.search(r"player_0, final +4\.50 +-?\d+\.\d\d ± \d", out)


def test_runs_that_do_not_fit_stand_below_each_other_with_their_labels(
    cli, two_runs, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "60")
    code, out, _ = cli("compare", *two_runs, *two_runs)
    assert code == 0
    assert max(cell_len(line) for line in out.splitlines()) <= 60
    assert out.count("player_0, measured") == 4


def test_broken_promises_are_told_below_their_count(cli, two_runs):
    breaking = ("--seat", "player_1=breaker", "--json")
    _, out, _ = cli("play", "escape-room", "--agent", "rational", *breaking)
    code, out, _ = cli("compare", two_runs[0], json.loads(out)["run"])
    flat = " ".join(out.split())
    assert code == 0
    assert "breaches 0.00 1.00 +1.00" in flat
    assert (
        "rational and breaker: player_1 did not act as promised: player_0 pays player_1 5.50 if "
        "player_1 does lever at step 0"
    ) in flat


def test_runs_of_the_same_players_go_by_their_folders(cli, two_runs):
    code, out, _ = cli("compare", two_runs[0], two_runs[0])
    assert code == 0
    assert Path(two_runs[0]).name in out.replace("\n", "")


@pytest.mark.parametrize("width", [60, 80])
def test_titles_tell_long_names_apart_at_narrow_terminals(cli, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    runs = []
    for protocol in ("talk", "short-term"):
        _, out, _ = cli(*PLAY, "random", "-n", 2, "--protocol", protocol)
        runs.append(json.loads(out)["run"])
    names = [Path(run).name for run in runs]
    code, out, _ = cli("compare", *runs)
    flat = " ".join(out.split())
    assert code == 0
    assert f"What differs in the outcome: {names[1]} against {names[0]} ─" in flat
    assert max(map(cell_len, out.splitlines())) <= width
    # Above columns a word of each is left, which ends as the run does.
    measures = flat.split("measure ")[1].split()[:2]
    assert [word[-6:] for word in measures] == [name[-6:] for name in names]


def test_scripts_get_the_figures_of_each_run(cli, two_runs):
    code, out, _ = cli("compare", *two_runs, "--json")
    assert code == 0
    figures = json.loads(out)["runs"]
    assert [run["run"] for run in figures] == two_runs
    assert [run["mean_total"] for run in figures] == [9, -2]
    # Intervals stand at the estimates alone, so that no figure has two of them.
    assert not [key for run in figures for key in run if key.endswith("_interval")]
    _, out, _ = cli("report", two_runs[0], "--json")
    left_out = set(json.loads(out)) - set(figures[0])
    assert left_out == {
        "success_interval",
        "rounds_interval",
        "payoff_difference_interval",
    }


def test_what_differs_in_settings_and_outcome_is_told_with_counts(cli, two_runs):
    drawn = ("play", "escape-room", "--json", "-n", 12, "--agent")
    folders = [json.loads(cli(*drawn, who)[1])["run"] for who in ("random", "rational")]
    code, out, _ = cli("compare", *folders)
    flat = " ".join(out.split())
    assert code == 0
    assert "setting random rational" in flat
    assert "agent random rational" in flat
    assert "rational against random" in flat
    assert re.search(r"welfare -?\d+\.\d\d 9\.00 \+\d+\.\d\d \[\+\d", flat)
    assert "12 pairs" in flat
    assert "corrected by Holm's method" in flat
    code, out, _ = cli("compare", *folders, "--json")
    found = json.loads(out)
    assert [row["field"] for row in found["configuration"]] == ["agent"]
    welfare = found["differences"][0]["measures"]["welfare"]
    assert (welfare["n"], welfare["paired"], welfare["method"]) == (12, True, "bca")
    low, high = welfare["interval"]
    assert 0 < low < welfare["value"] < high
    # Six of the twelve pairs differ, all to the same side: twice 1 of 64 by a fair coin.
    assert welfare["p"] == pytest.approx(2 / 64)
    assert welfare["p"] < welfare["p_holm"] <= 1
    assert found["estimates"][1]["welfare"]["value"] == 9
    # One play a run tests nothing, and says so.
    code, out, _ = cli("compare", *two_runs)
    assert "Too few plays, or none with chance in them" in " ".join(out.split())


def test_runs_that_are_alike_differ_in_nothing(cli, two_runs):
    code, out, _ = cli("compare", two_runs[0], two_runs[0])
    flat = " ".join(out.split())
    assert code == 0
    assert "What differs in the configuration" in flat
    assert "Nothing." in flat


def test_one_run_is_not_compared(cli, two_runs):
    code, _, err = cli("compare", two_runs[0])
    assert code == 2
    assert "needs two runs or more, got 1" in err


def test_the_demonstration_plays_rules_then_a_model_and_its_commands_work(
    cli, monkeypatch
):
    monkeypatch.setattr(sys, "argv", ["shapley-coop"])
    monkeypatch.setattr(sys, "stdin", StringIO("0\n-1\n-1\n9\npositive\n" * 9))
    code, out, err = cli("demo", "escape-room", "--model", "scripted")
    assert (code, err) == (0, "")
    parts = ("played by rational", "played by scripted", "Side by side", "What next")
    places = [out.index(part) for part in parts]
    assert places == sorted(places)
    flat = " ".join(out.split())
    assert "rational llm, scripted" in flat
    lines = [line.strip() for line in out.splitlines()]
    commands = [line for line in lines if line.startswith(program())]
    assert len(commands) == 3
    for command in commands[:2]:
        code, shown, err = cli(*shlex.split(command)[1:])
        assert code == 0, err
        assert "over-claim" in shown
    assert "--seat player_1=human" in commands[2]


def test_nothing_but_a_path_is_wider_than_the_terminal(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys, "argv", ["shapley-coop"])
    code, out, _ = cli("demo", "escape-room", "--model", "scripted")
    assert code == 0
    for line in out.splitlines():
        is_command = line.strip().startswith(program())
        assert cell_len(line.rstrip()) <= 60 or is_command, line


def test_the_demonstration_for_scripts_is_one_object(cli):
    code, out, _ = cli("demo", "escape-room", "--model", "scripted", "--json")
    assert code == 0
    figures = json.loads(out)["runs"]
    assert figures[0]["success_rate"] == 1
    assert figures[1]["calls"] > 0


def test_commands_are_called_as_the_user_called_this_one(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", [".venv/bin/shapley-coop"])
    assert program() == ".venv/bin/shapley-coop"
    monkeypatch.setattr(sys, "argv", ["/x/shapley_coop/__main__.py"])
    assert program() == "python -m shapley_coop"
    there = tmp_path / "shapley-coop"
    there.write_text("")
    there.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [str(there)])
    assert program() == "shapley-coop"
