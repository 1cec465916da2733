"""Bands of payments: each as wide as its amount, from where it is paid to where it is received."""

from itertools import pairwise

import pytest

from shapley_coop.runs.report.html.bands import Payment, bands

PAYMENTS = [
    Payment("a", "b", "clause", 3.0),
    Payment("a", "c", "division", 1.0),
    Payment("c", "b", "clause", 2.0),
]


def test_stacks_are_as_high_as_what_seats_pay_and_receive():
    ends = {(end["side"], end["label"]): end for end in bands(PAYMENTS).ends}
    heights = {key: end["high"] - end["low"] for key, end in ends.items()}
    assert heights == pytest.approx(
        {
            (0, "a pays 4.00"): 4.0,
            (0, "c pays 2.00"): 2.0,
            (1, "b receives 5.00"): 5.0,
            (1, "c receives 1.00"): 1.0,
        }
    )


def test_bands_are_as_wide_as_amounts_and_end_in_the_stack_of_their_seat():
    picture = bands(PAYMENTS)
    for place, payment in enumerate(PAYMENTS):
        curve = [row for row in picture.curves if row["band"] == place]
        assert {row["reason"] for row in curve} == {payment.reason}
        for row in curve:
            assert row["high"] - row["low"] == pytest.approx(payment.amount)
        for side, seat, row in (
            (0, payment.payer, curve[0]),
            (1, payment.payee, curve[-1]),
        ):
            (stack,) = (
                end
                for end in picture.ends
                if end["side"] == side and end["label"].startswith(f"{seat} ")
            )
            assert stack["low"] - 1e-9 <= row["low"]
            assert row["high"] <= stack["high"] + 1e-9


def test_no_two_bands_share_room_at_an_end():
    picture = bands(PAYMENTS)
    for at in (0.0, 1.0):
        spans = sorted(
            (row["low"], row["high"]) for row in picture.curves if row["x"] == at
        )
        for (_, high), (low, _) in pairwise(spans):
            assert high <= low + 1e-9
