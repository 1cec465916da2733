"""The command `train`."""

import json

import pytest

from shapley_coop.cli.main import main
from shapley_coop.llm import weights
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
        (["--imitate", "llm"], "asks a model itself"),
        (["--imitate", "ratoinal"], "rational"),
        (["--device", "tpu"], "auto, cpu, cuda"),
    ],
)
def test_what_cannot_be_trained_is_told(tmp_path, capsys, more, says):
    with pytest.raises(SystemExit) as ending:
        main(command(tmp_path, *more))
    assert ending.value.code == 2
    assert says in capsys.readouterr().err
