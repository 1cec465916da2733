"""Work evidence: the paper's table comes out of its own counts, and shares divide what is there."""

import pytest

from shapley_coop.errors import ConfigError
from swe_sim.evidence.published import TABLE, published_counts, recompute
from swe_sim.evidence.shares import (
    WEIGHTS,
    Range,
    adjustments,
    evidence_shares,
    weight_sums,
    work_evidence,
)

# Published figures have one decimal, so they may be off by half of it.
ROUNDING = 0.05 + 1e-9


@pytest.mark.parametrize("run", TABLE)
def test_the_published_ranges_come_out_of_the_published_counts(run):
    spans = recompute(run)
    for role, row in TABLE[run].items():
        assert spans[role].low == pytest.approx(row.evidence.low, abs=ROUNDING)
        assert spans[role].high == pytest.approx(row.evidence.high, abs=ROUNDING)


@pytest.mark.parametrize("run", TABLE)
def test_the_published_adjustments_come_out_of_the_published_rewards(run):
    rewards = {role: row.reward for role, row in TABLE[run].items()}
    assert sum(rewards.values()) == 100
    moves = adjustments(rewards, published_counts(run))
    for role, row in TABLE[run].items():
        assert moves[role] == pytest.approx(row.adjustment, abs=ROUNDING)


def test_the_weights_sum_to_what_they_sum_to():
    assert weight_sums() == pytest.approx((0.62, 1.15))
    everything = {"ann": {"code": 4, "decisions": 1, "documents": 1, "fixes": 1}}
    assert work_evidence(everything)["ann"] == pytest.approx(weight_sums())


def test_a_kind_of_which_nobody_did_anything_goes_to_nobody():
    spans = work_evidence({"ann": {"code": 30}, "bob": {"code": 10}})
    assert spans["ann"] == pytest.approx((0.75 * 0.27, 0.75 * 0.40))
    shares = evidence_shares({"ann": {"code": 30}, "bob": {"code": 10}})
    assert shares == pytest.approx({"ann": 0.75, "bob": 0.25})


def test_shares_sum_to_one_and_are_equal_for_no_work():
    assert sum(
        evidence_shares(published_counts("ArtCanvas")).values()
    ) == pytest.approx(1)
    assert evidence_shares({"ann": {}, "bob": {}}) == {"ann": 0.5, "bob": 0.5}


def test_weights_can_be_others():
    weights = {**WEIGHTS, "code": Range(1.0, 1.0)}
    assert work_evidence({"ann": {"code": 1}}, weights)["ann"] == (1.0, 1.0)


def test_negative_work_is_refused():
    with pytest.raises(ConfigError, match="give 0 or more"):
        work_evidence({"ann": {"code": -1}, "bob": {"code": 5}})
