"""Small logs of every format, made up here in the shape that the format has."""

import json

from tests.teams.imports.observed_examples import OBSERVED

PRISONERS = {"CC": [2, 2], "CD": [0, 3], "DC": [3, 0], "DD": [1, 1]}
TRUST = {"GG": [10, 10], "GK": [0, 20], "KG": [6, 2], "KK": [4, 4]}


def coopeval(folder):
    """Write a prisoner's dilemma in which ann's contract is stable and bob's is none."""
    write_contracts(
        folder / "pd",
        {"type": "PrisonersDilemma", "kwargs": {"payoff_matrix": PRISONERS}},
        {
            "ann#P1": {"X.COOPERATE": 2, "X.DEFECT": 0},
            "bob#P2": {"X.COOPERATE": 0, "X.DEFECT": 0},
        },
        [
            contract_play(
                "ann#P1",
                True,
                {"ann#P1": "X.COOPERATE", "bob#P2": "X.COOPERATE"},
                [2, 2],
            ),
            contract_play(
                "ann#P1", True, {"ann#P1": "X.COOPERATE", "bob#P2": "X.DEFECT"}, [2, 1]
            ),
            contract_play(
                "ann#P1", False, {"ann#P1": "X.DEFECT", "bob#P2": "X.DEFECT"}, [1, 1]
            ),
            contract_play(
                "bob#P2", True, {"ann#P1": "X.DEFECT", "bob#P2": "X.COOPERATE"}, [3, 0]
            ),
        ],
    )
    return folder


def write_contracts(folder, game, contracts, plays):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"game": game}))
    designs = {player: {"contract": amounts} for player, amounts in contracts.items()}
    (folder / "contract_design.json").write_text(json.dumps(designs))
    lines = "".join(json.dumps([play]) + "\n" for play in plays)
    (folder / "records.jsonl").write_text(lines)


def contract_play(designer, signed, actions, points):
    moves = [
        {"player": player, "action": action, "points": paid}
        for (player, action), paid in zip(actions.items(), points, strict=True)
    ]
    return {
        "selected_contract_designer_name": designer,
        "all_signed": signed,
        "moves": moves,
    }


SCORES = {
    "sort": {
        "restricted": 0.2,
        "team_no_verify": 0.6,
        "team_no_plan": 0.3,
        "full": 0.9,
    },
    "parse": {
        "restricted": 0.4,
        "team_no_verify": 0.6,
        "team_no_plan": 0.5,
        "full": 0.7,
    },
    "plot": {"restricted": 0.1, "full": 1.0},
}


def teambench(folder):
    """Write the results of one model in three tasks, of which one lacks two conditions."""
    folder.mkdir(exist_ok=True)
    runs = [
        role_run(task, condition, score)
        for task, scores in SCORES.items()
        for condition, score in scores.items()
    ]
    path = folder / "results.json"
    path.write_text(json.dumps({"model": "acme-1", "runs": runs}))
    return path


def role_run(task, condition, score, seed=0, error=None):
    return {
        "task_id": task,
        "condition": condition,
        "seed": seed,
        "partial_score": score,
        "error": error,
    }


EXAMPLES = {"coopeval": coopeval, "teambench": teambench, **OBSERVED}
"""By format, what writes an example into a folder and returns the path to import."""
