"""How many of a run's questions were learned is counted, and drawn games are really drawn."""

import asyncio

from benchmarks.rl.overlap import asked_questions, learned_questions
from shapley_coop.config.resolve import resolve
from shapley_coop.rl.training.evaluation import evaluate
from shapley_coop.simulation.run import run

TABLES = "games.dilemmas.drawn:DrawnMatrix,table=*"


def scripted(tmp_path, game):
    raw = {"game": {"id": game}, "agent": "scripted", "protocol": {"name": "solo"}}
    return asyncio.run(run(resolve(raw), tmp_path)).path


def test_questions_of_a_run_are_compared_with_those_of_the_course(tmp_path):
    path = tmp_path / "learned.txt"
    learned = learned_questions(path, ["stag-hunt"], 2)
    assert learned
    # What is kept is not played again.
    assert learned_questions(path, ["no such game"], 2) == learned
    asked = asked_questions(scripted(tmp_path, "stag-hunt"))
    # Under `solo` all seats see one situation, and are told who they are.
    assert len(asked) == 2
    assert not asked & asked_questions(scripted(tmp_path, "prisoners-dilemma"))


def test_a_game_with_a_star_is_another_one_in_each_episode(tmp_path):
    found = evaluate("random", TABLES, "random", episodes=3, runs_dir=tmp_path, seed=5)
    assert found["episodes"] == 3
    assert len(found["runs"]) == 3
    tables = set()
    for folder in tmp_path.iterdir():
        text = (folder / "config.toml").read_text()
        (line,) = [line for line in text.splitlines() if line.startswith("table =")]
        tables.add(line)
    assert len(tables) == 3
