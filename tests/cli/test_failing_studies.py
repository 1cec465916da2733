"""Every study ends by one rule, the one of `play`: an episode that was played is a result."""

import json

import pytest

AGENTS = "tests.fixtures.broken.agents"
SWEEP = """
[base]
game = "escape-room"
run.episodes = 2
[grid]
agent = ["rational", "{agent}"]
"""
STUDIES = {
    "sweep": ("sweep", "rooms.toml"),
    "tournament": ("tournament", "escape-room", "rational", "{agent}", "-n", 2),
    "reproduce": ("reproduce", "escape-room", "--agent", "{agent}", "-n", 2),
}


@pytest.fixture
def study(cli, tmp_path):
    """Return a function that plays a study in which an agent breaks."""

    def play(kind, agent, *options):
        (tmp_path / "rooms.toml").write_text(SWEEP.format(agent=agent))
        words = [str(word).format(agent=agent) for word in STUDIES[kind]]
        return cli(*words, *options)

    return play


@pytest.mark.parametrize("kind", STUDIES)
@pytest.mark.parametrize(
    ("agent", "ending"), [("ActRaises", "done"), ("AlwaysRaises", "failed")]
)
def test_a_study_ends_as_a_run_of_its_worst_cell_would(cli, study, kind, agent, ending):
    name = f"{AGENTS}:{agent}"
    alone, _, _ = cli("play", "escape-room", "--agent", name, "-n", 2, "--json")
    code, out, _ = study(kind, name, "--json")
    found = json.loads(out)
    assert (code, found["status"]) == (alone, ending)
    assert 0 < found["broken"] <= found["episodes"]


@pytest.mark.parametrize("kind", STUDIES)
def test_a_study_says_how_many_episodes_broke(study, kind, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    code, out, _ = study(kind, f"{AGENTS}:ActRaises")
    flat = " ".join(out.split())
    cells, broken = {"sweep": (2, 1), "tournament": (4, 3), "reproduce": (9, 9)}[kind]
    assert code == 0
    assert f"{cells} of {cells} cells played to the end" in flat
    assert f"{broken} of {2 * cells} episodes broke or met a limit" in flat
    assert "only where a cell has no others" in flat


def test_tables_of_the_paper_count_the_plays_that_ended(study):
    _, out, _ = study("reproduce", f"{AGENTS}:ActRaises", "--json")
    tables = json.loads(out)["tables"]
    counted = [table for table in tables if table["header"][-1] == "n"]
    assert len(counted) == 3
    assert {row[-1] for table in counted for row in table["rows"]} == {"1 of 2"}
