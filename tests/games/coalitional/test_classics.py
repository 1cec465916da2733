"""Classic coalitional games: their Shapley values against the source or the closed form."""

import asyncio
import functools
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from games.coalitional.markets import (
    BOHM_BAWERK_BUYERS,
    BOHM_BAWERK_SELLERS,
    Gloves,
    HorseMarket,
)
from games.coalitional.sharing import Airport, Bankruptcy
from games.coalitional.unanimity import Unanimity
from games.coalitional.voting import BODIES, WeightedVoting
from shapley_coop.agents.rules.rational import Rational
from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.shapes import expand_counts
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces import contract
from shapley_coop.interfaces.contract.worths import worth
from shapley_coop.runs.store import NullRecorder
from shapley_coop.shapley import exact
from shapley_coop.shapley.coalitions import all_coalitions
from shapley_coop.simulation.episode import play
from shapley_coop.simulation.measurement.potential import Potential
from tests.games.everyone import Everyone


def shapley(game, most=12):
    rules = WorthSettings(exact_seats=most)
    return measure(game.oracle(), game.seats, rules, kind="oracle", absence=None).values


def phi(game, most=12):
    return [shapley(game, most)[seat] for seat in game.seats]


def exactly(expected):
    return pytest.approx([float(value) for value in expected], abs=1e-9)


def third(n):
    return Fraction(n, 3)


def littlechild_owen(costs):
    order = sorted(range(len(costs)), key=costs.__getitem__)
    paid, share, before = {}, Fraction(0), Fraction(0)
    for rank, i in enumerate(order):
        share += (Fraction(costs[i]) - before) / (len(costs) - rank)
        before, paid[i] = Fraction(costs[i]), share
    return [-paid[i] for i in range(len(costs))]


def in_random_order(estate, claims):
    """O'Neill's recursive completion, by all orders of arrival."""
    total = [Fraction(0)] * len(claims)
    for order in itertools.permutations(range(len(claims))):
        left = Fraction(estate)
        for i in order:
            paid = min(left, Fraction(claims[i]))
            total[i] += paid
            left -= paid
    return [value / math.factorial(len(claims)) for value in total]


def shapley_shubik(quota, weights):
    """Count the pivots by a table of (members, votes), in integers."""
    n, index = len(weights), []
    for i, own in enumerate(weights):
        ways = {(0, 0): 1}
        for held in (*weights[:i], *weights[i + 1 :]):
            more = dict(ways)
            for (size, votes), count in ways.items():
                key = (size + 1, votes + held)
                more[key] = more.get(key, 0) + count
            ways = more
        pivots = sum(
            count * math.factorial(size) * math.factorial(n - 1 - size)
            for (size, votes), count in ways.items()
            if quota - own <= votes < quota
        )
        index.append(Fraction(pivots, math.factorial(n)))
    return index


def test_gloves_one_left_two_right():
    assert phi(Gloves()) == exactly([Fraction(2, 3), Fraction(1, 6), Fraction(1, 6)])
    assert phi(Gloves(2, 2)) == exactly([Fraction(1, 2)] * 4)


@pytest.mark.parametrize(
    "costs", [(12, 20, 33), (33, 12, 20), (1, 3, 3, 7, 20), (5, 5, 5, 5)]
)
def test_airport_is_littlechild_and_owen(costs):
    assert phi(Airport(costs)) == exactly(littlechild_owen(costs))


@pytest.mark.parametrize("joined", [range(6), [0, 2, 3], [1], []])
def test_many_airlines_are_valued_in_closed_form(joined):
    """The same values as from all coalitions."""
    game = Airport((1, 3, 3, 7, 20, 30))
    seats = game.seats
    history = dict.fromkeys(seats, ("stay-out",))
    history |= {seats[number]: ("join",) for number in joined}
    played = game.replay_oracle(history)
    table = played.values(all_coalitions(len(seats)))
    assert played.shapley == pytest.approx(exact(table).values, rel=1e-12)


def test_a_hundred_airlines_are_valued_at_once():
    crowd = Airport(tuple(range(1, 101)))
    worth = crowd.oracle()
    credit = measure(
        worth, crowd.seats, WorthSettings(), kind="oracle", absence="removed"
    )
    assert list(credit.values.values()) == exactly(
        littlechild_owen(tuple(range(1, 101)))
    )
    assert credit.evaluations == 2


def test_airport_of_the_default_costs():
    assert phi(Airport()) == exactly([-4, -8, -21])


@pytest.mark.parametrize(
    ("estate", "published"),
    [
        (100, [third(100)] * 3),
        (200, [third(100), third(250), third(250)]),
        (300, [50, 100, 150]),
    ],
)
def test_bankruptcy_is_oneills_recursive_completion(estate, published):
    assert in_random_order(estate, (100, 200, 300)) == published
    assert phi(Bankruptcy(estate)) == exactly(published)


def test_bankruptcy_of_four_creditors_is_payment_in_random_order():
    claims = [2, 3, 4, 5]
    assert phi(Bankruptcy(6, claims)) == exactly(in_random_order(6, claims))


def test_un_security_council():
    values = phi(WeightedVoting("un-security-council"))
    assert values[:5] == exactly([Fraction(421, 2145)] * 5)
    assert values[5:] == exactly([Fraction(4, 2145)] * 10)


def test_eec_of_1958_gave_luxembourg_nothing():
    values = phi(WeightedVoting("eec-1958"))
    assert values == exactly([Fraction(7, 30)] * 3 + [Fraction(3, 20)] * 2 + [0])


def test_eu_council_has_27_members_and_345_votes_and_the_index_of_counting_pivots():
    game = WeightedVoting("eu-council-nice")
    quota, votes = BODIES["eu-council-nice"]
    weights = [int(held) for _, held in votes]
    assert (len(weights), sum(weights), quota) == (27, 345, 255)
    assert phi(game) == exactly(shapley_shubik(255, weights))


def test_unanimity_and_sums():
    assert phi(Unanimity()) == exactly([4, 4, 4, 0])
    teams = ([0], [0, 1], [1, 2, 3])
    assert phi(Unanimity(5, teams, [2, 6, 9])) == exactly([5, 6, 3, 3, 0])


def test_horse_market_of_one_seller_and_two_buyers():
    """v(sb1) = 90, v(sb2) = v(N) = 100: orders give 65, 15, 20 (Shapley & Shubik's smallest)."""
    assert phi(HorseMarket([0], [90, 100])) == exactly([65, 15, 20])


def test_horse_market_is_the_best_assignment_and_trades_five_pairs():
    from scipy.optimize import linear_sum_assignment

    game = HorseMarket(market="bohm-bawerk")
    gains = np.subtract.outer(BOHM_BAWERK_BUYERS, BOHM_BAWERK_SELLERS)
    rng = np.random.default_rng(0)
    for members in rng.random((200, 18)) < 0.5:
        sellers, buyers = members[:8], members[8:]
        inside = np.maximum(gains[buyers][:, sellers], 0)
        best = inside[linear_sum_assignment(inside, maximize=True)].sum()
        assert game.oracle().values(members[None])[0] == pytest.approx(best)
    assert worth(game.oracle(), game.seats) == 57
    price = 21.25
    core = [max(0, price - ask) for ask in BOHM_BAWERK_SELLERS]
    core += [max(0, bid - price) for bid in BOHM_BAWERK_BUYERS]
    assert sum(core) == 57
    members = rng.random((500, 18)) < 0.5
    assert (members @ core >= game.oracle().values(members) - 1e-9).all()


def test_horse_market_of_eighteen_is_exact_and_efficient():
    game = HorseMarket(market="bohm-bawerk")
    values = phi(game, most=18)
    assert sum(values) == pytest.approx(57, abs=1e-9)
    assert values[:8] == sorted(values[:8], reverse=True)
    assert values[8:] == sorted(values[8:], reverse=True)


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize(
    "make",
    [
        functools.partial(HorseMarket, market="bohm-bawerk"),
        functools.partial(WeightedVoting, "eu-council-nice"),
    ],
    ids=["horses", "eu-council"],
)
def test_the_largest_games_keep_the_contract_too(make, check):
    check(make)


CLOSED = [
    (Gloves(3, 9), None),
    (Airport((1, 3, 3, 7, 20)), littlechild_owen((1, 3, 3, 7, 20))),
    (Bankruptcy(), in_random_order(200, (100, 200, 300))),
    (WeightedVoting("eec-1958"), [7 / 30] * 3 + [3 / 20] * 2 + [0]),
    (Unanimity(5, ([0], [0, 1], [1, 2, 3]), [2, 6, 9]), [5, 6, 3, 3, 0]),
    (HorseMarket([0], [90, 100]), [65, 15, 20]),
]


@pytest.mark.parametrize(
    ("game", "closed"), CLOSED, ids=lambda case: getattr(case, "name", "")
)
def test_sampled_orders_agree_within_three_standard_errors(game, closed):
    """Mean marginals over random orders. The standard error is that of the twenty seeds' means."""
    expected = np.array(
        phi(game) if closed is None else [float(value) for value in closed]
    )
    oracle = game.oracle()
    value = (
        expand_counts(oracle, game.seats).values
        if hasattr(oracle, "kinds")
        else oracle.values
    )
    n, means = len(game.seats), []
    for seed in range(20):
        place = np.random.default_rng(seed).permuted(
            np.tile(np.arange(n), (200, 1)), axis=1
        )
        marginals = []
        for i in range(n):
            before = place < place[:, [i]]
            marginals.append(value(before | (np.arange(n) == i)) - value(before))
        means.append(np.mean(marginals, axis=1))
    error = np.std(means, axis=0, ddof=1) / np.sqrt(20)
    assert (np.abs(np.mean(means, axis=0) - expected) <= 3 * error + 1e-9).all()


@pytest.mark.parametrize(
    "make",
    [
        Gloves,
        Airport,
        Bankruptcy,
        Unanimity,
        functools.partial(HorseMarket, [0], [90, 100]),
    ],
)
def test_rational_seats_bargain_to_the_shapley_value(make):
    game = make()
    config = resolve({"game": {"id": game.name}, "protocol": "short-term"})
    episode = asyncio.run(
        play(
            game,
            Everyone(Rational),
            config,
            index=0,
            recorder=NullRecorder(),
            potential=Potential(game, config.worth, 0),
        )
    )
    assert episode.success
    assert [episode.payoffs[seat] for seat in game.seats] == pytest.approx(
        phi(game), abs=2e-6
    )


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: WeightedVoting(quota=9, weights=[3, 2, 2, 1]),
            r"quota=9.*votes sum to 8",
        ),
        (
            lambda: WeightedVoting(quota=4, weights=[3, 2, 2, 1]),
            r"two coalitions could win",
        ),
        (lambda: WeightedVoting(quota=5), r"both quota and weights"),
        (lambda: WeightedVoting("un-security"), r"did you mean 'un-security-council'"),
        (lambda: Airport([3]), r"costs=\[3\].*at least 2"),
        (lambda: Airport([3, -1]), r"none negative"),
        (lambda: Airport("12"), r"costs='12'"),
        (lambda: Bankruptcy(700), r"claims sum to 600, the estate is 700"),
        (lambda: Unanimity(3, [[0, 3]], [1]), r"team \[0, 3\].*0 to 2"),
        (lambda: Unanimity(3, [[0]], [1, 2]), r"1 teams, 2 prizes"),
        (lambda: Unanimity(3, [[0]], [-1]), r"none negative"),
        (
            lambda: HorseMarket(market="cattle"),
            r"'trading' and 'bohm-bawerk', got 'cattle'",
        ),
        (lambda: Gloves(0), r"left=0"),
    ],
)
def test_wrong_parameters_are_explained(make, said):
    with pytest.raises(ConfigError, match=said):
        make()
