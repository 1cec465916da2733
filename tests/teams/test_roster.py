"""Teams that know their members, and functions that are told who is absent."""

import asyncio
import sys
from types import ModuleType

import pytest

import shapley_coop as sc
from shapley_coop.cli.main import main
from shapley_coop.errors import ConfigError
from shapley_coop.teams.adapters.adapted import AdaptedTeam
from shapley_coop.teams.team import load_team, team_of

MEMBERS = ["planner", "coder", "tester"]
WORTH = {"planner": 1.0, "coder": 4.0, "tester": 2.0}


@pytest.fixture
def team():
    def left(absent):
        return [name for name in MEMBERS if name not in absent]

    async def score(names):
        return sum(WORTH[name] for name in names)

    return AdaptedTeam("node", tuple(MEMBERS), {"tester": "it ends"}, left, score)


@pytest.fixture
def module(team, monkeypatch):
    """Return the name of a module that holds the team."""
    made = ModuleType("their_team")
    made.team = team
    monkeypatch.setitem(sys.modules, "their_team", made)
    return "their_team:team"


def test_a_function_is_told_who_is_absent_if_it_asks():
    seen = set()

    def score(present, absent):
        assert present | absent == set(MEMBERS)
        assert not present & absent
        seen.add(absent)
        return sum(WORTH[name] for name in present)

    assert sc.attribute(score, members=MEMBERS, budget=8, noisy=False).values == WORTH
    assert len(seen) == 8


def test_members_may_come_from_an_iterator():
    def score(present):
        return sum(WORTH[name] for name in present)

    credit = sc.attribute(score, members=iter(MEMBERS), budget=8, noisy=False)
    assert credit.values == WORTH


def test_a_team_that_knows_its_members_refuses_others_everywhere(team, module, capsys):
    known = "unknown node 'codr'; did you mean 'coder'"
    with pytest.raises(ConfigError, match=known) as refusal:
        sc.attribute(team, members=["codr"])
    assert refusal.value.field == "members"
    with pytest.raises(ConfigError, match=known):
        asyncio.run(sc.attribute_async(team, members=["codr"]))
    with pytest.raises(ConfigError, match=known):
        load_team(module, ["codr"])
    with pytest.raises(SystemExit) as ending:
        main(["attribute", module, "--members", "codr"])
    assert ending.value.code == 2
    assert known in capsys.readouterr().err
    with pytest.raises(ConfigError, match="'tester' cannot be absent: it ends"):
        team_of(team, MEMBERS)


def test_a_team_that_knows_its_members_is_attributed_from_a_terminal(module, capsys):
    main(["attribute", module, "--members", "planner,coder", "--exact", "--json"])
    shown = capsys.readouterr().out
    assert '"coder": 4.0' in shown
    # Who tests is no member, and so is always there.
    assert '"score_of_nobody": 2.0' in shown
