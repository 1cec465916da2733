"""Checks that no result of the engine depends on the unit or the origin of a game.

    python -m benchmarks.shapley.units --games 2000

Every public function is asked about a random game v and about c v + d, and must answer the second
with c times the first answer (plus d where the origin belongs to it). c runs from 1e-12 to 1e100
and d up to 1e12 times the spread. Values are whole numbers of up to 64, so that v + d is exact and
nothing but the engine is tested; times a power of two they stay so. Other factors round every
value, which functions that are linear, and verdicts, must not notice. What is learned from values
by descent could, so it is asked about powers of two.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from shapley_coop import shapley
from shapley_coop.shapley import graph, stability
from shapley_coop.shapley.coalitions import all_coalitions, coalition_sizes
from shapley_coop.shapley.evaluation.task import METHODS
from shapley_coop.shapley.files import evaluate_file
from shapley_coop.shapley.nucleolus import nucleolus

Floats = NDArray[np.float64]
_LARGEST = 64
_ROUNDING = 1e-9
_EPS = float(np.finfo(np.float64).eps)


class Change(NamedTuple):
    """The game c v + d."""

    factor: float
    origin: float

    @property
    def is_exact(self) -> bool:
        """Whether whole numbers are changed without rounding."""
        mantissa, _ = np.frexp(self.factor)
        return bool(mantissa == 0.5)

    def __call__(self, values: Floats) -> Floats:
        return self.factor * (np.asarray(values, dtype=np.float64) + self.origin)


SAME = Change(1.0, 0.0)


def random_change(rng: np.random.Generator) -> Change:
    """Return a factor, an origin or both. Only powers of two come with an origin."""
    kind = rng.integers(3)
    if kind == 0:
        return Change(float(10 ** rng.uniform(-12, 100)), 0.0)
    exponent = 0 if kind == 1 else int(rng.integers(-39, 333))
    origin = float(np.rint(_LARGEST * 10 ** rng.uniform(0, 12)))
    return Change(float(2.0**exponent), origin * float(rng.choice([-1.0, 1.0])))


def random_table(rng: np.random.Generator, n: int) -> Floats:
    """Return the table of a game of n players with whole values, of a kind drawn at random."""
    members = all_coalitions(n)
    sizes = coalition_sizes(n)
    kind = rng.integers(7)
    if kind == 0:
        values = rng.integers(-_LARGEST // 2, _LARGEST // 2, 1 << n)
    elif kind == 1:
        values = members @ rng.integers(0, _LARGEST // n, n)
    elif kind == 2:
        values = np.sort(rng.integers(0, _LARGEST, n + 1))[sizes]
    elif kind == 3:
        weights = rng.integers(0, 9, n)
        values = members @ weights > weights.sum() / 2
    elif kind == 4:
        values = np.full(1 << n, rng.integers(_LARGEST))
    elif kind == 5:
        half = rng.integers(0, _LARGEST, 1 << n)
        # A coalition and its complement share what all have.
        values = half - half[::-1] + _LARGEST
    else:
        values = np.zeros(1 << n)
        for _ in range(3):
            team = rng.random(n) < 0.5
            values += rng.integers(1, _LARGEST // 4) * members[:, team].all(axis=1)
    return np.asarray(values, dtype=np.float64)


class Answer(NamedTuple):
    """What a function says: numbers in the unit of v, and what has no unit."""

    numbers: Floats
    verdict: object = None


Question = Callable[[Floats, Change, np.random.Generator], Answer]
"""Asks one function about the game c v + d of a table v, all else drawn from the generator."""


def _numbers(*parts: object) -> Answer:
    return Answer(np.concatenate([np.ravel(part) for part in parts]))


def _semivalues(v: Floats, change: Change, _: np.random.Generator) -> Answer:
    table = change(v)
    weights = (shapley.beta_weights(2, 1), shapley.binomial_weights(0.3))
    values = [shapley.exact(table, index).values for index in weights]
    values += [shapley.exact(table).values, shapley.banzhaf(table).values]
    values.append(shapley.leave_one_out(table).values)
    return _numbers(*values)


def _interactions(v: Floats, change: Change, _: np.random.Generator) -> Answer:
    table = change(v)
    both = [shapley.pair_interactions(table, name) for name in ("shapley", "banzhaf")]
    return _numbers(*both)


def _dividends(v: Floats, change: Change, _: np.random.Generator) -> Answer:
    dividends = shapley.dividends(change(v))
    gains = shapley.from_dividends(dividends) - change(v)[0]
    return Answer(
        np.concatenate([dividends[1:], gains]), shapley.additive_parts(change(v))
    )


def _owen(v: Floats, change: Change, rng: np.random.Generator) -> Answer:
    n = v.size.bit_length() - 1
    order = rng.permutation(n).tolist()
    cut = int(rng.integers(n + 1))
    return _numbers(shapley.owen(change(v), [order[:cut], order[cut:]]).values)


def _myerson(v: Floats, change: Change, rng: np.random.Generator) -> Answer:
    n = v.size.bit_length() - 1
    links = nx.MultiGraph()
    links.add_nodes_from(range(n))
    links.add_edges_from(rng.integers(0, n, (n, 2)).tolist())
    return _numbers(graph.myerson(change(v), links).values)


def _core(v: Floats, change: Change, rng: np.random.Generator) -> Answer:
    table = change(v)
    n = v.size.bit_length() - 1
    payoff = rng.integers(0, _LARGEST // n, n).astype(float)
    verdict = stability.check(table, change.factor * payoff)
    core = stability.least_core(table)
    worth = table - table[0]
    # The payoff need not be unique, but it has to be a payoff of this epsilon.
    worst = stability.check(worth, core.payoff).largest_excess
    numbers = [verdict.largest_excess, core.epsilon, worst]
    numbers += [objection.excess for objection in verdict.objections]
    holds = [
        verdict.efficient,
        verdict.individually_rational,
        verdict.in_core,
        stability.convex(table).holds,
        stability.superadditive(table).holds,
        len(verdict.objections),
    ]
    return Answer(np.array(numbers), holds)


def _strongest_objection(v: Floats, change: Change, rng: np.random.Generator) -> Answer:
    n = v.size.bit_length() - 1
    payoff = change.factor * rng.integers(0, _LARGEST // n, n)
    excess = stability.strongest_objection(change(v), payoff).excess
    # v(empty) stays in here: a payoff is all that a player holds.
    return _numbers(excess - change.factor * change.origin)


def _nucleolus(v: Floats, change: Change, _: np.random.Generator) -> Answer:
    return _numbers(nucleolus(change(v)))


def _types(v: Floats, change: Change, _: np.random.Generator) -> Answer:
    counts = [v.size.bit_length() - 1, 3]

    def game(points: NDArray[np.int64]) -> Floats:
        return change(v[points[:, 0] % v.size] * points[:, 1])

    return _numbers(shapley.exact_by_types(game, counts).values)


def _typed_sample(v: Floats, change: Change, rng: np.random.Generator) -> Answer:
    def game(points: NDArray[np.int64]) -> Floats:
        product = np.floor(np.sqrt(points[:, 0] * points[:, 1]))
        return change(product + v[points[:, 1] % v.size])

    answer = shapley.estimate_by_types(game, [20, 30], budget=400, rng=rng)
    return _numbers(answer.values, answer.stderr)


def _weighted_sum(v: Floats, change: Change, rng: np.random.Generator) -> Answer:
    weights = rng.integers(0, 3, 5).tolist()
    result = shapley.weighted_sum(weights, lambda sums: change(v[sums % v.size]))
    return _numbers(result.values)


def _airport(v: Floats, change: Change, _: np.random.Generator) -> Answer:
    return _numbers(shapley.airport(change.factor * np.abs(v)).values)


def _adapters(v: Floats, change: Change, _: np.random.Generator) -> Answer:
    table = change(v)
    n = v.size.bit_length() - 1
    sets = [frozenset(np.flatnonzero(row).tolist()) for row in all_coalitions(n)]
    by_set = dict(zip(sets, table.tolist(), strict=True))
    games = (
        shapley.from_table(table),
        shapley.from_sets(by_set.__getitem__),
        shapley.from_sparse(by_set),
    )
    tables = [np.asarray(game(all_coalitions(n))) for game in games]
    tables.append(shapley.named_table(range(n), by_set))
    return _numbers(*[values - values[0] for values in tables])


def _file(v: Floats, change: Change, _: np.random.Generator) -> Answer:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "game.csv"
        path.write_text("".join(f"{value!r}\n" for value in change(v).tolist()))
        return _numbers(evaluate_file(path).values)


def _estimates(v: Floats, change: Change, rng: np.random.Generator) -> Iterator[Answer]:
    """Yield the answers of every method, for too small a budget and for one that pays for all."""
    n = v.size.bit_length() - 1
    game = shapley.from_table(change(v))
    seed = int(rng.integers(1 << 30))
    budgets = {max(n + 2, (1 << n) * 2 // 3), 1 << n}
    for budget in sorted(budgets):
        for method in METHODS:
            if method == "exact" and budget < v.size:
                continue
            draw = np.random.default_rng(seed)
            estimate = shapley.estimate(game, n, budget=budget, rng=draw, method=method)
            finite = np.where(np.isfinite(estimate.stderr), estimate.stderr, 0.0)
            yield Answer(np.concatenate([estimate.values, finite]), estimate.method)


def _all_estimates(v: Floats, change: Change, rng: np.random.Generator) -> Answer:
    answers = list(_estimates(v, change, rng))
    methods = [answer.verdict for answer in answers]
    return Answer(np.concatenate([answer.numbers for answer in answers]), methods)


def _noisy(v: Floats, change: Change, rng: np.random.Generator) -> Answer:
    n = v.size.bit_length() - 1

    def game(coalitions: NDArray[np.bool_]) -> Floats:
        noise = rng.integers(-2, 3, len(coalitions))
        return change(shapley.from_table(v)(coalitions) + noise)

    answer = shapley.estimate(
        game,
        n,
        budget=3 << n,
        rng=np.random.default_rng(1),
        noise=1.4 * change.factor,
    )
    return _numbers(answer.values, answer.stderr, answer.noise)


def _evaluate(v: Floats, change: Change, rng: np.random.Generator) -> Answer:
    table = change(v).tolist()

    async def game(members: frozenset[int], _draw: int) -> float:
        return float(table[sum(1 << player for player in members)])

    n = v.size.bit_length() - 1
    options = shapley.Options(workers=1)
    run = shapley.evaluate(game, n, budget=n + 2, rng=rng, options=options)
    estimate = asyncio.run(run).estimate
    return _numbers(estimate.values)


LINEAR: tuple[Question, ...] = (
    _semivalues,
    _interactions,
    _dividends,
    _owen,
    _myerson,
    _core,
    _strongest_objection,
    _nucleolus,
    _types,
    _weighted_sum,
    _airport,
    _adapters,
    _file,
)
"""Asked with any factor."""
LEARNED: tuple[Question, ...] = (_typed_sample, _all_estimates, _noisy, _evaluate)
"""Asked with powers of two."""


def failures(seed: int) -> list[str]:
    """Return what depends on the unit or the origin of the random game of a seed."""
    rng = np.random.default_rng(seed)
    table = random_table(rng, int(rng.integers(2, 6)))
    change = random_change(rng)
    found = []
    for question in LINEAR + LEARNED:
        asked = change
        if question in LEARNED and not change.is_exact:
            asked = Change(float(2.0 ** np.rint(np.log2(change.factor))), 0.0)
        draws = int(rng.integers(1 << 30))
        plain = question(table, SAME, np.random.default_rng(draws))
        other = question(table, asked, np.random.default_rng(draws))
        allowance = _ROUNDING * _LARGEST + 8 * _EPS * abs(asked.origin)
        error = np.abs(other.numbers / asked.factor - plain.numbers)
        if not (error <= allowance).all() or other.verdict != plain.verdict:
            found.append(
                f"{question.__name__} of game {seed} under {asked}: off by {error.max():.2g}, "
                f"{plain.verdict} and {other.verdict}"
            )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--games", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    count = 0
    for seed in range(options.first, options.first + options.games):
        for failure in failures(seed):
            count += 1
            print(failure)
    questions = len(LINEAR) + len(LEARNED)
    print(f"{options.games} games, {questions} questions each: {count} failures")


if __name__ == "__main__":
    main()
