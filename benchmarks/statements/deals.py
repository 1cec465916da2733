"""Hold what `lint` says of random deals against plain enumeration.

`python -m benchmarks.statements.deals [DEALS]` draws games of payoffs with clauses, judges each,
and enumerates the same in plain numbers. Where payoffs are small whole numbers, it also tries sets
of clauses of rising total price and prints how often any was cheaper than the repair.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np

from shapley_coop.simulation.checks.deals import LintResult, lint

DEALS = 1_000
NOTICED = 1e-5
Cell = tuple[int, ...]


def draw_deal(rng: np.random.Generator, *, small: bool) -> dict[str, Any]:
    """Return a deal as its file holds it: two to four players, or two with small whole payoffs."""
    n = 2 if small else int(rng.integers(2, 5))
    players = [f"p{number}" for number in range(n)]
    counts = [2] * n if small else rng.integers(2, 4, size=n).tolist()
    actions = [[f"a{number}" for number in range(count)] for count in counts]
    shape = (*counts, n)
    if small:
        payoffs = rng.integers(-2, 4, size=shape).astype(float)
    else:
        payoffs = np.round(rng.normal(scale=3, size=shape), 3)
    goal = [own[int(rng.integers(len(own)))] for own in actions]
    clauses = [_clause(rng, players, actions) for _ in range(rng.integers(0, 4))]
    return {
        "players": players,
        "actions": actions,
        "payoffs": payoffs.tolist(),
        "goal": goal,
        "clauses": [] if small else clauses,
    }


def _clause(
    rng: np.random.Generator, players: Sequence[str], actions: Sequence[Sequence[str]]
) -> dict[str, Any]:
    payer, payee = rng.choice(len(players), size=2, replace=False).tolist()
    actor = int(rng.integers(len(players)))
    unless = bool(rng.random() < 0.5)
    action = str(rng.choice(actions[actor]))
    conditions = (
        {"when": "always"},
        {"when": "does", "seat": players[actor], "action": action, "unless": unless},
        {"when": "outcome", "outcome": "goal", "unless": unless},
    )
    condition = conditions[int(rng.integers(len(conditions)))]
    share = bool(rng.random() < 0.3)
    price = float(rng.random()) if share else float(np.round(rng.random() * 4, 2))
    return {
        "payer": players[payer],
        "payee": players[payee],
        "price": round(price, 3),
        "unit": "share" if share else "reward",
        "condition": condition,
    }


def settle(deal: Mapping[str, Any], cell: Cell, clauses: Sequence[Any]) -> list[float]:
    """Return what players hold in one cell, once clauses are paid."""
    raw = _raw(deal, cell)
    held = list(raw)
    done = [deal["actions"][player][number] for player, number in enumerate(cell)]
    for clause in clauses:
        condition = clause["condition"]
        due = True
        if condition["when"] == "does":
            due = done[deal["players"].index(condition["seat"])] == condition["action"]
        elif condition["when"] == "outcome":
            due = done == deal["goal"]
        if condition.get("unless", False):
            due = not due
        if due:
            payer = deal["players"].index(clause["payer"])
            payee = deal["players"].index(clause["payee"])
            price = clause["price"]
            if clause.get("unit") == "share":
                price *= max(0.0, raw[payer])
            held[payer] -= price
            held[payee] += price
    return held


def _raw(deal: Mapping[str, Any], cell: Cell) -> list[float]:
    node = deal["payoffs"]
    for number in cell:
        node = node[number]
    return list(node)


def cells(deal: Mapping[str, Any]) -> Iterator[Cell]:
    """Yield every choice of actions, as numbers."""
    return product(*(range(len(own)) for own in deal["actions"]))


def goal_cell(deal: Mapping[str, Any]) -> Cell:
    """Return the goal as numbers."""
    rows = zip(deal["actions"], deal["goal"], strict=True)
    return tuple(own.index(action) for own, action in rows)


def truths(deal: Mapping[str, Any], clauses: Sequence[Any]) -> dict[str, bool]:
    """Return whether a deal is an equilibrium, dominant, rational and in the alpha core."""
    goal = goal_cell(deal)
    players = range(len(goal))
    held = {cell: settle(deal, cell, clauses) for cell in cells(deal)}
    equilibrium = dominant = True
    for cell, player in product(held, players):
        kept = (*cell[:player], goal[player], *cell[player + 1 :])
        if held[cell][player] > held[kept][player] + NOTICED:
            dominant = False
            equilibrium = equilibrium and kept != goal
    rational = all(
        held[goal][player] >= sure(deal, (player,)) - NOTICED for player in players
    )
    core = True
    for size in range(1, len(goal) + 1):
        for members in combinations(players, size):
            together = sum(held[goal][player] for player in members)
            core = core and together >= sure(deal, members) - NOTICED
    return {
        "equilibrium": equilibrium,
        "dominant": dominant,
        "rational": rational,
        "core": core,
    }


def sure(deal: Mapping[str, Any], members: Sequence[int]) -> float:
    """Return the total that members can be sure of by fixed actions, however others reply."""
    worst: dict[Cell, float] = {}
    for cell in cells(deal):
        own = tuple(cell[player] for player in members)
        total = sum(_raw(deal, cell)[player] for player in members)
        worst[own] = min(total, worst.get(own, total))
    return max(worst.values())


def least_total(deal: Mapping[str, Any], below: float) -> float | None:
    """Return the least total of whole prices that mends a deal for less than `below`.

    Every set of at most three clauses on single actions or on the goal is tried.
    """
    a, b = deal["players"]
    conditions: list[dict[str, Any]] = [{"when": "always"}]
    for unless in (False, True):
        conditions.append({"when": "outcome", "outcome": "goal", "unless": unless})
        for seat, own in zip(deal["players"], deal["actions"], strict=True):
            does = {"when": "does", "seat": seat, "action": own[0], "unless": unless}
            conditions.append(does)
    kinds = [
        {"payer": payer, "payee": payee, "condition": condition}
        for (payer, payee), condition in product(((a, b), (b, a)), conditions)
    ]
    for total in range(int(np.ceil(below))):
        for count in range(4):
            for chosen in combinations(kinds, count):
                for prices in _splits(total, count):
                    rows = zip(chosen, prices, strict=True)
                    clauses = [{**kind, "price": price} for kind, price in rows]
                    true = truths(deal, clauses)
                    if true["equilibrium"] and true["rational"]:
                        return float(total)
    return None


def _splits(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Yield every way to write a total as a sum of that many whole numbers above 0."""
    if parts == 0:
        if total == 0:
            yield ()
        return
    for first in range(1, total - parts + 2):
        for rest in _splits(total - first, parts - 1):
            yield (first, *rest)


def judged(deal: Mapping[str, Any], folder: Path) -> LintResult:
    """Return what `lint` says of a deal in a file."""
    path = folder / "deal.json"
    path.write_text(json.dumps(deal))
    return lint(path)


def mistakes(deal: Mapping[str, Any], result: LintResult) -> list[str]:
    """Return what is false of a deal, of its verdicts and of its repair."""
    said = result.as_json()
    wrong = []
    for name, true in truths(deal, deal["clauses"]).items():
        if said[name] != true:
            wrong.append(f"{name} is {true} and not {said[name]}")
    if said["cheapest"] is None:
        outside = sum(sure(deal, (i,)) for i in range(len(deal["players"])))
        together = sum(settle(deal, goal_cell(deal), deal["clauses"]))
        if together >= outside + NOTICED:
            wrong.append("a repair exists")
        return wrong
    mended = truths(deal, [*deal["clauses"], *said["cheapest"]])
    if not (mended["equilibrium"] and mended["rational"]):
        wrong.append("the repair does not mend it")
    return wrong


def main(arguments: list[str]) -> int:
    """Print the figures and return 1 if anything was false or a repair was dear."""
    deals = int(arguments[0]) if arguments else DEALS
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed in range(deals):
            deal = draw_deal(np.random.default_rng(seed), small=False)
            result = judged(deal, folder)
            for mistake in mistakes(deal, result):
                counts["false"] += 1
                print(f"deal {seed}: {mistake}")
            for name_of, true in truths(deal, deal["clauses"]).items():
                counts[name_of] += true
        for seed in range(deals // 5):
            deal = draw_deal(np.random.default_rng((1, seed)), small=True)
            result = judged(deal, folder)
            total = result.repair.total if result.repair else 6.0
            least = least_total(deal, min(total, 6.0))
            counts["compared"] += 1
            counts["dearer"] += least is not None
    print(f"{deals:,} deals; true of them: {dict(counts)}")
    return 1 if counts["false"] or counts["dearer"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
