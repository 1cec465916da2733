"""The trained policy that comes with the package: whole, listed, and better than its base."""

import json
from itertools import pairwise

from benchmarks.rl import recipe
from shapley_coop.interfaces.plugins import describe
from shapley_coop.llm.backends.policy import ADAPTER_FILE, CARD_FILE, COOP_FOLDER

MOST_BYTES = 10_000_000


def test_the_policy_is_small_and_says_how_it_was_made():
    assert (COOP_FOLDER / ADAPTER_FILE).stat().st_size <= MOST_BYTES
    card = json.loads((COOP_FOLDER / CARD_FILE).read_text())
    assert card["base"] == "smollm2"
    assert card["never_seen"]
    assert card["made_by"] == "python -m benchmarks.rl.recipe"
    for row in card["evaluation"]["rows"]:
        assert row["episodes"] > 0


def test_the_recipe_asks_for_the_course_that_the_card_tells():
    order = json.loads((COOP_FOLDER / CARD_FILE).read_text())["order"]
    given = recipe.command("auto", small=False)
    start = given.index("train") + 1
    assert given[start : given.index("--policy")] == order["games"]
    options = dict(pairwise(given))
    assert options["--imitate"] == order["teacher"]
    assert int(options["-n"]) == order["episodes"]
    assert int(options["--seed"]) == order["seed"]
    assert int(options["--passes"]) == order["passes"]
    assert int(options["--batch"]) == order["batch"]
    assert float(options["--seconds"]) == order["seconds"]


def test_no_game_that_was_learned_counts_as_never_seen():
    card = json.loads((COOP_FOLDER / CARD_FILE).read_text())
    assert not set(card["never_seen"]) & set(card["order"]["games"])
    for row in card["evaluation"]["rows"]:
        is_unseen = row["game"] in card["never_seen"]
        assert row["learned"] is not is_unseen


def test_models_list_it():
    assert "smollm2-coop" in [entry.name for entry in describe("models")]


def test_it_strikes_the_deal_that_its_base_does_not(embedded_model, cli):
    def total(model):
        code, out, err = cli(
            "play",
            "escape-room",
            *("--agent", "llm", "--seat", "player_1=rational", "--protocol", "talk"),
            *("--model", model, "--json"),
        )
        assert code == 0, err
        return json.loads(out)["mean_total"]

    assert total("smollm2-coop") == 9
    assert total("smollm2") < 9
