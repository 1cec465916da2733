"""The command `tournament`: everybody meets everybody, once, and is rated."""

import json
from pathlib import Path

import pytest

from shapley_coop.runs.store.places import run_paths

PLAY = ("tournament", "escape-room", "-n", 4)
ENTRANTS = ("rational", "breaker", "over-claimer", "random")


@pytest.fixture
def standings(cli):
    code, out, err = cli(*PLAY, *ENTRANTS, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_everybody_meets_everybody_in_both_orders_and_itself(cli, standings):
    pairs = {
        (c["settings"]["first"], c["settings"]["second"]) for c in standings["cells"]
    }
    assert pairs == {(a, b) for a in ENTRANTS for b in ENTRANTS}
    folder = Path("runs/tournament-escape-room")
    assert len(run_paths(folder)) == 16
    rows = standings["entrants"]
    assert rows["rational"]["payoffs"]["rational"]["value"] == 4.5
    assert rows["rational"]["payoffs"]["rational"]["n"] == 4
    assert rows["rational"]["payoffs"]["breaker"]["n"] == 4
    # One more entrant plays its own meetings alone.
    code, out, _ = cli(*PLAY, *ENTRANTS, "selfish", "--json")
    assert code == 0
    assert len(run_paths(folder)) == 25
    again = json.loads(out)["entrants"]
    assert (
        again["rational"]["payoffs"]["random"] == rows["rational"]["payoffs"]["random"]
    )


def test_entrants_are_told_by_what_they_did(standings):
    rows = standings["entrants"]
    assert rows["rational"]["promises"]["kept_share"] == 1
    assert rows["breaker"]["promises"]["broken"] > 0
    assert rows["breaker"]["promises"]["kept_share"] < 1
    assert rows["rational"]["overclaim"]["value"] == pytest.approx(0)
    assert rows["over-claimer"]["overclaim"]["value"] == pytest.approx(4.5)
    assert rows["over-claimer"]["claim_error"]["value"] == pytest.approx(4.5)
    assert rows["rational"]["exploitability"]["value"] == 0
    # Nobody earns more against a rational seat than it earns by itself.
    assert rows["rational"]["invasion_gain"] <= 0
    assert rows["breaker"]["invasion_gain"] > 0
    shares = [row["population"] for row in rows.values()]
    assert sum(shares) == pytest.approx(1)
    assert rows["rational"]["population"] == max(shares)
    assert sum(row["rating"]["points"] for row in rows.values()) == pytest.approx(0)
    low, high = rows["rational"]["rating"]["interval"]
    assert low <= rows["rational"]["rating"]["points"] <= high


def test_rules_that_no_chance_touches_have_no_intervals(cli):
    code, out, _ = cli(*PLAY, "rational", "over-claimer", "breaker", "--json")
    assert code == 0
    for name, row in json.loads(out)["entrants"].items():
        figures = [*row["payoffs"].values(), row["surplus_share"], row["overclaim"]]
        figures += [row["claim_error"], row["exploitability"], row["rating"]]
        assert [figure["interval"] for figure in figures] == [None] * 8, name
    # Either order earns something else, and their mean is what the pair earns.
    assert (
        json.loads(out)["entrants"]["rational"]["payoffs"]["breaker"]["value"] == 1.75
    )


def test_the_same_play_once_more_rates_nobody_better(cli):
    points = {}
    for count in (1, 6):
        play = (
            "tournament",
            "escape-room",
            "over-claimer",
            "half-breaker",
            "-n",
            count,
        )
        _, out, _ = cli(*play, "--json", "--runs-dir", f"runs-{count}")
        rows = json.loads(out)["entrants"]
        points[count] = [row["rating"]["points"] for row in rows.values()]
        assert [row["rating"]["meetings"] for row in rows.values()] == [2, 2]
    assert points[1] == pytest.approx(points[6])
    assert points[1][0] != 0


def test_the_order_of_entrants_changes_no_rating(cli, standings):
    _, out, _ = cli(*PLAY, *ENTRANTS[::-1], "--json")
    for name, row in json.loads(out)["entrants"].items():
        points = standings["entrants"][name]["rating"]["points"]
        assert row["rating"]["points"] == pytest.approx(points)


def test_standings_are_shown_with_counts(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    code, out, _ = cli(*PLAY, "rational", "selfish")
    flat = " ".join(out.split())
    assert code == 0
    assert "rational 0.00 4.50" in flat
    assert "Each mean is over 4 seeds." in flat
    assert "100 % of" in flat
    code, out, _ = cli(*PLAY, "random", "selfish", "--protocol", "solo")
    assert code == 0
    # Who could promise nothing kept no share of it.
    assert " of 0" not in out
    code, out, _ = cli(*PLAY, "rational", "scripted", "--dry-run")
    assert code == 0
    assert "4 cells, 16 episodes" in out
    assert "scripted: about" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("escape-room", "rational"), "two entrants or more"),
        (("escape-room", "rational", "rational"), "each named once"),
        (("escape-rom", "rational", "selfish"), "escape-room"),
        (
            ("escape-room", "rational", "selfish", "--set", "agent=random"),
            "entrants of a tournament hold all seats",
        ),
        (
            ("escape-room", "rational", "selfish", "--set", "seats.player_0=random"),
            "entrants of a tournament hold all seats",
        ),
    ],
)
def test_what_is_no_tournament_is_refused(cli, arguments, words):
    code, _, err = cli("tournament", *arguments)
    assert code == 2
    assert words in err


def test_seats_of_larger_games_are_shared_by_halves(cli):
    more = ("-n", 1, "--set", "game.seats=5", "--set", "game.levers=2", "--json")
    code, out, _ = cli("tournament", "escape-room-n", "rational", "selfish", *more)
    found = json.loads(out)
    assert code == 0
    assert found["entrants"]["rational"]["payoffs"]["rational"]["value"] == 28 / 5


def test_an_entrant_that_nobody_knows_is_refused_before_anybody_plays(cli):
    code, _, said = cli("tournament", "escape-room", "rational", "slfish")
    assert code == 2
    assert "did you mean 'selfish'?" in said
    assert not Path("runs").exists()
