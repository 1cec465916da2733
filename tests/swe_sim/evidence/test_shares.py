"""Work evidence: the paper's table comes out of its own counts, and shares divide what is there."""

import pytest

from shapley_coop.errors import ConfigError
from shapley_coop.studies.paper import work_published
from swe_sim.evidence.shares import (
    KINDS,
    WEIGHTS,
    Range,
    adjustments,
    evidence_shares,
    weight_sums,
    work_evidence,
)

ROUNDING = 0.1
"""In points. One printed end, 39.1 of 39.05, is rounded by more than half a tenth."""


def counts_of(project):
    return {
        role: dict(zip(KINDS, row.work, strict=True))
        for role, row in work_published.PROJECTS[project].items()
    }


def test_the_weights_are_the_printed_ones():
    assert {kind: tuple(weight) for kind, weight in WEIGHTS.items()} == {
        kind: tuple(weight) for kind, weight in work_published.WEIGHTS.items()
    }


@pytest.mark.parametrize("project", work_published.PROJECTS)
def test_the_printed_ranges_come_out_of_the_printed_counts(project):
    spans = work_evidence(counts_of(project))
    for role, row in work_published.PROJECTS[project].items():
        percent = [100 * end for end in spans[role]]
        assert percent == pytest.approx(list(row.range), abs=ROUNDING)


def test_rewards_outside_of_their_ranges_are_adjusted_to_the_nearest_end():
    rows = work_published.PROJECTS["BMI calculator"]
    rewards = {role: row.reward for role, row in rows.items()}
    moves = adjustments(rewards, counts_of("BMI calculator"))
    printed = {"CPO": -5.6, "CTO": -13.3, "Programmer": 5.9}
    for role, move in moves.items():
        assert move == pytest.approx(printed.get(role, 0.0), abs=ROUNDING)


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
    assert sum(evidence_shares(counts_of("ArtCanvas")).values()) == pytest.approx(1)
    assert evidence_shares({"ann": {}, "bob": {}}) == {"ann": 0.5, "bob": 0.5}


def test_weights_can_be_others():
    weights = {**WEIGHTS, "code": Range(1.0, 1.0)}
    assert work_evidence({"ann": {"code": 1}}, weights)["ann"] == (1.0, 1.0)


def test_negative_work_is_refused():
    with pytest.raises(ConfigError, match="give 0 or more"):
        work_evidence({"ann": {"code": -1}, "bob": {"code": 5}})
