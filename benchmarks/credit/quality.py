"""Rank correlation of each method's credit a turn with the truth, on games with a pivotal turn.

    python benchmarks/credit/quality.py [--games 200] [--episodes 16]

Truth: how much the move changed the exact expected outcome. For every episode Spearman's rank
correlation over its turns (0 where a method gives every turn the same credit), the mean over the
episodes of a game, then mean and 95 % bootstrap interval over games. `found`: share of episodes
whose largest absolute credit is that of the turn with the largest true effect.

What each method is given: only the outcome (grpo, gigpo); a critic off by normal noise of 0.1 (gae,
bi_level_gae); 9 rollouts a turn (spo_chain); process rewards of a judge off by noise of 0.2
(min_form); exact expected coalition values of every prefix (shapley), which is almost the truth
itself. They differ in price: the table says what the evidence is worth as much as what the method
is. With one token a turn bi_level_gae equals gae.
"""

import argparse

import numpy as np
import torch
from numpy.random import SeedSequence, default_rng
from pivotal_game import PivotalGame
from scipy.stats import rankdata

from shapley_coop.rl.assignment.evidence import Evidence
from shapley_coop.rl.assignment.spec import assign_credit
from shapley_coop.rl.credit.shapley import prefix_credits
from shapley_coop.rl.trajectories.batch import Row, Trajectories, from_rows

SPECS = (
    "grpo",
    "gigpo(gamma=1.0)",
    "gae",
    "gae(lam=0.0)",
    "bi_level_gae",
    "spo_chain(probability_mask=false)",
    "min_form",
    "shapley*gigpo(gamma=1.0)",
    "shapley gain of the turn",
)


def two_seats(values: list[float]) -> list[float]:
    """Shapley value of two seats."""
    none, first, second, both = values
    return [(first - none + both - second) / 2, (second - none + both - first) / 2]


def play(game: PivotalGame, seed: SeedSequence) -> tuple[np.ndarray, list[int], float]:
    """Actions and cells of one episode under random play, and its outcome."""
    rng = default_rng(seed)
    game.restore((0, 0))
    actions, cells = rng.integers(0, 2, game.turns), []
    for action in actions:
        cells.append(game.cell)
        game.move(int(action))
    cells.append(game.cell)
    return actions, cells, game.finish(rng)


def game_credits(
    seed: SeedSequence, episodes: int
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Credit of every spec and the truth for one game: [E, T] each."""
    make, noise_seed, roll, *plays = seed.spawn(3 + episodes)
    game, noise = PivotalGame(default_rng(make)), default_rng(noise_seed)
    turns = game.turns
    played = [play(game, s) for s in plays]
    value = np.array(
        [[game.value_TC[t, c] for t, c in enumerate(cells)] for _, cells, _ in played]
    )
    truth = np.diff(value, axis=1)
    critic = value[:, :-1] + noise.normal(0, 0.1, truth.shape)
    judged = np.tanh((truth + noise.normal(0, 0.2, truth.shape)) / 0.3)
    rolled = np.array(
        [
            game.sampled_values(list(enumerate(cells[:-1])), 9, s)
            for (_, cells, _), s in zip(played, roll.spawn(episodes), strict=True)
        ]
    )
    known = Evidence(
        process_reward_R=torch.from_numpy(judged.ravel()),
        segment_value_M=torch.from_numpy(rolled.ravel()),
        outcome_N=torch.tensor(
            [outcome for _, _, outcome in played], dtype=torch.float64
        ),
    )
    whole = from_rows(
        Row(
            e,
            t,
            reward=outcome * (t == turns - 1),
            anchor=(t, cells[t]),
            values=[critic[e, t]],
        )
        for e, (_, cells, outcome) in enumerate(played)
        for t in range(turns)
    )
    credit = {
        spec: assign_credit(spec, whole, known).row_R.numpy().reshape(episodes, turns)
        for spec in SPECS
        if not spec.startswith("shapley")
    }
    return credit | seat_credits(game, played), truth


def seat_credits(
    game: PivotalGame, played: list[tuple[np.ndarray, list[int], float]]
) -> dict[str, np.ndarray]:
    """Credits that start from the Shapley value of each seat after each turn."""
    rows, after, gains = [], {}, np.zeros((len(played), game.turns))
    for e, (actions, cells, _) in enumerate(played):

        def value(
            t: int, seats: tuple[int, ...], actions: np.ndarray = actions
        ) -> float:
            return game.coalition_value(actions, t, seats)

        phi = prefix_credits(game.turns, 2, value, two_seats).numpy()
        for t in range(game.turns):
            seat = t % 2
            rows.append(Row(e, t, seat=seat, anchor=(t, cells[t]), values=[0.0]))
            after[e, seat, t] = phi[t + 1, seat]
            gains[e, t] = phi[t + 1, seat] - phi[t, seat]
    batch: Trajectories = from_rows(rows)
    keys = list(
        zip(
            batch.episode_R.tolist(),
            batch.seat_R.tolist(),
            batch.turn_R.tolist(),
            strict=True,
        )
    )
    known = Evidence(
        prefix_credit_R=torch.tensor([after[k] for k in keys], dtype=torch.float64)
    )
    spread = np.zeros_like(gains)
    row = assign_credit(SPECS[-2], batch, known).row_R.tolist()
    for (e, _, t), credit in zip(keys, row, strict=True):
        spread[e, t] = credit
    return {SPECS[-2]: spread, SPECS[-1]: gains}


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    x, y = rankdata(np.round(a, 12)), rankdata(np.round(b, 12))
    if x.std() == 0 or y.std() == 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])


def interval(values: np.ndarray) -> str:
    means = default_rng(0).choice(values, (2000, len(values))).mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--games", type=int, default=200)
    parser.add_argument("--episodes", type=int, default=16)
    given = parser.parse_args()
    torch.set_num_threads(1)
    ranks: dict[str, list[float]] = {spec: [] for spec in SPECS}
    found: dict[str, list[float]] = {spec: [] for spec in SPECS}
    for seed in SeedSequence(11).spawn(given.games):
        credit, truth = game_credits(seed, given.episodes)
        for spec, rows in credit.items():
            pairs = list(zip(rows, truth, strict=True))
            ranks[spec].append(float(np.mean([spearman(a, b) for a, b in pairs])))
            hits = [
                np.ptp(a) > 0 and np.abs(a).argmax() == np.abs(b).argmax()
                for a, b in pairs
            ]
            found[spec].append(float(np.mean(hits)))
    print(
        f"{given.games} games, {given.episodes} episodes each, 8 turns (chance of `found`: 0.125)"
    )
    print("| credit | rank correlation | found |")
    print("|---|---|---|")
    for spec in SPECS:
        print(
            f"| {spec} | {interval(np.array(ranks[spec]))} | {interval(np.array(found[spec]))} |"
        )


if __name__ == "__main__":
    main()
