"""Stability, score shares and links in the report of episodes that were really played."""

import json

import pytest

from shapley_coop.records import Episode
from shapley_coop.runs.report import standing
from shapley_coop.runs.summary import summarise
from tests.fixtures.plays import configured, played


def test_the_escape_rooms_deal_stands_and_old_records_still_load():
    episode, _ = played(configured("escape-room"))
    assert standing.stability(episode) == [
        "individually rational: if all keep what they signed, no signatory gets less than its "
        "outside option; player_0 gains least, +5.50",
        "under the contracts, the play is a Nash equilibrium among fixed plans of actions; the "
        "division signed after play is left out",
        "the final division is in the core of the game's own worth",
    ]
    assert Episode.model_validate_json(episode.model_dump_json()) == episode
    raw = json.loads(episode.model_dump_json())
    for new in ("checks", "contributions", "myerson"):
        del raw[new]
    old = Episode.model_validate(raw)
    assert standing.sections(old) == []
    assert summarise([episode]).as_json()["checks"]["core"] == {"made": 1, "held": 1}


def test_without_a_deal_the_objector_is_named():
    config = configured("escape-room", protocol="solo", agent="selfish")
    said = standing.stability(played(config)[0])
    assert any(
        "not in the core: all together could make 11.00 more" in line for line in said
    )
    assert said[-1] == "not checked: rationality (nothing was signed)"


def test_score_shares_stand_beside_credit_with_the_reason():
    config = configured(
        "raid", agent="random", worth={"kind": "replay", "absence": "idle"}
    )
    episode, _ = played(config)
    said = standing.contributions(episode)
    assert said[-1] == standing.WHY_SHARES_DIFFER
    assert len(said) == 5
    assert summarise([episode]).contributions == pytest.approx(episode.contributions)


def test_where_links_are_missing_myerson_stands_beside_shapley():
    project = {
        "deadline": 3,
        "payoff": 20,
        "workers": [{"dig": 5}, {"dig": 1, "build": 4}, {"build": 2}],
        "tasks": [
            {"skill": "dig", "duration": 1},
            {"skill": "build", "duration": 2, "after": [0]},
        ],
    }
    parameters = {"project": project, "links": [[0, 1], [1, 2]]}
    episode, _ = played(
        configured("task-market", "worth.kind=oracle", parameters=parameters)
    )
    assert episode.myerson.values == pytest.approx(
        {"member_0": 41 / 6, "member_1": 41 / 6, "member_2": 4 / 3}
    )
    assert len(standing.myerson(episode)) == 3
    assert played(configured("task-market"))[0].myerson is None
