"""Figures against values worked out by hand, and against another library's quantiles."""

import json
import math
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, t

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.records import Breach, Clause, Episode, SeatCredit, Step
from shapley_coop.runs.intervals import (
    clopper_pearson,
    mean_interval,
    t_quantile,
    wilson,
)
from shapley_coop.runs.outcomes import most_rounds
from shapley_coop.runs.summary import summarise
from tests.runs.report.made import pair_episode

NEEDED = {
    "run", "episodes", "success_rate", "mean_payoffs", "mean_raw_payoffs", "mean_rounds",
    "mean_split_rounds", "payoff_difference", "forfeits", "breaches", "ledger_residual", "credit",
    "calls", "tokens", "seconds", "status",
}  # fmt: skip
SEAT = {"claimed", "agreed", "measured", "stderr", "worth", "absence", "final", "outside",
        "rational", "overclaim"}  # fmt: skip


def test_a_pair_played_four_times() -> None:
    figures = summarise(
        [pair_episode(i) for i in range(4)], run="runs/x", status="done"
    )
    assert figures.as_json().keys() >= NEEDED
    assert (figures.run, figures.status) == ("runs/x", "done")
    assert (figures.episodes, figures.played, figures.success_rate) == (
        4,
        4,
        1.0,
    )
    assert figures.mean_payoffs == {"player_0": 4.5, "player_1": 4.5}
    assert figures.mean_raw_payoffs == {"player_0": -1, "player_1": 10}
    assert figures.mean_total == 9
    assert figures.mean_rounds == 1.5
    assert figures.payoff_difference == 0
    assert (figures.forfeits, figures.forfeits_by_seat["player_1"]) == (2, 2)
    assert (figures.calls, figures.tokens, figures.seconds) == (28, 4936, 10.0)
    assert figures.worth.kind == "oracle"
    assert (figures.worth.empty, figures.worth.grand) == (0, 9)
    for seat, claimed in (("player_0", 6), ("player_1", 4)):
        row = figures.credit[seat].as_json()
        assert row.keys() >= SEAT
        assert (row["claimed"], row["agreed"], row["measured"]) == (claimed, 4.5, 4.5)
        assert (row["overclaim"], row["rational"]) == (claimed - 4.5, True)
        assert (row["worth"], row["absence"]) == ("oracle", "removed")
    json.dumps(figures.as_json(), allow_nan=False)


def test_episodes_that_failed_count_as_no_success_and_leave_the_means_alone() -> None:
    failed = Episode(index=1, seed=1, seats=("player_0", "player_1"), status="failed",
                     error="the game broke", calls=3, forfeits={"player_0": 2})  # fmt: skip
    limited = failed.model_copy(
        update={"index": 2, "status": "limit", "error": "budget"}
    )
    figures = summarise([pair_episode(0), failed, limited])
    assert figures.successes == 1
    assert figures.success_rate == pytest.approx(1 / 3)
    assert figures.success_interval == clopper_pearson(1, 3)
    assert figures.mean_payoffs["player_0"] == 4.5
    assert figures.failed_episodes == {"1": "the game broke"}
    assert figures.limited_episodes == {"2": "budget"}
    assert (figures.episodes, figures.played) == (3, 1)
    assert figures.calls == 13
    assert figures.forfeits == 4


@pytest.mark.parametrize("status", ["failed", None])
def test_where_nothing_was_played_means_are_null(status: str | None) -> None:
    episodes = (
        [Episode(index=0, seed=0, seats=("a", "b"), status="failed")] if status else []
    )
    figures = summarise(episodes)
    assert figures.success_rate == (0 if status else None)
    for name in (
        "mean_rounds",
        "mean_split_rounds",
        "payoff_difference",
        "worth",
    ):
        assert figures.as_json()[name] is None
    assert figures.ledger_residual == 0
    for seat in ("a", "b") if status else ():
        assert figures.mean_payoffs[seat] is None
        assert figures.credit[seat].cells["measured"].value is None
        assert figures.credit[seat].cells["rational"].value is None


def test_one_loss_makes_a_seat_not_rational_and_errors_combine() -> None:
    episodes = []
    for index, final in enumerate((1.0, -2.0)):
        column = SeatCredit(measured=3, stderr=0.3, final=final, outside=-1)
        episodes.append(
            pair_episode(index).model_copy(update={"columns": {"player_0": column}})
        )
    row = summarise(episodes).credit["player_0"].as_json()
    assert (row["rational"], row["rational_rate"]) == (False, 0.5)
    assert row["stderr"] == pytest.approx(0.3 / math.sqrt(2))
    assert row["claimed"] is None
    assert row["overclaim"] is None


def test_breaches_and_the_residual_are_counted() -> None:
    breach = Breach(
        seat="b", clause=Clause(payer="b", payee="a", price=1), broken="payment"
    )
    episodes = [
        Episode(
            index=i,
            seed=i,
            seats=("a", "b"),
            breaches=(breach,) * i,
            ledger_residual=-7 * i,
        )
        for i in range(3)
    ]
    figures = summarise(episodes)
    assert (figures.breaches, figures.breaches_by_seat) == (3, {"b": 3})
    assert figures.ledger_residual == 14


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 19, 30, 99, 100, 999, 5000])
def test_t_quantiles(freedom: int) -> None:
    assert t_quantile(freedom) == pytest.approx(t.ppf(0.975, freedom), abs=1e-9)


@pytest.mark.parametrize(("successes", "n"), [(0, 2), (20, 20), (7, 20), (1, 1000)])
def test_wilson(successes: int, n: int) -> None:
    known = binomtest(successes, n).proportion_ci(method="wilson")
    assert wilson(successes, n) == pytest.approx((known.low, known.high), abs=1e-12)


def test_a_mean_interval() -> None:
    values = np.random.default_rng(3).normal(5, 2, 12)
    known = t.interval(0.95, 11, values.mean(), values.std(ddof=1) / math.sqrt(12))
    assert mean_interval(values.tolist()) == pytest.approx(known, abs=1e-8)
    assert mean_interval([1.0]) is None
    assert mean_interval([]) is None


def course(index: int, chance: bool | None, action: str = "door") -> Episode:
    step = Step(actions={"a": action}, rewards={"a": 1.0})
    return Episode(index=index, seed=index, seats=("a",), steps=(step,), payoffs={"a": 1.0},
                   success=True, rounds=2, chance=chance)  # fmt: skip


def test_a_thousand_plays_that_cannot_differ_are_no_sample() -> None:
    figures = summarise([course(index, False) for index in range(1000)])
    assert figures.chance is False
    assert (figures.successes, figures.episodes) == (1000, 1000)
    assert figures.success_rate == 1
    assert figures.success_interval is None
    assert figures.payoff_intervals == {"a": None}
    assert figures.rounds_interval is None


def test_plays_without_dice_that_differ_all_the_same_are_a_sample() -> None:
    plays = [course(0, False), course(1, False, "lever")]
    assert summarise(plays).chance is True
    assert summarise(plays).success_interval is not None


@pytest.mark.parametrize(("every", "most"), [(0, 3), (1, 6)])
def test_rounds_end_at_what_the_tables_that_could_open_allow(
    every: int, most: int
) -> None:
    protocol = NegotiationProtocol(reprice_every=every)
    plays = []
    for index, rounds in enumerate((0, most, most)):
        play = course(index, True)
        update = {"rounds": rounds, "steps": play.steps * 2}
        plays.append(play.model_copy(update=update))
    assert summarise(plays).rounds_interval.high > most
    assert summarise(plays, protocol=protocol).rounds_interval.high == most
    silent = protocol.model_copy(update={"task_table": None})
    assert most_rounds(silent, plays) == 0


@pytest.mark.parametrize(("other", "known"), [(True, True), (None, None)])
def test_chance_in_one_play_is_chance_and_old_records_leave_it_open(
    other: bool | None, known: bool | None
) -> None:
    figures = summarise([course(0, False), course(1, other)])
    assert figures.chance is known
    assert figures.success_interval == clopper_pearson(2, 2)


rewards = st.floats(-1e6, 1e6)


@given(
    st.lists(st.tuples(rewards, rewards, st.booleans(), st.integers(0, 9)), max_size=12)
)
def test_means_are_means(plays: list[tuple[float, float, bool, int]]) -> None:
    episodes = [
        Episode(
            index=i,
            seed=i,
            seats=("a", "b"),
            payoffs={"a": x, "b": y},
            success=won,
            rounds=r,
        )
        for i, (x, y, won, r) in enumerate(plays)
    ]
    figures = summarise(episodes)
    if not plays:
        assert figures.success_rate is None
        return
    assert figures.mean_payoffs["a"] == pytest.approx(fmean(p[0] for p in plays))
    assert figures.payoff_difference == pytest.approx(
        fmean(abs(p[0] - p[1]) for p in plays)
    )
    assert figures.success_rate == pytest.approx(fmean(p[2] for p in plays))
    if len(plays) > 1:
        low, high = figures.success_interval
        assert 0 <= low <= figures.success_rate <= high <= 1
    assert (figures.rounds_interval is None) == (len({p[3] for p in plays}) < 2)
    if figures.rounds_interval is not None:
        low, high = figures.rounds_interval
        assert low >= 0
        assert low <= figures.mean_rounds + 1e-9
        assert figures.mean_rounds <= high + 1e-9
