"""Trials of agents: who sits where, what is measured, and what is refused."""

import asyncio
from io import StringIO

import pytest
from rich.console import Console

from shapley_coop.config.resolve import resolve
from shapley_coop.errors import ConfigError
from shapley_coop.llm.backends.policy import COOP
from shapley_coop.rl.training.evaluation import ITSELF
from shapley_coop.studies.cells import StudyCell
from shapley_coop.studies.outcomes import CellOutcome
from shapley_coop.studies.playing import play_cells
from shapley_coop.studies.results import StudyResult
from shapley_coop.studies.tables import show_tables
from shapley_coop.studies.trial_tables import trial_tables
from shapley_coop.studies.trials import TrialPlan, trial_cells, trial_rows


def played(tmp_path, agents, games, opponents, episodes=4):
    plan = TrialPlan(agents, games, opponents, episodes, seed=7)
    cells = trial_cells(plan, {}, ())
    outcomes = asyncio.run(play_cells(cells, tmp_path))
    return StudyResult("trials", tmp_path, outcomes)


def test_every_agent_meets_every_other_at_every_game_by_the_same_seeds(tmp_path):
    games = ("escape-room", "stag-hunt")
    result = played(tmp_path, ("rational", "random"), games, (ITSELF, "breaker"))
    rows = trial_rows(result)
    assert [row.names for row in rows] == [
        (agent, game, against)
        for game in games
        for agent in ("rational", "random")
        for against in (ITSELF, "breaker")
    ]
    seeds = {
        tuple(episode.seed for episode in outcome.run.episodes())
        for outcome in result.outcomes
    }
    assert len(seeds) == 1


def test_an_agent_is_measured_at_its_own_seats(tmp_path):
    result = played(tmp_path, ("rational",), ("escape-room",), (ITSELF, "breaker"))
    alone, beside = trial_rows(result)
    assert alone.outcome.measures["success"].value == 1
    assert alone.outcome.measures["total"].value == 9
    assert alone.outcome.measures["total"].iqm == 9
    assert alone.outcome.measures["payoff"].value == 4.5
    assert alone.outcome.measures["others_rational"].n == 0
    # Without a deal nobody pulls the lever, and both stay at their outside option.
    assert beside.outcome.measures["success"].value == 0
    assert beside.outcome.measures["payoff"].value == -1
    assert beside.outcome.measures["rational"].value == 1
    assert beside.outcome.measures["others_rational"].value == 1
    seated = result.outcomes[1].cell.config
    assert (seated.agent, seated.seats) == ("breaker", {"player_0": "rational"})


def test_equal_plays_without_chance_have_no_intervals(tmp_path):
    games = ("escape-room", "games.dilemmas.drawn:DrawnMatrix,table=*")
    same, drawn = trial_rows(played(tmp_path, ("rational",), games, ("breaker",)))
    assert [row.interval for row in same.outcome.measures.values()] == [None] * 5
    assert {row.n for row in same.outcome.measures.values()} == {4}
    # Another game at each seed is a sample of games, whoever plays them.
    assert drawn.outcome.measures["success"].method == "clopper-pearson"


def test_a_parameter_that_is_a_star_is_drawn_for_every_episode(tmp_path):
    result = played(
        tmp_path,
        ("rational",),
        ("games.dilemmas.drawn:DrawnMatrix,table=*",),
        (ITSELF,),
        3,
    )
    tables = {
        outcome.cell.config.game_parameters["table"] for outcome in result.outcomes
    }
    assert len(tables) == 3
    (row,) = trial_rows(result)
    assert row.outcome.episodes == 3


def test_what_all_rows_share_stands_in_the_title(tmp_path):
    result = played(tmp_path, ("rational", "selfish"), ("escape-room",), ("breaker",))
    outcomes, conduct = trial_tables(result)
    assert outcomes.title == "How agents came out at escape-room against breaker"
    assert outcomes.header[:2] == ("agent", "n")
    assert [row[0] for row in conduct.rows] == ["rational", "selfish"]


def test_long_names_are_shortened_and_stay_apart(tmp_path):
    config = resolve({"game": {"id": "stag-hunt"}})
    outcomes = []
    for end in ("one", "two"):
        agent = f"some.long.package.of.agents:checkpoint-{end}"
        settings = {"agent": agent, "game": "stag-hunt", "against": ITSELF}
        outcomes.append(CellOutcome(StudyCell(config, settings), "waiting"))
    tables = trial_tables(StudyResult("trials", tmp_path, outcomes))
    names = [row[0] for row in tables[0].rows]
    assert names == ["some.long.p…eckpoint-one", "some.long.p…eckpoint-two"]
    console = Console(width=80, file=StringIO())
    show_tables(tables[:1], console)
    assert all(name in console.file.getvalue() for name in names)


@pytest.mark.parametrize("agents", [(), ("rational", "rational")])
def test_names_that_stand_twice_or_not_at_all_are_told(agents):
    plan = TrialPlan(agents, ("escape-room",), (ITSELF,), 1, 0)
    with pytest.raises(ConfigError, match="each agent is named once"):
        trial_cells(plan, {}, ())


def test_who_learned_something_else_is_told_where_it_learned(tmp_path):
    config = resolve({"game": {"id": "stag-hunt"}})
    settings = {"agent": COOP, "game": "stag-hunt", "against": ITSELF}
    outcome = CellOutcome(StudyCell(config, settings), "waiting")
    tables = trial_tables(StudyResult("trials", tmp_path, [outcome]))
    (origin,) = (table for table in tables if "trained" in table.title)
    assert origin.notes[0].startswith("smollm2-coop: escape-room, ")
    # It learned more games than a line has room for.
    assert origin.notes[0].endswith("…")
