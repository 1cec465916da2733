"""Work evidence: parts of each kind of work times its weight, and shares of what is there."""

import pytest

from shapley_coop.errors import ConfigError
from shapley_coop.shapley.work_evidence import (
    WEIGHTS,
    Range,
    evidence_shares,
    weight_sums,
    work_evidence,
)


def test_the_weights_sum_to_what_they_sum_to():
    assert weight_sums() == pytest.approx((0.62, 1.15))
    everything = {"ann": {"code": 4, "decisions": 1, "documents": 1, "fixes": 1}}
    assert work_evidence(everything)["ann"] == pytest.approx(weight_sums())


def test_a_kind_of_which_nobody_did_anything_goes_to_nobody():
    spans = work_evidence({"ann": {"code": 30}, "bob": {"code": 10}})
    assert spans["ann"] == pytest.approx((0.75 * 0.27, 0.75 * 0.40))
    shares = evidence_shares({"ann": {"code": 30}, "bob": {"code": 10}})
    assert shares == pytest.approx({"ann": 0.75, "bob": 0.25})


def test_shares_are_equal_for_no_work():
    assert evidence_shares({"ann": {}, "bob": {}}) == {"ann": 0.5, "bob": 0.5}


def test_weights_can_be_others():
    weights = {**WEIGHTS, "code": Range(1.0, 1.0)}
    assert work_evidence({"ann": {"code": 1}}, weights)["ann"] == (1.0, 1.0)


def test_negative_work_is_refused():
    with pytest.raises(ConfigError, match="give 0 or more"):
        work_evidence({"ann": {"code": -1}, "bob": {"code": 5}})
