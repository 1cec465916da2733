"""A package outside of the tree brings one of each thing that a plug-in can bring."""

import ast
import json
from pathlib import Path
from typing import get_args

import pytest

from shapley_coop.interfaces.plugins import Group
from tests.plugin.conftest import entry_points_by_group

PACKAGE = Path(__file__).parent / "shapley_coop_footbridge"
PLUGINS_SEE = {"errors", "records", "interfaces", "shapley"}
SOLO = ("--protocol", "solo")


def engine_packages(path):
    """Return the packages of shapley_coop that a file imports."""
    seen = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("shapley_coop."):
            seen.add(node.module.split(".")[1])
    return seen


def episodes(folder):
    """Return the records of the finished episodes of a run."""
    lines = (Path(folder) / "episodes.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda p: p.stem)
def test_the_plugin_imports_only_what_plugins_may(path):
    # A credit method works on tensors, so it sees the types of the learning side too.
    learns = {"rl"} if path.stem == "credit" else set()
    assert engine_packages(path) <= PLUGINS_SEE | learns


def test_every_group_of_entry_points_is_used_by_the_plugin():
    groups = {f"shapley_coop.{group}" for group in get_args(Group)}
    # A family makes games of ids; the games of this project use it.
    assert set(entry_points_by_group()) == groups - {"shapley_coop.families"}


@pytest.mark.parametrize(
    ("listing", "name"),
    [("games", "footbridge"), ("agents", "villager"), ("models", "village")],
)
def test_listings_show_what_the_plugin_brings(ask, listing, name):
    rows = {row["id"]: row for row in ask(listing)}
    assert rows[name]["about"].endswith(".")
    assert "cannot be loaded" not in rows[name]["about"]


def test_listings_show_the_parameters_of_the_plugins_game(ask):
    rows = {row["id"]: row for row in ask("games")}
    assert rows["footbridge"]["parameters"] == {"villagers": 3, "planks": 2}


def test_a_plugin_that_fails_to_import_is_named_and_hides_no_other(ask, command):
    rows = {row["id"]: row for row in ask("games")}
    assert "shapley_coop_fallen" in rows["fallen-bridge"]["about"]
    assert {"footbridge", "escape-room"} <= set(rows)
    code, _, err = command("play", "fallen-bridge")
    assert code == 2
    assert "fallen-bridge" in err
    assert "shapley_coop_fallen" in err


@pytest.mark.parametrize(
    ("game", "told"), [("last-bridge", "SystemExit: 5"), ("toll", "of type 'int'")]
)
def test_a_game_that_cannot_be_used_is_listed_and_refused(ask, command, game, told):
    rows = {row["id"]: row for row in ask("games")}
    assert told in rows[game]["about"]
    code, _, err = command("play", game)
    assert code == 2
    assert game in err
    assert told in err


def test_an_agent_that_does_not_say_what_it_needs_is_refused(command):
    code, _, err = command("play", "footbridge", "--agent", "mute")
    assert code == 2
    assert "'mute' does not say whether it needs a model" in " ".join(err.split())


def test_pettingzoo_gets_every_game_that_it_has_an_id_for(run_python):
    run_python(
        "from shapley_coop.interfaces.pettingzoo import register\n"
        "ids = register()\n"
        "assert 'shapley_coop/footbridge-v0' in ids\n"
        "assert 'shapley_coop/weighted-voting-v0' in ids\n"
        "assert not [one for one in ids if 'words' in one]\n"
    )


def test_the_plugins_agents_play_the_plugins_game(ask):
    done = ask("play", "footbridge", "--agent", "villager", "--protocol", "talk")
    assert done["status"] == "done"


def test_a_policy_of_the_plugins_kind_plays_by_its_card(ask, tmp_path):
    (tmp_path / "trained").mkdir()
    card = {"kind": "habit", "action": "rest"}
    (tmp_path / "trained" / "card.json").write_text(json.dumps(card), encoding="utf-8")
    who = ("--agent", "villager", "--seat", "villager_0=policy:trained")
    done = ask("play", "footbridge", *who, *SOLO)
    (episode,) = episodes(tmp_path / done["run"])
    (step,) = episode["steps"]
    assert step["actions"]["villager_0"] == "rest"
    assert step["actions"]["villager_1"] == "lay"


def test_the_plugins_agents_use_every_phase_without_a_forfeit(ask, tmp_path):
    done = ask("play", "footbridge", "--agent", "villager")
    (episode,) = episodes(tmp_path / done["run"])
    assert set(episode["forfeits"].values()) <= {0}


def test_the_plugins_template_reaches_the_plugins_model(ask, tmp_path):
    done = ask("play", "footbridge", "--agent", "village", *SOLO)
    (episode,) = episodes(tmp_path / done["run"])
    (step,) = episode["steps"]
    assert set(step["actions"].values()) == {"lay"}


def test_the_plugins_model_is_chosen_by_name_and_its_key_is_masked(ask, tmp_path):
    done = ask("play", "footbridge", "--agent", "village/north", *SOLO)
    assert done["cost"] > 0
    written = [
        path.read_text(encoding="utf-8")
        for path in (tmp_path / done["run"]).rglob("*.jsonl")
    ]
    assert any("north has the key" in text for text in written)
    assert not any("plank-1234" in text for text in written)


def test_the_plugins_settlement_decides_what_is_paid(ask, tmp_path):
    play = ("play", "footbridge", "--agent", "villager", "--protocol", "talk")
    bound = ask(*play)
    free = ask(*play, "--set", "protocol.settlement=bail")
    assert bound["mean_payoffs"]["villager_0"] == 1.5
    assert free["mean_payoffs"] == free["mean_raw_payoffs"]
    assert free["breaches_by_seat"] == {"villager_0": 1}


def test_the_plugins_credit_method_takes_settings_and_refuses_wrong_ones(
    ask, command, tmp_path
):
    pytest.importorskip("torch")
    done = ask("play", "footbridge", "--agent", "villager", *SOLO)
    run = tmp_path / done["run"]
    turns = ask("report", run, "--credit", "even(scale=2.0)")["turns"]
    assert [turn["credit"] for turn in turns] == [4.0, 4.0, 4.0]
    code, _, err = command("report", run, "--credit", "even(scale=-1.0)")
    assert code == 2
    assert "scale of even is -1.0" in err


def test_the_plugins_worth_measures_credit_and_speaks_in_the_report(
    ask, command, tmp_path
):
    play = ("play", "footbridge", "--agent", "villager", *SOLO)
    done = ask(*play, "--worth", "paid")
    (episode,) = episodes(tmp_path / done["run"])
    assert episode["credit"]["worth"] == "paid"
    assert episode["credit"]["values"] == pytest.approx(
        {"villager_0": 2.0, "villager_1": 2.0, "villager_2": 2.0}
    )
    code, out, _ = command("report", tmp_path / done["run"])
    assert code == 0
    assert "what its own seats were paid" in " ".join(out.split())


def test_the_plugins_worth_refuses_a_game_before_a_folder_is_made(command, tmp_path):
    play = ("play", "footbridge", "--agent", "villager", *SOLO, "--worth", "paid")
    code, _, err = command(*play, "--set", "game.villagers=13")
    assert code == 2
    assert "paid values up to 12 seats" in " ".join(err.split())
    assert not list(tmp_path.rglob("episodes.jsonl"))


def test_the_plugins_game_keeps_the_contract(run_python):
    run_python(
        "from shapley_coop.interfaces.contract import CHECKS\n"
        "from shapley_coop.interfaces.plugins import load\n"
        "for check in CHECKS:\n"
        "    check(load('games', 'footbridge'))\n"
    )
