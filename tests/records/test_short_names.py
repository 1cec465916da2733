"""Names as they stand in a narrow column: short, and never two alike."""

import pytest

from shapley_coop.records.words import every_digit, short_names


def test_short_names_stay_and_long_ones_lose_their_middle():
    names = ["ann", "the-planner-of-the-team-one", "the-planner-of-the-team-two"]
    assert list(short_names(names, 12).values()) == [
        "ann",
        "the-p…am-one",
        "the-p…am-two",
    ]


def test_names_that_differ_in_the_middle_keep_the_difference():
    names = ["gemini-3-flash-preview", "gemini-3.1-flash-lite-preview"]
    assert list(short_names(names, 14).values()) == ["…i-3-flash-pr…", "…i-3.1-flash-…"]


def test_names_that_cannot_be_told_apart_are_counted():
    # Control characters are not shown.
    assert list(short_names(["a\x00", "a", "a\x01"], 5).values()) == ["a", "a~2", "a~3"]


@pytest.mark.parametrize("limit", [4, 9, 30])
def test_all_are_different_and_none_is_too_long(limit):
    names = [f"{'x' * (number % 7)}{number}{'y' * 40}" for number in range(60)]
    shown = short_names(names, limit)
    assert list(shown) == names
    assert len(set(shown.values())) == len(names)
    assert max(map(len, shown.values())) <= limit


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.00"),
        (-0.0, "0.00"),
        (2.5, "2.50"),
        (1e-6, "0.000001"),
        (-1234567.891, "-1,234,567.891"),
        (0.1 + 0.2, "0.30"),
        (4e9, "4,000,000,000.00"),
        (3e15, "3e+15"),
        (1e-30, "1e-30"),
    ],
)
def test_an_amount_is_written_with_every_digit_that_it_has(value, text):
    assert every_digit(value) == text
