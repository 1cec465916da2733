"""Credit of what chance decides: several plays of a coalition, and errors that cover the truth."""

import asyncio
from collections import Counter

import numpy as np
import pytest

from benchmarks.coverage.__main__ import (
    Case,
    choices_of,
    configuration,
    coverage,
    play_once,
)
from benchmarks.coverage.truth import expected_credit
from shapley_coop.agents.replay_policy import policies
from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.linked import communicating
from shapley_coop.credit.worth.replay import replay
from shapley_coop.credit.worth.rollout import rollout
from shapley_coop.credit.worth.shapes import value_replicates
from shapley_coop.interfaces.game import CoalitionWorth
from shapley_coop.interfaces.plugins import load
from shapley_coop.interfaces.worth_method import CoalitionPlay
from shapley_coop.runs.intervals import t_quantile
from shapley_coop.runs.summary import summarise
from shapley_coop.shapley.coalitions import all_coalitions
from tests.fixtures.plays import brute_force, configured, played

RANDOM = {"kind": "replay", "baseline": "random"}


def cell(config, index=0):
    """Return the measured cell of the first seat in one episode."""
    episode, _ = played(config, index)
    return summarise([episode]).credit["player_0"].cells["measured"]


def test_a_baseline_that_draws_is_no_longer_one_draw_for_a_whole_run():
    config = configured(worth=RANDOM, run={"episodes": 20})
    episodes = [played(config, index)[0] for index in range(20)]
    assert all(episode.credit.draws == 16 for episode in episodes)
    figures = {episode.credit.values["player_0"] for episode in episodes}
    assert len(figures) > 3, "every episode has draws of its own"
    # Four equally likely plays of two absent seats are worth 11, 0, 0 and 0 to this seat.
    mean = summarise(episodes).credit["player_0"].cells["measured"]
    low, high = mean.interval
    assert low < 2.75 < high
    assert mean.error < 1.0


def test_the_same_seed_gives_the_same_draws():
    config = configured(worth=RANDOM)
    assert played(config)[0].credit == played(config)[0].credit


def test_the_number_of_replicates_is_set():
    config = configured(worth={**RANDOM, "replicates": 400})
    found = cell(config)
    assert found.error == pytest.approx(11 * np.sqrt(3 / 16) / 20, rel=0.2)
    assert found.interval.low < 2.75 < found.interval.high
    alone = cell(configured(worth={**RANDOM, "replicates": 1}))
    assert alone.error is None, "one draw tells no error"


def test_a_baseline_that_never_draws_is_played_once():
    credit = played(configured(worth={"kind": "replay", "baseline": "selfish"}))[
        0
    ].credit
    assert credit.draws is None
    assert set(credit.stderr.values()) == {0.0}


def test_only_coalitions_in_which_chance_has_a_say_are_played_again():
    plays = Counter()

    def play(coalition, replicate):
        plays[coalition] += 1
        return CoalitionPlay(
            float(len(coalition) + replicate), chance=len(coalition) == 1
        )

    worth = value_replicates(("a", "b"), play, 5)
    matrix = all_coalitions(2)
    assert worth.values(matrix).tolist() == [0, 3, 3, 2]
    assert worth.draws(matrix)[1].tolist() == [1, 2, 3, 4, 5]
    assert worth.draws(matrix)[3].tolist() == [2, 2, 2, 2, 2]
    assert worth.draws(matrix[[0, 3]]).shape == (2, 0)
    assert plays == {
        frozenset(): 1,
        frozenset("a"): 5,
        frozenset("b"): 5,
        frozenset("ab"): 1,
    }


def test_the_error_of_a_sample_holds_the_chance_of_its_draws():
    rng = np.random.default_rng(5)
    weights = rng.normal(1, 1, (12, 14))

    def draws(matrix):
        return matrix.astype(float) @ weights.T

    worth = CoalitionWorth(
        tuple("abcdefghijklmn"), lambda matrix: draws(matrix).mean(axis=1), draws
    )
    credit = measure(
        worth,
        worth.seats,
        WorthSettings(evaluations=200),
        kind="replay",
        absence="baseline",
        rng=np.random.default_rng(1),
    )
    assert credit.draws == 12
    # The game is additive in every known pair, so beside the draws no more is uncertain than
    # whether it is in all others, which is the same for every seat.
    errors = weights.std(axis=0, ddof=1) / np.sqrt(12)
    unseen = np.sqrt(np.square(list(credit.stderr.values())) - errors**2)
    assert unseen == pytest.approx(unseen[0])
    assert 0 < unseen[0] < 0.2
    assert list(credit.values.values()) == pytest.approx(weights.mean(axis=0).tolist())


def test_live_plays_are_repeated_with_new_draws_where_chance_has_a_say():
    plays = Counter()

    async def live(coalition, replicate):
        plays[coalition] += 1
        await asyncio.sleep(0)
        value = len(coalition) * (10.0 + replicate)
        return CoalitionPlay(value, chance=bool(coalition))

    seats = ("a", "b")
    worth = asyncio.run(rollout(seats, live, replicates=4))
    credit = measure(worth, seats, WorthSettings(), kind="rollout", absence=None)
    assert credit.values == pytest.approx({"a": 11.5, "b": 11.5})
    assert credit.draws == 4
    assert credit.stderr["a"] == pytest.approx(np.std(range(4), ddof=1) / 2)
    assert plays[frozenset()] == 1
    assert plays[frozenset("ab")] == 4


def test_the_first_replicate_of_a_rollout_is_the_play_of_the_episode():
    solo = {"agent": "random", "protocol": "solo"}
    config = configured(worth={"kind": "rollout", "replicates": 1}, **solo)
    for index in range(8):
        episode, _ = played(config, index)
        assert episode.credit.grand == sum(episode.raw.values())
        assert episode.credit.draws == 1
    several, _ = played(configured(worth={"kind": "rollout"}, **solo))
    assert several.credit.draws == 16
    assert min(several.credit.stderr.values()) > 0


def test_rules_that_never_draw_roll_out_once():
    episode, _ = played(configured(worth={"kind": "rollout"}))
    assert episode.chance is False
    assert episode.credit.draws is None


def test_models_are_asked_for_one_play_of_a_coalition_unless_more_are_wanted():
    def answer(seat, purpose, messages, schema):
        return "door"

    for replicates, draws in ((None, 1), (3, 3)):
        config = configured(
            agent="llm",
            protocol="solo",
            worth={"kind": "rollout", "replicates": replicates},
        )
        episode, _ = played(config, answer=answer)
        assert episode.chance is True
        assert episode.credit.draws == draws


@pytest.mark.parametrize("count", [1, 4, 16])
def test_an_oracle_of_fixed_draws_is_known_no_better_after_more_episodes(count):
    config = configured(
        "raid",
        agent="selfish",
        protocol="solo",
        parameters={"draws": 16},
        worth={"kind": "oracle"},
    )
    episodes = [played(config, index)[0] for index in range(count)]
    row = summarise(episodes).credit["hero_0"]
    assert row.cells["measured"].error == pytest.approx(0.47, abs=0.005)
    assert row.cells["potential"].error == pytest.approx(0.47, abs=0.005)
    # One of the 16 draws decides, so there are fewer degrees of freedom than 15.
    freedom = episodes[0].credit.freedom["hero_0"]
    assert 1.5 < freedom < 4
    for name in ("measured", "potential"):
        low, high = row.cells[name].interval
        width = 2 * t_quantile(freedom) * 0.4704
        assert high - low == pytest.approx(width, rel=0.01)


def test_replayed_values_are_means_of_replicates_by_hand():
    game = load("games", "escape-room")()
    steps = [game.apply({"player_0": "lever", "player_1": "door"})]
    by_draw = [
        replay(game, 0, steps, rule="baseline", policies=one_of(number))
        for number in range(8)
    ]
    together = replay(
        game,
        0,
        steps,
        rule="baseline",
        policies=policies("random", 0, 0),
        replicates=8,
    )
    matrix = all_coalitions(2)
    columns = np.stack([worth.values(matrix) for worth in by_draw], axis=1)
    assert together.draws(matrix).tolist() == columns.tolist()
    table = dict(zip(["", "0", "1", "01"], columns.mean(axis=1), strict=True))
    phi = brute_force(["0", "1"], lambda inside: table["".join(sorted(inside))])
    credit = measure(
        together, game.seats, WorthSettings(), kind="replay", absence="baseline"
    )
    assert list(credit.values.values()) == pytest.approx(list(phi.values()))


def one_of(number):
    """Return the policies whose only replicate is that number of the usual ones."""
    usual = policies("random", 0, 0)
    return lambda _replicate: usual(number)


def test_credit_along_links_keeps_the_errors_of_its_draws():
    weights = np.random.default_rng(2).normal(1, 1, (9, 3))

    def draws(matrix):
        return matrix.astype(float) @ weights.T

    seats = ("a", "b", "c")
    worth = CoalitionWorth(seats, lambda matrix: draws(matrix).mean(axis=1), draws)
    cut = communicating(worth, seats, [("a", "b"), ("b", "c")])
    credit = measure(cut, seats, WorthSettings(), kind="replay", absence="baseline")
    assert list(credit.values.values()) == pytest.approx(weights.mean(axis=0).tolist())
    errors = weights.std(axis=0, ddof=1) / 3
    assert list(credit.stderr.values()) == pytest.approx(errors.tolist())
    exact = CoalitionWorth(seats, lambda matrix: matrix.sum(axis=1).astype(float))
    cut = communicating(exact, seats, [("a", "b")])
    credit = measure(cut, seats, WorthSettings(), kind="replay", absence="baseline")
    assert credit.draws is None


def test_intervals_hold_the_value_of_every_course_of_chance():
    case = Case("escape-room", {}, "rational", "replay")
    game = load("games", "escape-room")()
    episode = play_once(configuration(case, 0), game)
    truth = expected_credit(game, episode.seed, choices_of(case, game, episode))
    assert truth == {"player_0": 2.75, "player_1": 2.75}
    found = coverage(case, 40)
    assert found.made == 80
    # They are worth 11 or nothing, which sixteen draws show as seldom as often.
    assert found.held / found.made >= 0.9
