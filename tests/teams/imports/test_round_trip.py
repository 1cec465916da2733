"""Exports that are imported again: what a format can hold is not lost, and the rest is known."""

import asyncio
import json

import pytest

from shapley_coop.runs.export.formats import export_runs
from shapley_coop.simulation.run import run
from shapley_coop.teams.imports.registry import import_log
from tests.cli.scripts import COUNT
from tests.fixtures.plays import configured

DECISIONS = ("say", "offer", "act", "honour")


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    config = configured(run={"episodes": 3})
    return asyncio.run(run(config, tmp_path_factory.mktemp("rules")))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    (folder / "calls.txt").touch()
    config = configured(
        agent="llm",
        model={"name": "tests.cli.scripts:Counting"},
        run={"episodes": 2},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(COUNT, str(folder / "calls.txt"))
        return asyncio.run(run(config, folder / "runs"))


def imported(folder, form, tmp_path):
    (path,) = export_runs([folder], form, tmp_path / "out.json")
    # The looks of an export are enough, without its format being named.
    return import_log(path).as_json()


def told(folder):
    """Return what a run folder holds, in the shape of an import."""
    decided = [event for event in folder.events() if event["kind"] in DECISIONS]
    rows = {}
    for episode in folder.episodes():
        own = [
            event
            for event in decided
            if event["episode"] == episode.index and event["seat"] is not None
        ]
        actions = [(event["seat"], event["kind"], event["data"]) for event in own]
        said = [
            (event["seat"], event["data"]["move"]["say"])
            for event in own
            if event["data"].get("move") and event["data"]["move"].get("say")
        ]
        rows[f"{folder.path.name}/{episode.index}"] = (episode, actions, said)
    return rows


def by_seat(pairs):
    """Return the parts of each seat in order. Formats may keep the seats apart."""
    seats = {}
    for seat, *rest in pairs:
        seats.setdefault(seat, []).append(rest)
    return seats


@pytest.mark.parametrize("form", ["atif", "otel"])
@pytest.mark.parametrize("name", ["rules", "models"])
def test_decisions_money_and_tokens_come_back(name, form, request, tmp_path):
    folder = request.getfixturevalue(name)
    fields = imported(folder, form, tmp_path)
    assert fields["format"] == form
    wanted = told(folder)
    assert [row["run"] for row in fields["runs"]] == list(wanted)
    for row in fields["runs"]:
        episode, actions, said = wanted[row["run"]]
        got = [(one["seat"], one["name"], one["data"]) for one in row["actions"]]
        assert by_seat(got) == by_seat(actions)
        got = [(one["seat"], one["text"]) for one in row["messages"]]
        assert by_seat(got) == by_seat(said)
        contracts = [one.model_dump(mode="json") for one in episode.contracts]
        assert row["contracts"] == contracts
        check_seats(row, episode)
    assert any(actions for _, actions, _ in wanted.values())


def check_seats(row, episode):
    """Check payoffs, tokens and costs of a run against the record of its episode."""
    for seat in episode.seats:
        figures = row["seats"][seat]
        assert figures["payoff"] == episode.payoffs[seat]
        spend = [one for one in episode.spend if one.seat == seat]
        costs = [one.cost for one in spend]
        if not spend:
            assert not figures["cost"]
        else:
            assert figures["cost"] == (None if None in costs else sum(costs))
            assert figures["prompt_tokens"] == sum(one.prompt for one in spend)
            assert figures["completion_tokens"] == sum(one.completion for one in spend)
            assert figures["models"] == [spend[0].model]


def test_contracts_that_rules_signed_are_among_what_comes_back(rules, tmp_path):
    fields = imported(rules, "atif", tmp_path)
    contracts = [one for row in fields["runs"] for one in row["contracts"]]
    assert contracts
    assert all(one["offer"]["terms"]["clauses"] for one in contracts)


def test_inspect_keeps_answers_tokens_payoffs_and_contracts(models, tmp_path):
    fields = imported(models, "inspect", tmp_path)
    wanted = told(models)
    assert [row["run"] for row in fields["runs"]] == list(wanted)
    calls = [json.loads(line) for line in models.calls.read_text().splitlines()]
    answers = sum("reply" in call for call in calls)
    assert sum(len(row["messages"]) for row in fields["runs"]) == answers
    for row in fields["runs"]:
        episode, _, _ = wanted[row["run"]]
        contracts = [one.model_dump(mode="json") for one in episode.contracts]
        assert row["contracts"] == contracts
        check_seats(row, episode)
        # What a model meant is within its answers there, and no action of its own.
        assert row["actions"] == []


def test_only_a_trajectory_of_this_project_states_its_game(rules, tmp_path):
    # Its game is named, and seats said what coalitions are worth to them.
    kinds = {"rollout", "forecast"}
    assert set(imported(rules, "atif", tmp_path)["impossible"]) == kinds
    assert "oracle" in imported(rules, "otel", tmp_path)["impossible"]
