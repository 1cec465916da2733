"""The command `train`."""

import json
import re

import pytest

from shapley_coop.cli.main import main
from shapley_coop.llm import weights
from shapley_coop.llm.backends.policy import COOP_FOLDER
from tests.rl.training.small import stand_in


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    pytest.importorskip("gguf")
    stand_in(monkeypatch, tmp_path)
    monkeypatch.setattr(weights, "location", lambda name: tmp_path / "there.gguf")
    (tmp_path / "there.gguf").touch()


def command(tmp_path, *more):
    runs = ["--runs-dir", str(tmp_path / "runs")]
    few = ["-n", "2", "--passes", "1", "--device", "cpu", "--evaluate", "0"]
    return ["train", "escape-room", *few, *runs, *more]


def test_json_holds_what_scripts_rely_on(tmp_path, capsys):
    main(command(tmp_path, "--policy", "language", "--imitate", "rational", "--json"))
    out, err = capsys.readouterr()
    shown = json.loads(out)
    assert set(shown) == {"run", "curve", "evaluation", "seconds", "device"}
    assert shown["curve"][0]["loss"] > 0
    assert shown["device"].startswith("CPU")
    assert err == ""
    card = json.loads((tmp_path / shown["run"] / "card.json").read_text())
    assert card["imitates"] == "rational"
    assert card["base"] == "smollm2"


def test_a_person_is_told_how_it_goes_and_how_to_seat_it(tmp_path, capsys):
    main(command(tmp_path))
    out, err = capsys.readouterr()
    assert "episode 2 of 2" in err
    assert "--seat player_0=policy:" in out


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--imitate", "llm"], "asks a model or a person"),
        (["--imitate", "human"], "asks a model or a person"),
        (["--imitate", "policy:nowhere"], "no trained policy"),
        (["--seconds", "0"], "seconds is 0; give a number above 0"),
        (["--seconds", "nan"], "seconds is nan; give a number above 0"),
        (["--imitate", "ratoinal"], "rational"),
        (["--device", "tpu"], "auto, cpu, cuda"),
        (["--imitate", "rational", "--pay", "team"], "which is what --pay asked for"),
        (["--rank", "8", "--rounds", "1"], "which is what --rounds asked for"),
        (["--networks", "shared"], "or take --policy recurrent"),
        (["--from", "runs/x"], "--episodes: this says how is played to learn"),
    ],
)
def test_what_cannot_be_trained_is_told(tmp_path, capsys, more, says):
    with pytest.raises(SystemExit) as ending:
        main(command(tmp_path, *more))
    assert ending.value.code == 2
    assert says in capsys.readouterr().err
    assert not list(tmp_path.glob("runs/*"))


LANGUAGE = f"policy:{COOP_FOLDER}"
POLICY = "policy:mine"
RECURRENT = (
    *("train", "escape-room-n", "--policy", "recurrent", "--protocol", "solo"),
    *("--set", "game.seats=2", "--set", "game.levers=1", "-n", "64"),
)


def test_a_recurrent_policy_is_trained_listed_and_seated(tmp_path, capsys):
    runs = ["--runs-dir", str(tmp_path / "runs")]
    asked = ["--pay", "shapley", "--credit", "shapley*gae", "--evaluate", "1"]
    main([*RECURRENT, *asked, *runs, "--json"])
    out, err = capsys.readouterr()
    shown = json.loads(out)
    assert set(shown) == {"run", "curve", "evaluation", "seconds", "device"}
    last = shown["curve"][-1]
    assert last["episode"] == 64
    assert last["mean_total"] == pytest.approx(sum(last["mean_by_seat"].values()))
    assert shown["evaluation"]["episodes"] == 1
    assert err == ""

    policy = f"policy:{shown['run']}"
    main(["models", *runs, "--json"])
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows[policy]["about"] == (
        "A policy for escape-room-n, trained by pay shapley."
    )
    main(["models", "card", policy, "--json"])
    assert json.loads(capsys.readouterr().out)["kind"] == "recurrent"
    main(["models", "card", policy])
    out = capsys.readouterr().out
    assert "pay: The pot is divided by the Shapley values" in out
    assert "How it learned" in out
    assert "How it played" in out

    game = ["escape-room-n", "--set", "game.seats=2", "--set", "game.levers=1"]
    seated = ["--seat", f"player_0={policy}", "--agent", "selfish"]
    main(["play", *game, *seated, "--protocol", "solo", *runs, "--json"])
    out, err = capsys.readouterr()
    assert json.loads(out)["status"] == "done"
    assert err == ""


def test_a_policy_below_a_home_is_found_by_every_command(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    runs = ["--runs-dir", str(tmp_path / "runs"), "--json"]
    main([*RECURRENT, "--evaluate", "0", *runs])
    trained = tmp_path / json.loads(capsys.readouterr().out)["run"]
    trained.rename(tmp_path / "mine")
    policy = "policy:~/mine"

    main([*RECURRENT, "--evaluate", "0", "--opponents", policy, *runs])
    beside = json.loads(capsys.readouterr().out)["run"]
    card = json.loads((tmp_path / beside / "card.json").read_text())
    assert card["order"]["opponents"] == policy

    game = ["escape-room-n", "--set", "game.seats=2", "--set", "game.levers=1"]
    main(["play", *game, "--agent", policy, "--protocol", "solo", *runs])
    assert json.loads(capsys.readouterr().out)["status"] == "done"

    main(["evaluate", policy, "-n", "1", "--best-response", "16", *runs])
    responses = json.loads(capsys.readouterr().out)["best_responses"]
    assert [response["seat"] for response in responses[policy]] == [
        "player_0",
        "player_1",
    ]


def test_one_update_has_no_first_and_last_figure(tmp_path, capsys):
    runs = ["--runs-dir", str(tmp_path / "runs"), "--evaluate", "1"]
    main([*RECURRENT, *runs])
    out, err = capsys.readouterr()
    assert re.search(r"^total: -?\d+\.\d\d$", out, re.MULTILINE)
    assert "in 1 episode\n" in out
    assert "playing 1 episode of escape-room-n" in err
    main([*RECURRENT, "-n", "128", *runs])
    assert re.search(
        r"^total: \S+ at first, \S+ at last$", capsys.readouterr().out, re.MULTILINE
    )


def test_a_policy_that_learned_something_else_is_told_once(tmp_path, capsys):
    runs = ["--runs-dir", str(tmp_path / "runs")]
    main([*RECURRENT, "--evaluate", "0", *runs, "--json"])
    policy = f"policy:{json.loads(capsys.readouterr().out)['run']}"
    note = (
        f"{policy} learned escape-room-n with horizon=5 under solo, and plays it with "
        "horizon=6 under talk here"
    )
    sizes = [f"game.{size}" for size in ("seats=2", "levers=1", "horizon=6")]
    common = ["--protocol", "talk", *runs]
    for size in sizes:
        common += ["--set", size]
    play = ["play", "escape-room-n", "--agent", policy, *common]
    for more in (["--json"], ["--json", "--dry-run"], ["--dry-run"]):
        main([*play, *more])
        out, err = capsys.readouterr()
        assert err == f"note: {note}\n"
        assert note not in out
    main([*play, "--quiet"])
    out, err = capsys.readouterr()
    assert err == f"note: {note}\n"
    # A report of a run says it too, also when the policy is gone.
    assert "note" in out
    assert "horizon=6 under talk here" in " ".join(out.split())
    matches = ["tournament", "escape-room-n", policy, "rational", "-n", "1"]
    main([*matches, *common, "--dry-run", "--quiet"])
    assert capsys.readouterr().err == f"note: {note}\n"


@pytest.mark.parametrize(
    "asked",
    [
        ["play", "chicken", "--agent", POLICY],
        ["play", "chicken", "--model", POLICY, "--seat", "player_1=rational"],
        ["demo", "chicken", "--model", POLICY],
        ["swe", "bmi-calculator-0", "--agent", POLICY],
        ["tournament", "chicken", POLICY, "rational"],
        ["evaluate", POLICY, "--game", "chicken"],
    ],
)
def test_every_command_that_plays_tells_what_a_policy_learned(
    tmp_path, monkeypatch, capsys, asked
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    card = {"kind": "language", "base": "smollm2", "games": ["stag-hunt"]}
    (tmp_path / "mine" / "card.json").write_text(json.dumps(card))
    # Its adapter is missing, so nobody is asked.
    with pytest.raises(SystemExit):
        main([*asked, "--runs-dir", "runs"])
    out, err = capsys.readouterr()
    assert err.count(f"note: {POLICY} learned stag-hunt, and plays ") == 1
    assert "adapter" in out + err


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--imitate", "rational"], "--imitate means nothing"),
        (["stag-hunt"], "learns one game"),
        (["--set", "worth.baseline=rational"], "means nothing to reinforcement"),
        (["--pay", "shapely"], "shapley"),
        (["--opponents", "policy:nowhere"], "no trained policy"),
    ],
)
def test_what_a_recurrent_policy_cannot_be_is_told(tmp_path, capsys, more, says):
    with pytest.raises(SystemExit) as ending:
        main([*RECURRENT, *more, "--runs-dir", str(tmp_path)])
    assert ending.value.code == 2
    assert says in capsys.readouterr().err


def test_the_card_of_the_shipped_policy_is_shown(capsys):
    main(["models", "card", "smollm2-coop", "--json"])
    assert json.loads(capsys.readouterr().out)["base"] == "smollm2"
    main(["models", "card", "smollm2-coop"])
    out = capsys.readouterr().out
    assert "imitates: rational" in out
    # Both the policy and its base were measured, and rows say whose they are.
    assert re.search(r"smollm2-coop +escape-room", out)


def test_a_policy_is_evaluated_where_it_was_trained_and_its_exploiters_too(
    tmp_path, capsys
):
    runs = ["--runs-dir", str(tmp_path / "runs")]
    main([*RECURRENT, "--evaluate", "0", *runs, "--json"])
    policy = f"policy:{json.loads(capsys.readouterr().out)['run']}"
    asked = ["--against", "itself", "--against", "breaker", "--best-response", "16"]
    main(["evaluate", policy, *asked, "-n", "3", *runs, "--json"])
    shown = json.loads(capsys.readouterr().out)
    assert shown["status"] == "done"
    alone, beside = shown["rows"]
    assert (alone["against"], beside["against"]) == ("itself", "breaker")
    assert alone["game"] == "escape-room-n,seats=2,levers=1"
    assert beside["episodes"] == 3
    assert set(beside["measures"]) == {
        *("success", "total", "payoff", "rational", "others_rational")
    }
    responses = shown["best_responses"][policy]
    assert [response["seat"] for response in responses] == ["player_0", "player_1"]

    main(["evaluate", policy, "-n", "3", "--best-response", "16", *runs])
    out = capsys.readouterr().out
    assert "16 episodes in which all others play the policy, and 200 further" in (
        " ".join(out.split())
    )
    out = out[: out.index("What a seat could gain")]
    assert "at escape-room-n,seats=2,levers=1 against itself" in out.replace("\n", "")
    assert "trained on" in out
    assert out.rstrip().endswith("escape-room-n,seats=2,levers=1")
    # It was played before, so nothing is played again.
    assert len(list((tmp_path / "runs" / "evaluations").glob("*/run.json"))) == 2


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (["rational"], "--game"),
        (["rational", "--game", "escape-room", "--best-response", "9"], "recurrent"),
        ([LANGUAGE, "--game", "escape-room", "--best-response", "9"], "`tournament`"),
        (["policy:nowhere"], "no trained policy"),
        (["rational", "--game", "escape-rom"], "escape-room"),
        (["rational", "rational", "--game", "escape-room"], "named once"),
    ],
)
def test_what_cannot_be_evaluated_is_told(tmp_path, capsys, asked, says):
    with pytest.raises(SystemExit) as ending:
        main(["evaluate", *asked, "--runs-dir", str(tmp_path)])
    assert ending.value.code == 2
    assert says in capsys.readouterr().err
