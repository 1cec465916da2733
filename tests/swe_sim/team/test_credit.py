"""Credit of a software team: what coalitions deliver, without playing what cannot differ."""

import pytest

from shapley_coop.credit.worth import rollout
from swe_sim.team.figures import CoalitionValue, team_figures
from swe_sim.team.game import VALUE, SoftwareTeam
from tests.fixtures.plays import configured, played
from tests.swe_sim.team.test_command import one_aftermath

ROLES = ["ceo", "cpo", "programmer_0", "reviewer"]


def run(worker="Worker", kind="rollout", **parameters):
    config = configured(
        "software-team",
        parameters={"roles": ROLES, **parameters},
        agent=f"tests.swe_sim.team.workers:{worker}",
        protocol="solo",
        worth={"kind": kind, "replicates": 4},
    )
    return played(config)


def test_v_is_what_a_coalition_delivers():
    episode, _ = run()
    assert episode.status == "done", episode.error
    assert episode.success
    values = episode.credit.coalitions
    assert values["everyone"] == VALUE
    assert values["cpo+programmer_0"] == VALUE
    assert values["programmer_0"] == values["ceo+cpo"] == 0.0
    # Planner and programmer complement each other, and nobody else matters.
    assert episode.credit.values == pytest.approx(
        {"ceo": 0.0, "cpo": VALUE / 2, "programmer_0": VALUE / 2, "reviewer": 0.0}
    )


def test_replay_says_what_was_done_and_asks_nobody():
    episode, _ = run(kind="replay")
    # The programmer repeats its file whether there is a brief or not.
    assert episode.credit.values["programmer_0"] == pytest.approx(VALUE)
    assert episode.credit.calls == 0


def test_teams_that_cannot_write_are_valued_once(monkeypatch):
    asked = []
    plays = rollout.play_replicates

    async def counting(play, coalition, replicates):
        asked.append(coalition)
        return await plays(play, coalition, replicates)

    monkeypatch.setattr(rollout, "play_replicates", counting)
    episode, _ = run()
    assert len(episode.credit.coalitions) == 16
    # Eight teams with the programmer, and nobody, who is worth what all others are.
    assert len(asked) == len(set(asked)) == 9
    assert asked.count(frozenset()) == 1
    asked.clear()
    paid, _ = run(cost=1.0)
    assert len(asked) == 16
    assert paid.credit.coalitions["ceo+cpo"] < 0


def test_chance_shows_as_an_error():
    episode, _ = run("Gambler")
    assert episode.credit.draws == 4
    values = episode.credit.coalitions
    assert 0 <= values["everyone"] <= VALUE
    idle_hands = ("ceo", "cpo", "everyone but programmer_0")
    assert {values[name] for name in idle_hands} == {0.0}


@pytest.mark.parametrize("kind", ["rollout", "replay"])
def test_seats_are_credited_for_what_they_add_to_the_starting_tree(kind):
    episode, _ = run(kind=kind, task="broken-ledger-0")
    credit = episode.credit
    start = SoftwareTeam(task="broken-ledger-0").worth_of_nobody()
    assert 0 < start < VALUE
    assert credit.empty == credit.coalitions["nobody"] == pytest.approx(start)
    assert credit.coalitions["ceo"] == pytest.approx(start)
    assert sum(credit.values.values()) == pytest.approx(credit.grand - start)
    assert {"ceo", "reviewer"} <= set(credit.null_seats)


def test_a_seat_that_changes_nothing_has_no_credit_for_the_starting_tree():
    config = configured(
        "null:software-team",
        parameters={"roles": ROLES, "task": "broken-ledger-0"},
        agent="random",
        protocol="solo",
        worth={"kind": "replay"},
    )
    episode, _ = played(config)
    assert episode.status == "done", episode.error
    assert episode.credit.empty > 0
    assert episode.credit.values["null_4"] == pytest.approx(0.0)


def test_plays_are_counted_for_each_coalition():
    episode, _ = run("Gambler")
    plays = episode.credit.coalition_plays
    assert plays["nobody"] == plays["everyone but programmer_0"] == plays["ceo"] == 1
    assert plays["everyone"] == plays["cpo+programmer_0"] == 4
    replayed, _ = run("Gambler", kind="replay")
    assert set(replayed.credit.coalition_plays.values()) == {1}


def silent_rounds(**protocol):
    config = configured(
        "software-team",
        parameters={"roles": ROLES},
        agent="tests.swe_sim.team.workers:Worker",
        seats={"reviewer": "tests.swe_sim.team.workers:Critic"},
        protocol={"name": "neg", **protocol},
        worth={"kind": "replay"},
    )
    episode, _ = played(config)
    assert episode.status == "done", episode.error
    return episode.silent_rounds


def test_a_rejection_opens_the_task_table_again_where_the_protocol_says():
    once = silent_rounds()
    assert once > 0
    assert silent_rounds(reprice_on_change=True) == 2 * once


def test_contracts_can_depend_on_what_hidden_tests_say():
    config = configured(
        "software-team",
        parameters={"roles": ROLES},
        agent="tests.swe_sim.team.workers:Trader",
        protocol={"name": "talk", "split": "none"},
        worth={"kind": "replay"},
    )
    episode, _ = played(config)
    assert episode.status == "done", episode.error
    assert episode.contracts
    assert {(t.payer, t.payee) for t in episode.transfers} == {("ceo", "programmer_0")}
    # For a hidden test that passes and the file that it wrote last, and for no document.
    assert [t.micro for t in episode.transfers] == [30_000_000, 15_000_000]
    assert episode.ledger_residual == 0


def test_figures_need_every_coalition_for_indices():
    seats = ("a", "b")
    few = {frozenset(): CoalitionValue(0.0, 0.0, 1)}
    all_four = {
        frozenset(): CoalitionValue(0.0, 0.0, 1),
        frozenset("a"): CoalitionValue(1.0, 0.3, 4),
        frozenset("b"): CoalitionValue(2.0, 0.4, 4),
        frozenset("ab"): CoalitionValue(6.0, 0.0, 1),
    }
    plays = [one_aftermath(0.5), one_aftermath(1.0)]
    assert team_figures(seats, plays, [], [few], [0.0, 0.0]).index("banzhaf") is None
    figures = team_figures(
        seats, plays, [one_aftermath(0.5)], [all_four, all_four], [50.0, 100.0]
    )
    assert figures.pass_rate == 0.75
    assert figures.retention == 1.5
    assert figures.index("leave-one-out") == {"a": 4.0, "b": 5.0}
    assert figures.index("banzhaf") == {"a": 2.5, "b": 3.5}
    assert figures.interactions() == [{"seats": ["a", "b"], "value": 3.0}]
    # Of 50 and 100 that were paid, 20 are for what was there before.
    assert figures.evidence == {"a": 0.75 * 55, "b": 0.25 * 55}
    row = figures.coalition_rows()[1]
    assert row == {
        "seats": ["a"],
        "value": 1.0,
        "stderr": pytest.approx(0.3 / 2**0.5),
        "n": 8,
    }


def test_the_whole_game_has_a_worth_for_every_team():
    game = SoftwareTeam()
    for seats in (("ceo",), ("ceo", "programmer_0"), game.seats):
        assert set(game.worth_twin(seats)) <= set(game.seats)
