"""Every environment of the PettingZoo families, played to its end or refused with a sentence.

Run: python -m benchmarks.games.environments [ID ...]   (from a checkout, for the odd ones)

What was played is valued by the adapter (v(S) by replay with the baseline rule, absent seats take
their first legal action) and by PettingZoo's own loops in `independent`, which know nothing of the
adapter. Up to four seats all coalitions are compared and so is credit, above that six drawn ones.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np

from benchmarks.games.independent import total_reward
from shapley_coop.credit.worth.replay import replay
from shapley_coop.errors import ShapleyCoopError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.plugins import load
from shapley_coop.records import Seat, Step
from shapley_coop.shapley import exact
from shapley_coop.shapley.coalitions import all_coalitions

SEEDS = (0, 1, 2, 3, 4)
SHORT = {"max_cycles": 25}
GRID = {"map_size": 16, "max_cycles": 20}
"""A battle on a small map takes seconds, and has a dozen seats instead of hundreds."""
CASES: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("classic.chess_v6", {}),
    ("classic.connect_four_v3", {}),
    ("classic.go_v5", {"board_size": 5, "horizon": 200}),
    ("classic.hanabi_v5", {}),
    ("classic.leduc_holdem_v4", {}),
    ("classic.rps_v2", {}),
    ("classic.texas_holdem_v4", {}),
    ("classic.texas_holdem_no_limit_v6", {}),
    ("classic.tictactoe_v3", {}),
    ("butterfly.cooperative_pong_v6", SHORT),
    ("butterfly.knights_archers_zombies_v11", {"max_cycles": 200}),
    ("butterfly.pistonball_v6", {}),
    ("butterfly.pistonball_v6", {"continuous": False, "n_pistons": 4, **SHORT}),
    ("sisl.multiwalker_v9", {}),
    ("sisl.pursuit_v5", SHORT),
    ("mpe2.collect_treasure_v1", SHORT),
    ("mpe2.simple_v3", SHORT),
    ("mpe2.simple_adversary_v3", SHORT),
    ("mpe2.simple_crypto_v3", SHORT),
    ("mpe2.simple_formation_v1", SHORT),
    ("mpe2.simple_line_v1", SHORT),
    ("mpe2.simple_push_v3", SHORT),
    ("mpe2.simple_reference_v3", SHORT),
    ("mpe2.simple_speaker_listener_v4", SHORT),
    ("mpe2.simple_spread_v3", SHORT),
    ("mpe2.simple_spread_v3", {"continuous_actions": True}),
    ("mpe2.simple_tag_v3", SHORT),
    ("mpe2.simple_world_comm_v3", SHORT),
    ("cathedral_rl.cathedral_v0", {}),
    ("magent2.environments.adversarial_pursuit_v4", GRID),
    ("magent2.environments.battle_v4", GRID),
    ("magent2.environments.battlefield_v5", {"map_size": 46, "max_cycles": 20}),
    ("magent2.environments.combined_arms_v6", GRID),
    ("magent2.environments.gather_v5", {"max_cycles": 10}),
    ("magent2.environments.tiger_deer_v4", {"map_size": 12, "max_cycles": 20}),
    ("frondori_kitchen.KitchenEnv", {"horizon": 50}),
)
ODD = "tests.fixtures.odd_environments"
ODD_ONES = {
    "endings": (
        "StayDead",
        "StayTruncated",
        "OneStaysDead",
        "DieOneByOne",
        "Joining",
        "Stranger",
        "dying_in_turns",
        "joining_in_turns",
    ),
    "names": (
        "Numbered",
        "Paired",
        "AfterReset",
        "NeverListed",
        "Twins",
        "Nobody",
    ),
    "views": ("Kitchen", "Chat", "Pair", "Nested", "NoInfos", "Objects"),
    "choices": (
        "NothingAllowed",
        "ShortMask",
        "FromOne",
        "Levers",
        "FirstMover",
        "ShownToTheMover",
        "Stale",
    ),
    "failures": (
        "Quits",
        "QuitsAtOnce",
        "OldReset",
        "NoSeed",
        "OwnDice",
        "Unpaid",
        "Alone",
    ),
}


class Outcome(NamedTuple):
    """What became of one environment."""

    seats: int
    steps: int
    verdict: str


class FirstLegal:
    """Plays absent seats."""

    drew_chance = False

    def __call__(self, game: Game, seat: Seat, steps: Sequence[Step]) -> str:
        return next(iter(game.legal(seat)))


def try_environment(
    env_id: str, parameters: Mapping[str, Any], *, seed: int = 3
) -> Outcome:
    """Play an environment at random, and compare its worth with an independent loop."""
    options = dict(parameters)
    horizon = options.pop("horizon", 2000)
    try:
        kind = load("games", f"pettingzoo:{env_id}")
        game = kind(horizon=horizon, **options)
    except ShapleyCoopError as error:
        return Outcome(0, 0, f"refused: {error}")
    rng = np.random.default_rng(seed)
    game.start(seed)
    steps: list[Step] = []
    try:
        while game.agents:
            joint = {s: str(rng.choice(game.legal(s))) for s in game.agents}
            steps.append(game.apply(joint))
        verdict = compare(game, kind.maker.make, options, steps, seed)
    except ShapleyCoopError as error:
        verdict = f"ended with a sentence: {error}"
    game.close()
    return Outcome(len(game.seats), len(steps), verdict)


def compare(
    game: Game, make: Any, options: Mapping[str, Any], steps: list[Step], seed: int
) -> str:
    """Return whether replays earn what an independent loop earns."""
    n = len(game.seats)
    rows = all_coalitions(n) if n <= 4 else _drawn(n)
    worth = replay(
        game, seed, steps, rule="baseline", policies=lambda _number: FirstLegal()
    )
    values = worth.values(rows)  # type: ignore[arg-type]
    recorded = [step.actions for step in steps]
    again = []
    for row in rows:
        members = frozenset(
            s for s, there in zip(game.seats, row, strict=True) if there
        )
        totals = total_reward(
            lambda: make(**options), game.world.seed, recorded, members, game.horizon
        )
        again.append(sum(totals.values()))
    if not np.allclose(values, again, rtol=1e-9, atol=1e-9):
        return f"DIFFERS: {values.tolist()} and independently {again}"
    if n > 4:
        return f"equal: v(S) of {len(rows)} coalitions"
    if not np.allclose(exact(values).values, by_orders(again, n), atol=1e-9):
        return "CREDIT DIFFERS"
    return f"equal: credit from all {len(rows)} coalitions"


def by_orders(table: Sequence[float], n: int) -> list[float]:
    """Return Shapley values by all orders of arrival, from values by bit mask."""
    orders = list(permutations(range(n)))
    phi = [0.0] * n
    for order in orders:
        mask = 0
        for seat in order:
            phi[seat] += (table[mask | 1 << seat] - table[mask]) / len(orders)
            mask |= 1 << seat
    return phi


def _drawn(n: int) -> np.ndarray:
    some = np.random.default_rng(0).random((4, n)) < 0.5
    return np.vstack([np.zeros(n, bool), some, np.ones(n, bool)])


def main() -> None:
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    warnings.simplefilter("ignore")
    wanted = sys.argv[1:]
    cases = list(CASES)
    for module, names in ODD_ONES.items():
        cases += [(f"{ODD}.{module}:{name}", {}) for name in names]
    print("| environment | parameters | seats | steps | what came of it |")
    print("|---|---|---|---|---|")
    for env_id, options in cases:
        if not wanted or any(part in env_id for part in wanted):
            print(row(env_id, options), flush=True)


def row(env_id: str, options: Mapping[str, Any]) -> str:
    """Return an environment's row of the table, over several seeds where the first is played."""
    outcomes = [try_environment(env_id, options, seed=SEEDS[0])]
    if outcomes[0].steps:
        outcomes += [try_environment(env_id, options, seed=s) for s in SEEDS[1:]]
    steps = sorted({outcome.steps for outcome in outcomes})
    length = str(steps[0]) if len(steps) == 1 else f"{steps[0]} to {steps[-1]}"
    verdicts = dict.fromkeys(outcome.verdict for outcome in outcomes)
    # Sentences of several seeds differ in the seed and the step, and one says enough.
    if not any(verdict.startswith("equal") for verdict in verdicts):
        verdicts = dict.fromkeys([outcomes[0].verdict])
    text = "; ".join(verdicts).replace(f"pettingzoo:{env_id}", "…").replace("|", "/")
    pairs = ", ".join(f"`{key}={value}`" for key, value in options.items())
    name = env_id.removeprefix(f"{ODD}.")
    seats = outcomes[0].seats or ""
    return f"| `{name}` | {pairs} | {seats} | {length if steps[-1] else ''} | {text} |"


if __name__ == "__main__":
    main()
