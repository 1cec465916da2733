"""`shapley-coop swe`: tasks listed, a team played and compared, and figures that scripts read."""

import json
from pathlib import Path

import pytest

from shapley_coop.cli.main import main
from shapley_coop.credit.worth.rounds import PILOT
from swe_sim.team import aftermath, judging
from swe_sim.team.aftermath import Aftermath, Approvals

WORKER = "tests.swe_sim.team.workers:Worker"
BREAKER = "tests.swe_sim.team.workers:Breaker"


def one_aftermath(rate):
    shares = {"a": 0.75, "b": 0.25}
    return Aftermath(rate, 0.2, 3, {"reviewer": Approvals(2, 1)}, shares)


@pytest.fixture
def swe(tmp_path, capsys):
    def call(*words):
        main(["swe", *words, "--runs-dir", str(tmp_path / "runs")])
        return capsys.readouterr().out

    return call


def test_tasks_are_listed(swe):
    rows = json.loads(swe("--list", "--json"))
    assert {"id", "family", "difficulty", "impossible"} <= set(rows[0])
    assert len({row["id"] for row in rows}) == len(rows)
    assert "bmi-calculator-0" in swe("--list")


def team(swe, *words, task="bmi-calculator-0"):
    roles = "cpo,programmer_0,reviewer"
    return json.loads(
        swe(
            task,
            "--roles",
            roles,
            "--agent",
            WORKER,
            "--protocol",
            "solo",
            "--json",
            *words,
        )
    )


def test_a_team_that_solves_its_task(swe):
    figures = team(swe)
    assert figures["pass_rate"] == 1.0
    assert figures["retention"] == 1.0
    assert figures["false_approvals"] == {"reviewer": 0.0}
    assert figures["worth"]["kind"] == "rollout"
    by_team = {tuple(row["seats"]): row for row in figures["coalitions"]}
    assert len(by_team) == 8
    assert by_team["cpo", "programmer_0"]["value"] == 100.0
    assert all(row["n"] >= 1 for row in by_team.values())
    assert figures["credit"]["cpo"]["measured"] == pytest.approx(50.0)
    assert figures["credit"]["cpo"]["banzhaf"] == pytest.approx(50.0)
    assert figures["credit"]["reviewer"]["leave_one_out"] == 0.0
    assert figures["success_rate"] == 1.0
    evidence = {seat: row["evidence"] for seat, row in figures["credit"].items()}
    assert sum(evidence.values()) == pytest.approx(100.0)
    assert evidence["programmer_0"] > evidence["reviewer"] > 0


def test_one_seat_can_be_played_by_another(swe):
    figures = team(swe, "--seat", f"programmer_0={BREAKER}", "--seed", "3")
    assert figures["pass_rate"] == 0.0
    # The one who works alone is who programs in the team.
    assert figures["retention"] is None
    assert figures["false_approvals"] == {"reviewer": 1.0}
    assert figures["approvals"]["reviewer"] == {"given": 1, "wrong": 1}


def test_the_report_tells_the_same_in_words(swe):
    words = ("--agent", WORKER, "--protocol", "solo", "--roles", "cpo,programmer_0")
    text = swe("bmi-calculator-0", *words)
    assert "pass rate    100 % of the hidden tests" in text
    assert "retention    1.00 (team / alone)" in text
    assert "100.00  n 1     everyone\n" in text
    assert "before anybody worked" not in text


def test_what_was_there_before_is_told(swe):
    figures = team(swe, task="broken-ledger-0")
    assert 0 < figures["start_rate"] < 1
    assert figures["worth"]["empty"] == pytest.approx(100 * figures["start_rate"])


def test_what_is_known_may_end_the_plays(swe):
    figures = team(
        swe, "--agent", "tests.swe_sim.team.workers:Gambler", "--width", "90"
    )
    assert figures["worth"]["stopped_by"] == "95% intervals within +-90"
    plays = {tuple(row["seats"]): row["n"] for row in figures["coalitions"]}
    assert plays["cpo", "programmer_0"] == PILOT
    assert plays["cpo", "reviewer"] == plays[()] == 1
    assert figures["solo_pass_rate"] is not None


def test_the_worth_can_be_chosen(swe):
    figures = team(swe, "--worth", "replay", "--no-solo")
    assert figures["worth"]["kind"] == "replay"
    assert figures["solo_pass_rate"] is None


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ((), "no task is named"),
        (("no-such-task-1",), "no-such-task"),
        (("bmi-calculator-0", "--roles", "boss"), "boss"),
        (("bmi-calculator-0", "more"), "one task"),
        (("bmi-calculator-0", "--roles", "ceo,it's"), 'unknown role "it\'s"'),
        (('bmi"x-0',), "unknown task family 'bmi\"x'"),
    ],
)
def test_what_cannot_be_played_is_told(words, fault, tmp_path, capsys):
    with pytest.raises(SystemExit) as ending:
        main(["swe", *words, "--runs-dir", str(tmp_path)])
    assert ending.value.code
    assert fault in capsys.readouterr().err


def run_folder(tmp_path):
    """Return the folder of the only run that was begun, that of a programmer alone left out."""
    (folder,) = (tmp_path / "runs").iterdir()
    return str(folder)


@pytest.mark.parametrize("command", ["report", "resume"])
def test_whatever_reports_a_run_tells_of_its_team(swe, tmp_path, capsys, command):
    figures = team(swe)
    run = run_folder(tmp_path)
    main([command, run, "--json"])
    assert json.loads(capsys.readouterr().out) == figures
    main([command, run])
    assert "retention    1.00 (team / alone)" in capsys.readouterr().out


def test_the_page_of_a_run_tells_of_its_team(swe, tmp_path):
    pytest.importorskip("vl_convert")
    team(swe)
    page = tmp_path / "page.html"
    main(["report", run_folder(tmp_path), "--html", str(page)])
    assert "retention    1.00 (team / alone)" in page.read_text()


def test_a_cut_run_of_who_works_alone_is_continued(swe, tmp_path, capsys):
    figures = team(swe, "--episodes", "2")
    run = Path(run_folder(tmp_path))
    (alone,) = (run / "solo").iterdir()
    for name in ("episodes.jsonl", "events.jsonl"):
        file = alone / name
        file.write_bytes(file.read_bytes().splitlines(keepends=True)[0])
    manifest = json.loads((alone / "run.json").read_text())
    manifest |= {"status": "cancelled", "totals": {}}
    (alone / "run.json").write_text(json.dumps(manifest))
    main(["resume", str(run), "--json"])
    assert json.loads(capsys.readouterr().out) == figures
    assert len((alone / "episodes.jsonl").read_text().splitlines()) == 2


def test_records_of_other_versions_tell_of_their_team():
    kept = one_aftermath(0.5)._asdict()
    kept["approvals"] = {"reviewer": {"given": 2, "wrong": 1}}
    older = {name: kept[name] for name in kept if name != "work"}
    assert aftermath.aftermath_in(older) == one_aftermath(0.5)
    assert aftermath.aftermath_in({**kept, "later": 1}) == one_aftermath(0.5)
    assert aftermath.aftermath_in({"score": 3}) is None


def test_a_run_by_play_tells_of_its_team_too(tmp_path, capsys):
    words = ("--agent", WORKER, "--protocol", "solo", "--runs-dir", str(tmp_path))
    roles = ("--set", 'game.roles=["cpo", "programmer_0"]')
    main(["play", "software-team", *words, *roles, "--json"])
    figures = json.loads(capsys.readouterr().out)
    assert figures["pass_rate"] == 1.0
    assert figures["retention"] is None
    assert figures["credit"]["cpo"]["evidence"] > 0


def test_a_finished_play_is_not_played_again_for_its_figures(
    swe, tmp_path, monkeypatch
):
    team(swe)
    run = run_folder(tmp_path)

    def refuse(*_arguments, **_options):
        raise AssertionError("a report ran tests")

    monkeypatch.setattr(judging, "hidden_verdict", refuse)
    monkeypatch.setattr(aftermath, "work_shares", refuse)
    main(["report", run, "--json"])
